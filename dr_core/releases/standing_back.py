"""What a release stands back for: the brake, and a run that has its application or one that it depends on."""

from dr_core.approvals.scope import related
from dr_core.store import brake, scope
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def why_not(tx: Tx, topology: Topology, application: str) -> str | None:
    """Why no pointer of it may be moved now, as part of a sentence; None when one may."""
    now = brake.get(tx)
    if now.engaged:
        return f"the brake is on ({now.by}: {now.reason})"
    holder = scope.holder(tx, scope.names(application, related(topology, application)))
    return f"run {holder} is not finished" if holder is not None else None
