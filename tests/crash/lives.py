"""Lives of runners on virtual time: one dies at a point, the next takes the run over when the lease has run out."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from dr_core.approvals.model import Ack, Actor, Face, Request, RequestState
from dr_core.approvals.proof import AckSigner, AckVerifier, claim_of
from dr_core.audit.events import EventKind
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.execution.away import Sight
from dr_core.execution.judge import StoreJudge
from dr_core.execution.lease import DEFAULT_TIMING
from dr_core.execution.loss import Toll
from dr_core.execution.model import Run
from dr_core.execution.runner import Runner, worker_actor
from dr_core.failpoints import Point, When, armed
from dr_core.keys import public_path
from dr_core.plan.step import Plan
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import requests, runs
from dr_core.store.engine import Tx
from tests.crash.databases import Database
from tests.crash.plans import Sample
from tests.crash.world import World

RUN, REQUEST = "run-crash222", "r-crash222"
PATIENCE_S = 1800.0
TICK_S = 2.0
LEASE_OVER_S = DEFAULT_TIMING.ttl_s + 1.0
REGION_BACK_AFTER_S = 15.0
"""After the end of the run: by then what was not reached is followed up."""
CALLS = frozenset({Point.STEP_OBSERVE, Point.STEP_ACT})
DESCRIPTIONS = frozenset({Point.RUN_BEAT, Point.STEP_NOTE, Point.STEP_FOUND})
"""Commits on which nothing of the run depends after the lease has run out: a later end of the lease, a step's
description, and how it stood before, which is for a rollback (test_rollbacks.py)."""


class KilledError(BaseException):
    """The process is gone. No product code catches it."""


class AtOnce(Executor):
    """A look ends before the tick that began it goes on."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class OpenGates(StoreJudge):
    """Proves acknowledgements and measures as the product does; nothing closes its gates."""

    def closed_gates(self, run: Run) -> tuple[str, ...]:
        return ()

    def over_limit(self, run: Run, request: Request) -> None:
        return None

    def sight(self, tx: Tx, run: Run) -> tuple[Sight, str]:
        return Sight.AWAY, "nobody observes here"

    def toll(self, run: Run) -> Toll:
        return Toll(0.5, "as of the last lag")


@dataclass(frozen=True)
class Picture:
    """Everything that outlives a process: the store's content, the world, the time."""

    database: Any
    world: Any
    now: Any
    monotonic: float


@dataclass
class Stage:
    """One sample plan with its store and its world."""

    sample: Sample
    database: Database
    world: World
    clock: ManualClock
    judge: StoreJudge
    signer: AckSigner
    lives: int = 0
    points: dict[tuple[Point, When], int] = field(default_factory=dict)

    def runner(self) -> Runner:
        self.lives += 1
        self.world.reborn()
        return Runner(self.database.store, self.world.catalogue, self.judge, self.clock, AtOnce(), f"w{self.lives}")

    def picture(self) -> Picture:
        return Picture(self.database.photo(), self.world.picture(), self.clock.now(), self.clock.monotonic())

    def back_to(self, picture: Picture) -> None:
        self.database.back_to(picture.database)
        self.world.back_to(picture.world)
        vars(self.clock).update(_now=picture.now, _monotonic=picture.monotonic)

    def live(self, hook: Callable[[Point, When], None] | None = None) -> None:
        """One runner from here to the end of all that is to be done."""
        runner, end = self.runner(), self.clock.monotonic() + PATIENCE_S
        busy, pause = False, TICK_S

        def heard(point: Point, when: When) -> None:
            nonlocal busy
            busy = busy or point is not Point.RUN_BEAT
            self.points[point, when] = self.points.get((point, when), 0) + 1
            if (point, when, self.sample.lost) == (Point.RUN_FINISH, When.AFTER, True):
                self.world.wakes_at = self.clock.monotonic() + REGION_BACK_AFTER_S
            if hook is not None:
                hook(point, when)

        with armed(heard):
            while self.clock.monotonic() < end:
                busy = False
                runner.tick()
                if not runner.owned and not self.database.left():
                    return
                pause = TICK_S if busy else min(2 * TICK_S, pause * 2)
                self.clock.advance(pause)
        raise AssertionError(f"not at its end after {PATIENCE_S:g} s of virtual time")


