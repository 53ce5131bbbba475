"""A real request, its real approvals, the real runner and judge; only what the steps act upon is played."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from dr_core.approvals.model import Actor, Request
from dr_core.approvals.proof import AckVerifier
from dr_core.clock import ManualClock
from dr_core.execution.judge import StoreJudge
from dr_core.execution.model import Run
from dr_core.execution.runner import Runner, worker_actor
from dr_core.observation.model import SignalState, Verdict
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import events, observations, requests, runs
from dr_core.store.engine import Store
from tests.simulation.prepared import prepared
from tests.unit.approvals.conftest import WEST, actor, approve, ask, enrol, observed, services
from tests.unit.execution.conftest import AtOnce, FakeWorld

__all__ = ["services"]


@pytest.fixture
def store(request: pytest.FixtureRequest, store_url: str, clock: ManualClock) -> Iterator[Store]:
    """Runs tick by the thousand here, and but for races one thing happens after another: on one connection, then."""
    races = request.node.get_closest_marker("races") is not None
    made = Store(store_url, clock=clock) if races else prepared(store_url, clock)
    yield made
    made.dispose()


@dataclass
class Room:
    """People, workers and a world that moves on virtual time."""

    services: Services
    clock: ManualClock
    world: FakeWorld
    executor: AtOnce = field(default_factory=AtOnce)
    lag_s: float | None = 0.4
    down: bool = True
    target_down: bool = False
    two_write: bool = False
    count: int = 0

    def person(self, user: str) -> Actor:
        return actor(self.services.topology, user)

    def worker(self) -> Runner:
        self.count += 1
        owner = f"w{self.count}"
        verifier = AckVerifier(self.services.settings.ack_public_key, self.services.settings.worker_public_key)
        judge = StoreJudge(self.services, verifier, worker_actor(owner))
        return Runner(
            self.services.store,
            lambda plan: {step.kind: self.world for step in plan.steps},
            judge,
            self.clock,
            self.executor,
            owner,
        )

    def approved(self, mode: Mode = Mode.FORCED) -> str:
        """A run that two (or one) have approved; its id."""
        request = ask(self.services, mode)
        limit = "3600" if mode is Mode.FORCED else None
        outcome = approve(self.services, request, "U0ADA", limit)
        if outcome.run_id is None:
            outcome = approve(self.services, request, "U0GRACE", limit)
        assert outcome.run_id is not None
        return outcome.run_id

    def see(self, **how: Any) -> None:
        """An observation of now: the target runs what it needs."""
        given = {"down": self.down, "lag_s": self.lag_s} | how
        seen = observed(self.clock.now(), **given)
        full = tuple(c.model_copy(update={"name": "shop/api", "running": 4}) for c in seen.capacity)
        new = seen.model_copy(update={"capacity": full})
        if self.target_down:
            dead = {"verdict": Verdict.DOWN, "bad_since": self.clock.now()}
            verdicts = tuple(v.model_copy(update=dead) if v.region == WEST else v for v in new.verdicts)
            signals = tuple(s.model_copy(update={"state": SignalState.BAD}) for s in new.signals)
            new = new.model_copy(update={"verdicts": verdicts, "signals": signals})
        if self.two_write:
            assert new.database is not None
            members = tuple(m.model_copy(update={"is_writer": True}) for m in new.database.members)
            both = {"members": members}
            writers = tuple(m.region for m in members)
            new = new.model_copy(update={"writers": writers, "database": new.database.model_copy(update=both)})
        self.services.store.write(lambda tx: observations.save(tx, new))

    def ticks(self, worker: Runner, seconds: int) -> None:
        for second in range(seconds):
            if second % 10 == 0:
                self.see()
            worker.tick()
            self.clock.advance(1)

    def until(self, worker: Runner, run_id: str, wanted: Any, limit_s: int = 900, every_s: int = 1) -> Run:
        """Tick until `wanted(run)`."""
        for second in range(0, limit_s, every_s):
            found = self.run(run_id)
            if wanted(found):
                return found
            if second % 10 == 0:
                self.see()
            worker.tick()
            self.clock.advance(every_s)
        run = self.run(run_id)
        states = {record.name: record.state.value for record in run.steps}
        raise AssertionError(f"not within {limit_s} s: {run.state} {run.hold} {run.reason} {states}")

    def run(self, run_id: str) -> Run:
        return self.services.store.read(lambda tx: runs.get(tx, run_id))

    def request(self, run_id: str) -> Request:
        return self.services.store.read(lambda tx: requests.get(tx, self.run(run_id).request))

    def kinds(self, run_id: str) -> list[str]:
        """The events of the run's chain."""
        chain = self.run(run_id).request
        return [event.kind for event in self.services.store.read(lambda tx: list(events.of_chain(tx, chain)))]

    def ops(self) -> list[str]:
        return [event.kind for event in self.services.store.read(lambda tx: list(events.of_chain(tx, "ops")))]

    def effects(self) -> list[str]:
        return [name for name, _ in self.world.effects]

    def rest(self, seconds: float) -> None:
        """Time passes; Slack's membership is read meanwhile."""
        self.clock.advance(seconds)
        enrol(self.services)


@pytest.fixture
def room(services: Services, clock: ManualClock) -> Iterator[Room]:
    made = Room(services, clock, FakeWorld(clock))
    made.see()
    return made
