"""What would take a run back, by what it has recorded so far; and why nobody could ask for it now."""

from dr_core.approvals.planning import taken_back
from dr_core.errors import DrError
from dr_core.execution.model import Run, RunState
from dr_core.execution.outcomes import has_acted, outcomes
from dr_core.plan import rollback
from dr_core.plan.step import Plan
from dr_core.reports.model import LeftView, RollbackView
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def plan_back(topology: Topology, run: Run) -> Plan | None:
    """As the run stands now, finished or not; None where its application is not configured any more."""
    if run.application not in topology.applications:
        return None
    return rollback.build(topology, run.plan, outcomes(run), run.id)


def rollback_view(tx: Tx, topology: Topology, run: Run) -> RollbackView | None:
    """None where the run has changed nothing that stands."""
    plan = plan_back(topology, run)
    if plan is None or not (plan.steps or plan.left or has_acted(run)):
        return None
    return RollbackView(
        steps=tuple(step.title for step in plan.steps),
        irreversible=tuple(LeftView.model_validate(left) for left in plan.left),
        blocked=_blocked(tx, topology, run),
    )


def standing_steps(tx: Tx, topology: Topology, run: Run) -> int:
    """How many steps would take back what a run has done that came to nothing; 0 where nobody could ask for it."""
    if run.state not in (RunState.FAILED, RunState.ABORTED):
        return 0
    try:
        return len(taken_back(tx, topology, run.id).steps)
    except DrError:
        return 0


def _blocked(tx: Tx, topology: Topology, run: Run) -> str:
    if not run.state.finished:
        return "the run is not finished"
    try:
        taken_back(tx, topology, run.id)
    except DrError as error:
        return str(error)
    return ""
