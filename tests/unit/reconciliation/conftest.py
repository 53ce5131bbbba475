"""A forced run that has promoted, the snapshots of the region that it left, and workers that look for them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from dr_core.clock import ManualClock
from dr_core.database.memory_snapshots import MemorySnapshots
from dr_core.execution.lease import NamedLease
from dr_core.execution.runner import Runner
from dr_core.plan.step import Mode, Segment
from dr_core.reconciliation.model import Item
from dr_core.reconciliation.searching import LEASE, Searching
from dr_core.store import reconciliations
from dr_core.store.engine import Store
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology
from tests.unit.execution.conftest import FakeWorld, Stage, step

TOPOLOGY = Path(__file__).parents[2] / "topologies" / "shop.yaml"


class After(SimpleNamespace):
    """What is there after the run: its store, the snapshots, and a worker."""

    store: Store
    clock: ManualClock
    topology: Topology
    snapshots: MemorySnapshots
    worker: Searching
    run: str

    def look(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            self.worker.round()
            self.clock.advance(60)

    @property
    def items(self) -> tuple[Item, ...]:
        return self.store.read(lambda tx: reconciliations.of(tx, "shop"))

    def another_worker(self) -> Searching:
        lease = NamedLease(self.store, LEASE, "w2", 20.0)
        return Searching(self.store, self.topology, lambda account: self.snapshots, lease, self.clock, owner="w2")


def left(store: Store, clock: ManualClock, kind: str = "failover-aurora") -> After:
    """The forced run from eu-central-1 to eu-west-1 has ended; nobody has looked for what it lost."""
    stage = Stage(store, clock, FakeWorld(clock))
    stage.begin((step("promote", Segment.PROMOTE, kind=kind, irreversible=True),), Mode.FORCED)
    runner = Runner(store, lambda plan: {kind: stage.world}, stage.judge, clock, stage.executor, "w1")
    stage.until_finished(runner)
    topology, snapshots = load_checked(TOPOLOGY), MemorySnapshots(clock)
    lease = NamedLease(store, LEASE, "w1", 20.0)
    worker = Searching(store, topology, lambda account: snapshots, lease, clock, owner="w1")
    clock.advance(timedelta(minutes=1).total_seconds())
    return After(store=store, clock=clock, topology=topology, snapshots=snapshots, worker=worker, run=stage.run_id)


@pytest.fixture
def after(sqlite_url: str, clock: ManualClock) -> Iterator[After]:
    made = Store(sqlite_url, clock=clock)
    yield left(made, clock)
    made.dispose()
