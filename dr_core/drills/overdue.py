"""Where the schedules of drills stand for an application, by the drills that the store has."""

from datetime import datetime

from dr_core.drills.schedule import COUNTS, Due, standing
from dr_core.store import drills
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def due_of(tx: Tx, topology: Topology, application: str, now: datetime) -> tuple[Due, ...]:
    """Each schedule that is switched on."""
    last = (drills.last_carried_out(tx, application, kinds) for kinds in COUNTS.values())
    return standing(topology.schedule, [one for one in last if one is not None], now)


def last_proof(tx: Tx, application: str) -> datetime | None:
    """When a drill that tried something in a standby last came to its end."""
    found = drills.last_carried_out(tx, application, COUNTS["drill"])
    return found.ended_at if found else None
