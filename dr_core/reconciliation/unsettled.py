"""What a way home has to wait for: items that nobody has signed, and runs that were not looked into yet."""

from dataclasses import dataclass

from dr_core.reconciliation.search import Loss, losses, unsearched
from dr_core.store import reconciliations, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

_RUNS = 100


@dataclass(frozen=True)
class Unsettled:
    """`unsigned`: id and sentence of each open item; `unknown`: what is not known yet, one sentence a run."""

    unsigned: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


def unsettled(tx: Tx, topology: Topology, application: str) -> Unsettled:
    """Of one application, now."""
    app, items = topology.applications[application], reconciliations.of(tx, application)
    pending = unsearched(losses(app, runs.recent(tx, _RUNS, application), tx.now()), items)
    return Unsettled(
        tuple((item.id, item.sentence) for item in items if item.open), tuple(_sentence(loss) for loss in pending)
    )


def _sentence(loss: Loss) -> str:
    lost = "it is not known how much" if loss.seconds is None else f"at most {loss.seconds:g} s"
    return (
        f"run {loss.run} gave up writes of {loss.cluster} at {loss.at:%Y-%m-%d %H:%M}Z ({lost}), and what "
        f"{loss.region} still has of them was not found yet"
    )
