"""The world of the machine: steps that are absent or there, workers that look at once or when they are let."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from typing import Any

from dr_core.approvals.proof import AckVerifier
from dr_core.aws.faults import AwsUnreachableError
from dr_core.claim import Claim
from dr_core.execution.judge import StoreJudge
from dr_core.execution.lease import Timing
from dr_core.execution.runner import Runner, worker_actor
from dr_core.plan.catalogue import Catalogue, Progress, StepObservation
from dr_core.plan.step import Plan, Segment, Step
from dr_core.services import Services

from ..simulation.virtual import VirtualTime
from ..simulation.workers import AnyKind
from ..simulation.world import Condition, Effect, Service

TIMING = Timing(ttl_s=60.0, beat_s=15.0, margin_s=8.0)


@dataclass
class People:
    """What the fold of the trail wants to know of them."""

    presses: set[Any]
    told: list[Any]


class World:
    """A step is there once it was begun, unless the world is slow or hides."""

    def __init__(self, time: VirtualTime, last_event: Callable[[], int], moved: Callable[[Plan, Step], None]) -> None:
        self.time = time
        self.effects: list[Effect] = []
        self.begun: dict[tuple[str, str], float] = {}
        self.takes_s = 0.0
        self.hidden = False
        self.fails_after = False
        self.last_event = last_event
        self.moved = moved

    def condition(self, key: tuple[str, str]) -> Condition:
        if key not in self.begun:
            return Condition.ABSENT
        return Condition.DONE if self.time.t >= self.begun[key] else Condition.UNDER_WAY


class Kind:
    """Any step of one plan, as seen by one worker."""

    def __init__(self, world: World, plan: Plan, threads: "Threads", process: str) -> None:
        self._world = world
        self._plan = plan
        self._threads = threads
        self._process = process

    def observe(self, step: Step) -> StepObservation:
        if self._world.hidden:
            raise AwsUnreachableError(f"{step.kind} did not answer")
        found = self._world.condition((self._threads.run, step.name))
        if found is Condition.ABSENT:
            return StepObservation(Progress.ABSENT, "not begun")
        if found is Condition.UNDER_WAY:
            return StepObservation(Progress.UNDER_WAY, "under way")
        return StepObservation(Progress.SATISFIED, "as wanted", {"data_loss_allowed": False})

    def act(self, step: Step, claim: Claim) -> None:
        world, key = self._world, (claim.run, step.name)
        world.effects.append(
            Effect(
                at=world.time.t,
                run=claim.run,
                step=step.name,
                process=self._process,
                service=Service.PLAIN,
                found=world.condition(key),
                late=False,
                refused=False,
                event=world.last_event(),
            )
        )
        world.begun.setdefault(key, world.time.t + world.takes_s)
        if step.segment in (Segment.PROMOTE, Segment.SWITCH):
            world.moved(self._plan, step)
        if world.fails_after:
            error = AwsUnreachableError(f"{step.kind} failed after it had done it")
            error.outcome_unknown = True
            raise error


class Threads(Executor):
    """Looks at once, or keeps what it was given until it is let go."""

    def __init__(self) -> None:
        self.held = False
        self.run = ""
        self.waiting: list[tuple[Future[Any], Callable[[], Any], str]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        self.waiting.append((future, lambda: fn(*args, **kwargs), kwargs["claim"].run))
        if not self.held:
            self.let_go()
        return future

    def let_go(self) -> None:
        waiting, self.waiting = self.waiting, []
        for future, look, run in waiting:
            self.run = run
            if future.set_running_or_notify_cancel():
                future.set_result(look())


class Worker:
    """One replica with the real runner."""

    def __init__(self, name: str, world: World, time: VirtualTime, services: Services, verifier: AckVerifier) -> None:
        self.name = name
        self.threads = Threads()
        judge = StoreJudge(replace(services, clock=time, signer=None), verifier, worker_actor(name))

        def catalogue(plan: Plan) -> Catalogue:
            return AnyKind(Kind(world, plan, self.threads, name))

        self.runner = Runner(services.store, catalogue, judge, time, self.threads, name, TIMING)
