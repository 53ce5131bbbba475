"""Where the schedules of drills stand for an application, by the drills that the store has."""

from datetime import datetime
from itertools import takewhile

from dr_core.drills.model import Drill, DrillState
from dr_core.drills.schedule import COUNTS, Due, standing
from dr_core.store import drills
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def due_of(tx: Tx, topology: Topology, application: str, now: datetime) -> tuple[Due, ...]:
    """Each schedule that is switched on."""
    last = (drills.last_carried_out(tx, application, kinds) for kinds in COUNTS.values())
    return standing(topology.schedule, [one for one in last if one is not None], now)


def last_proof(tx: Tx, application: str) -> datetime | None:
    """When a drill that tried something in a standby last came to its end, and nothing in it had failed."""
    found = drills.last_carried_out(tx, application, COUNTS["drill"], proving=True)
    return found.ended_at if found else None


def not_passed(tx: Tx, application: str) -> Drill | None:
    """Of the drills that tried something in a standby and came to their end: one that failed and nothing was proven
    since, or else the newest, where not everything in it could be known."""
    ended = [one for one in drills.recent(tx, application, kinds=COUNTS["drill"]) if one.state.carried_out]
    unproven = takewhile(lambda one: not one.proves, ended)
    failed = next((one for one in unproven if one.state is DrillState.FAILED), None)
    return failed or next((one for one in ended[:1] if one.state is DrillState.INCOMPLETE), None)
