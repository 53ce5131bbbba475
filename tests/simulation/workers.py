"""Worker processes: the real runner in each, with threads that are greenlets and calls that take virtual time."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from random import Random
from typing import Any, NoReturn

from dr_core.approvals.proof import AckVerifier
from dr_core.execution.judge import StoreJudge
from dr_core.execution.lease import Timing
from dr_core.execution.runner import Runner, worker_actor
from dr_core.plan.catalogue import Catalogue, StepKind
from dr_core.plan.step import Plan
from dr_core.services import Services

from .virtual import Killed, Process
from .world import Kind, World

TIMING = Timing(ttl_s=60.0, beat_s=15.0, margin_s=8.0)
"""Longer than in production, so that a quiet worker need not tick often; the rules are the same."""
IDLE_S = (20.0, 70.0)
LONGEST_S = 40.0


class AnyKind(dict[str, Any]):
    """Every kind of step there is or will be."""

    def __init__(self, kind: StepKind) -> None:
        super().__init__()
        self._kind = kind

    def __missing__(self, _name: str) -> StepKind:
        return self._kind


class Threads(Executor):
    """What is submitted runs at a later virtual time, in a thread of the process."""

    def __init__(self, process: Process, random: Random, news: Callable[[], None]) -> None:
        self._process = process
        self._random = random
        self._news = news
        self.flying = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()

        def body() -> None:
            if future.set_running_or_notify_cancel():
                future.set_result(fn(*args, **kwargs))
            self.flying -= 1
            self._news()

        self.flying += 1

        slow = self._random.random() < 0.1
        self._process.spawn(body, self._random.uniform(0, 2) if slow else 0.0, run=kwargs["claim"].run)
        return future


class Worker:
    """One replica, until it dies."""

    def __init__(
        self, process: Process, world: World, random: Random, services: Services, verifier: AckVerifier
    ) -> None:
        self.process = process
        self._random = random
        own = replace(services, clock=process, signer=None)
        judge = StoreJudge(own, verifier, worker_actor(process.name))
        self._threads = Threads(process, random, self._soon)

        def catalogue(plan: Plan) -> Catalogue:
            return AnyKind(Kind(world, plan))

        self.runner = Runner(services.store, catalogue, judge, process, self._threads, process.name, TIMING)
        self._due: float | None = None
        self._ticking = False
        self._ending = False
        self._quiet = 0
        self.next(random.uniform(0, 2))

    def next(self, seconds: float) -> None:
        """Tick then, unless it is about to anyway."""
        at = self.process.time.t + seconds
        if self._ticking or self._ending or (self._due is not None and self._due <= at):
            return
        self._due = at
        self.process.time.at(at, lambda: self._begin(at))

    def _begin(self, at: float) -> None:
        if self._due == at and self.process.alive and not self._ending:
            self._ticking = True
            self.process.spawn(self._tick)

    def _tick(self) -> None:
        self._due = None
        changes = self.process.changes
        self.runner.tick()
        self._ticking = False
        if self._ending:
            self._end()
        self._quiet = 0 if self.process.changes != changes else self._quiet + 1
        if self.runner.owned:
            soon = 0.5 if self._quiet == 0 and not self._threads.flying else 3.0 * 2.0**self._quiet
            self.next(min(LONGEST_S, soon))
        else:
            self.next(self._random.uniform(*IDLE_S))

    def _soon(self) -> None:
        self._quiet = 0
        self.next(0.25)

    def terminate(self) -> None:
        """SIGTERM: the tick under way ends first; then everything is handed over."""
        self._ending = True
        if not self._ticking:
            self.process.spawn(self._end)

    def _end(self) -> NoReturn:
        self.runner.stop()
        raise Killed
