"""The whole table of planted bugs, by the part of the product they are in."""

from tests.mutants import approvals, execution, proofs, store
from tests.mutants.planted import Planted

GROUPS: dict[str, tuple[Planted, ...]] = {
    "what counts": approvals.COUNTED,
    "what starts a run": approvals.STARTED,
    "gates": execution.GATED,
    "leases": execution.OWNED,
    "steps": execution.ACTED,
    "stops": execution.STOPPED,
    "transactions": store.FENCED,
    "the trail": store.TOLD,
    "terminals": proofs.TERMINALS,
    "anchors": proofs.ANCHORS,
    "faces and tables": proofs.FACES,
}
PLANTED: tuple[Planted, ...] = tuple(bug for group in GROUPS.values() for bug in group)
