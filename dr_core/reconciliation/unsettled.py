"""What a way home has to wait for: items that nobody has signed, and runs that were not looked into yet."""

from collections.abc import Sequence
from dataclasses import dataclass

from dr_core.execution.model import Run
from dr_core.reconciliation.model import Item
from dr_core.reconciliation.search import Loss, losses, unsearched
from dr_core.span import duration
from dr_core.store import reconciliations, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology

_RUNS = 100


@dataclass(frozen=True)
class Unsettled:
    """`unsigned`: id and sentence of each open item; `unknown`: what is not known yet, one sentence a run."""

    unsigned: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()


def unsettled(tx: Tx, topology: Topology, application: str) -> Unsettled:
    """Of one application, now."""
    items = reconciliations.of(tx, application)
    recent = runs.recent(tx, _RUNS, application)
    unknown = _pending(tx, topology.applications[application], recent, items)
    return Unsettled(tuple((item.id, item.sentence) for item in items if item.open), unknown)


def not_found_yet(tx: Tx, topology: Topology, application: str) -> tuple[str, ...]:
    """Of the last runs of one application that have ended, those whose losses nobody has found yet, a sentence each."""
    among = [run for run in runs.recent(tx, _RUNS, application) if run.state.finished]
    app = topology.applications[application]
    return _pending(tx, app, among, reconciliations.of(tx, application)) if losses(app, among, tx.now()) else ()


def _pending(tx: Tx, app: Application, recent: Sequence[Run], items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(_sentence(loss) for loss in unsearched(losses(app, recent, tx.now()), items))


def _sentence(loss: Loss) -> str:
    lost = "it is not known how much" if loss.seconds is None else f"at most {duration(loss.seconds)}"
    return (
        f"run {loss.run} gave up writes of {loss.cluster} at {loss.at:%Y-%m-%d %H:%M}Z ({lost}), and what "
        f"{loss.region} still has of them was not found yet"
    )