def staged(sample: Sample, database: Database, clock: ManualClock, key: Path) -> Stage:
    """The plan's request, acknowledged by its quorum with proofs, and its run, about to be taken."""
    world = World(sample.entry, sample.plan, clock)
    signer = AckSigner.load_or_create(key)
    sessions = AwsSessions.for_topology(sample.loaded)
    services = Services(sample.loaded, database.store, clock, read_settings({}), sessions, signer)
    judge = OpenGates(services, AckVerifier(public_path(key)), worker_actor("judge"))
    database.store.write(lambda tx: approved(tx, sample.plan, signer))

    def intended(step: str, token: str) -> bool:
        attempt, known = database.intent_of(RUN, step)
        return attempt >= 1 and known == token

    world.intended = intended
    if sample.lost:
        world.lose(sample.source)
    return Stage(sample, database, world, clock, judge, signer)


def approved(tx: Tx, plan: Plan, signer: AckSigner, *, request: str = REQUEST, run: str = RUN) -> None:
    """A request for the plan with the acknowledgements that it needs, and its run."""
    now = tx.now()
    asked = Request(
        id=request,
        application=plan.application,
        plan=plan,
        digest=plan.digest(),
        loss_limit_s=60,
        state=RequestState.APPROVED,
        round=1,
        version=1,
        requester=Actor(person="person:Zoe", display="Zoe", face=Face.SLACK),
        reason="test",
        channel=None,
        opened_at=now,
        expires_at=now + timedelta(minutes=15),
        decided_at=now,
        approvers_at_open=frozenset(),
    )
    made = requests.create(tx, asked, [(EventKind.REQUEST_OPENED, {}, {}, None)])
    for person in ("Ada", "Grace")[: plan.policy.required]:
        unsigned = Ack(
            person=f"person:{person}",
            display=person,
            round=1,
            digest=made.digest,
            accepted_limit_s=60,
            at=now,
            kind="slack",
            proof="",
        )
        proof = signer.sign(claim_of(made, unsigned, {}))
        requests.add_ack(tx, made.id, unsigned.model_copy(update={"proof": proof}))
    runs.create(tx, run, requests.get(tx, made.id), [(EventKind.RUN_CREATED, {}, {}, None)])


@dataclass(frozen=True)
class Crash:
    """Where a life ended: after how many crashes before it, at which point, and what was left behind."""

    depth: int
    point: Point
    when: When
    left: Picture

    def __str__(self) -> str:
        return f"{self.when.value} {self.point.value} (crash {self.depth})"


@dataclass
class Explorer:
    """Kills at every point of a life, and at every point of the lives that go on from there, until nothing is new.

    What a dead process leaves behind is the store and the world; nothing else survives it. So two crashes that leave
    the same behind are one. "The same" leaves out the time, the owner's number and what a step was said to wait for;
    `exact` leaves out nothing but looks one crash deep, as does `single`.
    """

    stage: Stage
    exact: bool = False
    single: bool = False
    cases: int = 0
    points: int = 0
    _seen: set[object] = field(default_factory=set)
    _next: list[Crash] = field(default_factory=list)

    def run(self, check: Callable[[Stage], list[str]]) -> list[str]:
        """Every story to its end; what was wrong at the ends of any."""
        self._live(0)
        found = [f"without a crash: {fault}" for fault in check(self.stage)]
        while self._next and len(found) < 20:
            crash = self._next.pop(0)
            self.stage.back_to(crash.left)
            self.stage.clock.advance(LEASE_OVER_S)
            try:
                self._live(crash.depth)
                found += [f"{crash}: {fault}" for fault in check(self.stage)]
            except AssertionError as error:
                found.append(f"{crash}: {error}")
        return found

    def _live(self, depth: int) -> None:
        self.cases += 1
        count: list[int] = [0, 0]
        last: object = None

        def hook(point: Point, when: When) -> None:
            nonlocal last
            self.points += 1
            count[0] += when is When.AFTER and point not in CALLS | DESCRIPTIONS
            count[1] += when is When.AFTER
            if (self.exact or self.single) and depth:
                return
            now = (count[self.exact], self.stage.world.marks(), self.stage.clock.monotonic() if self.exact else 0)
            if now == last:
                return
            last = now
            left = now if self.exact else (self.stage.database.state(RUN), now[1])
            if left not in self._seen:
                self._seen.add(left)
                self._next.append(Crash(depth + 1, point, when, self.stage.picture()))

        self.stage.live(hook)
