"""A run of a small plan on a fake world: a step is absent, then under way for a while, then satisfied."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face, Request, RequestState
from dr_core.audit.events import EventKind
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DrError
from dr_core.execution.away import Sight
from dr_core.execution.judge import Measured
from dr_core.execution.loss import Toll, loss_of
from dr_core.execution.model import Hold, HoldKind, Run
from dr_core.execution.runner import Runner
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.gates import OverLimit
from dr_core.plan.step import Mode, Plan, Plane, Policy, Segment, Step
from dr_core.store import requests, runs
from dr_core.store.engine import Store
from dr_core.store.runs import Change
from tests.simulation.prepared import PreparedStore

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")


def step(name: str, segment: Segment, *after: str, **more: Any) -> Step:
    values: dict[str, Any] = {
        "kind": "fake",
        "title": name.replace("-", " "),
        "region": "eu-west-1",
        "home_region": "eu-west-1",
        "plane": Plane.CONTROL,
        "deadline_s": 600,
    }
    return Step(name=name, segment=segment, after=after, **(values | more))


STEPS = (
    step("scale", Segment.PREPARE),
    step("fence", Segment.FENCE, "scale"),
    step("promote", Segment.PROMOTE, "fence", irreversible=True),
    step("switch-a", Segment.SWITCH, "promote"),
    step("switch-b", Segment.SWITCH, "promote"),
    step("verify", Segment.VERIFY, "switch-a", "switch-b"),
)


class AtOnce(Executor):
    """Runs what is submitted at once; a test may hold futures back to play a call that hangs."""

    def __init__(self) -> None:
        self.hanging: set[str] = set()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if args[1].name not in self.hanging:
            future.set_result(fn(*args, **kwargs))
        return future


@dataclass
class FakeWorld:
    """What the steps act upon; it survives a runner's death. `effects` is the record that duplicates are counted in."""

    clock: ManualClock
    takes_s: float = 3.0
    done_at: dict[str, float] = field(default_factory=dict)
    effects: list[tuple[str, str]] = field(default_factory=list)
    observe_errors: dict[str, list[DrError | None]] = field(default_factory=dict)
    act_errors: dict[str, list[DrError | None]] = field(default_factory=dict)
    after_act: Callable[[str], None] = lambda name: None

    def observe(self, step: Step) -> StepObservation:
        errors = self.observe_errors.get(step.name)
        if errors and (error := errors.pop(0)) is not None:
            raise error
        if step.name not in self.done_at:
            return StepObservation(Progress.ABSENT, "not begun")
        left = self.done_at[step.name] - self.clock.monotonic()
        if left > 0:
            return StepObservation(Progress.UNDER_WAY, f"{left:.0f} s left", eta_s=left)
        return StepObservation(Progress.SATISFIED, "as wanted", {"data_loss_allowed": False})

    def act(self, step: Step, claim: Claim) -> None:
        errors = self.act_errors.get(step.name)
        error = errors.pop(0) if errors else None
        if error is not None and not getattr(error, "outcome_unknown", False):
            raise error
        self.effects.append((step.name, claim.token))
        self.done_at.setdefault(step.name, self.clock.monotonic() + self.takes_s)
        if error is not None:
            raise error
        self.after_act(step.name)


LITTLE = Toll(0.5, "fake")


@dataclass
class FakeJudge:
    fault: str | None = None
    reasons: tuple[str, ...] = ()
    fault_of: dict[str, str] = field(default_factory=dict)
    loss: OverLimit | None = None
    refuses_round: str | None = None
    lost: Toll = LITTLE
    seen: Sight = Sight.AWAY

    def unproven(self, request: Request) -> str | None:
        return self.fault_of.get(request.id, self.fault)

    def closed_gates(self, run: Run) -> tuple[str, ...]:
        return self.reasons

    def over_limit(self, run: Run, request: Request) -> OverLimit | None:
        return self.loss

    def ask_again(self, tx: Any, run: Run, reason: str) -> str | None:
        hold = Hold(kind=HoldKind.ROUND, reason=reason, since=tx.now())
        entry = (EventKind.RUN_ROUND_NEEDED, {}, {"run": run.id, "reason": reason}, None)
        runs.command(tx, run.id, Change([entry], holds=(*run.holds, hold)))
        return self.refuses_round

    def related(self, application: str) -> tuple[str, ...]:
        return ()

    def sight(self, tx: Any, run: Run) -> tuple[Sight, str]:
        return self.seen, "as played"

    def toll(self, run: Run) -> Toll:
        return self.lost

    def measure(self, run: Run, request: Request) -> Measured:
        loss_s, reason = loss_of(run)
        losses: list[JsonValue] = [lost.model_dump(mode="json") for lost in run.losses]
        told: dict[str, JsonValue] = {"rto_s": 1.0, "loss_s": loss_s, "loss_reason": reason}
        return Measured({**told, "rto_reason": "fake", "segments": [], "losses": losses}, told)


@dataclass
class Stage:
    """Everything a runner test moves: the store, the world, the judge, and any number of runners."""

    store: Store
    clock: ManualClock
    world: FakeWorld
    judge: FakeJudge = field(default_factory=FakeJudge)
    executor: AtOnce = field(default_factory=AtOnce)
    run_id: str = "run-aaaa2222"
    count: int = 0

    def runner(self) -> Runner:
        self.count += 1
        return Runner(
            self.store, lambda plan: {"fake": self.world}, self.judge, self.clock, self.executor, f"w{self.count}"
        )

    def begin(self, steps: tuple[Step, ...] = STEPS, mode: Mode = Mode.FORCED) -> None:
        plan = Plan(
            application="shop",
            mode=mode,
            source="eu-central-1",
            target="eu-west-1",
            steps=steps,
            policy=Policy(required=2, expires_after_s=900),
        )
        now = self.clock.now()
        request = Request(
            id="r-aaaa2222",
            application="shop",
            plan=plan,
            digest=plan.digest(),
            loss_limit_s=60,
            state=RequestState.APPROVED,
            round=1,
            version=1,
            requester=ADA,
            reason="test",
            channel=None,
            opened_at=now,
            expires_at=now + timedelta(minutes=15),
            approvers_at_open=frozenset(),
        )

        def work(tx: Any) -> None:
            made = requests.create(tx, request, [(EventKind.REQUEST_OPENED, {}, {}, None)])
            runs.create(tx, self.run_id, made, [(EventKind.RUN_CREATED, {}, {}, None)])

        self.store.write(work)

    @property
    def run(self) -> Run:
        return self.store.read(lambda tx: runs.get(tx, self.run_id))

    def states(self) -> dict[str, str]:
        return {record.name: record.state.value for record in self.run.steps}

    def until_finished(self, runner: Runner, limit_s: float = 3600) -> Run:
        """Tick on virtual time, a second a tick."""
        end = self.clock.monotonic() + limit_s
        while not self.run.state.finished and self.clock.monotonic() < end:
            runner.tick()
            self.clock.advance(1)
        return self.run


@pytest.fixture
def stage(store: Store, clock: ManualClock) -> Stage:
    return Stage(store, clock, FakeWorld(clock))


@pytest.fixture
def lite(sqlite_template: Path, clock: ManualClock) -> Iterator[Stage]:
    """A stage on SQLite in memory, for cases whose number matters more than the database."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    with contextlib.closing(sqlite3.connect(sqlite_template)) as migrated:
        migrated.backup(raw)
    raw.execute("PRAGMA foreign_keys=ON")
    made = PreparedStore(raw, clock)
    yield Stage(made, clock, FakeWorld(clock))
    made.dispose()
