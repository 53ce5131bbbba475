"""What is in the way of a request: an unfinished run of its application or a related one, or a request for the same."""

from dr_core.approvals.model import Request
from dr_core.approvals.names import run_id_of
from dr_core.approvals.scope import related
from dr_core.errors import ConflictError
from dr_core.plan.step import Plan
from dr_core.store import evacuations, requests, runs, scope
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


class OccupiedError(ConflictError):
    """A run that is not finished has the application, or one that it depends on or that depends on it."""

    code = "occupied"

    def __init__(self, run: str, application: str, own: str) -> None:
        whose = f"of {own}" if application == own else f"of {application}, which {own} belongs together with,"
        super().__init__(f"Run {run} {whose} is not finished.", hint=f"`run show {run}` tells where it is.")
        self.run = run


def blocking_run(tx: Tx, topology: Topology, request: Request) -> str | None:
    """The unfinished run that keeps this request from being carried out; neither its own nor the one it supersedes.

    A member of an evacuation is queued instead.
    """
    if evacuations.of_request(tx, request.id) is not None:
        return None
    names = scope.names(request.application, related(topology, request.application))
    return scope.holder(tx, names, besides=(run_id_of(request.id), request.supersedes or ""))


def refuse_occupied(
    tx: Tx, topology: Topology, plan: Plan, *, besides: str | None = None, superseding: str | None = None
) -> None:
    """OccupiedError while another run has the application, or one that it belongs together with."""
    names = scope.names(plan.application, related(topology, plan.application))
    own = (run_id_of(besides) if besides else "", superseding or "")
    holder = scope.holder(tx, names, besides=own)
    if holder is not None:
        raise OccupiedError(holder, runs.get(tx, holder).application, plan.application)


def refuse_same(tx: Tx, plan: Plan, *, besides: frozenset[str]) -> None:
    """ConflictError while a request, none of `besides`, asks for the same, or is approved for it and waits."""
    digest = plan.digest()
    for waiting in requests.queued(tx, plan.application):
        if waiting.id not in besides and waiting.digest == digest:
            raise ConflictError(
                f"Request {waiting.id} of {evacuations.of_request(tx, waiting.id)} is approved for this already, and "
                "waits for its turn.",
                hint=f"`cancel {waiting.id}` takes it out; then ask for {plan.application} alone.",
            )
    for waiting in requests.open_requests(tx, plan.application):
        if waiting.id not in besides and waiting.digest == digest and tx.now() < waiting.expires_at:
            raise ConflictError(
                f"Request {waiting.id} by {waiting.requester.display} already asks for this.",
                hint=f"`approve {waiting.id}`, or cancel it first.",
            )
