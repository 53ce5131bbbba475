"""Whether a region looks down only because a run was ended after it had switched the application off there."""

from dr_core.approvals.planning import taken_back
from dr_core.errors import DrError
from dr_core.execution.at_work import works_of
from dr_core.execution.model import RunState
from dr_core.execution.outcomes import has_acted
from dr_core.health.capacity import by_run
from dr_core.observation.model import SignalState
from dr_core.store import observations, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

_LOOKED_AT = 20


def switched_off(tx: Tx, topology: Topology, application: str, region: str) -> str | None:
    """The run whose rollback switches it on again, where nothing else was bad there when it was last seen."""
    seen = observations.latest(tx, application)
    if seen is None or not any(one.region == region and one.state is SignalState.BAD for one in seen.signals):
        return None
    last = next((run for run in runs.recent(tx, _LOOKED_AT, application) if has_acted(run)), None)
    if last is None or last.state not in (RunState.FAILED, RunState.ABORTED):
        return None
    if by_run(region, seen.signals, seen.capacity, seen.consumers, works_of(last), region) is None:
        return None
    try:
        return last.id if taken_back(tx, topology, last.id).steps else None
    except DrError:
        return None
