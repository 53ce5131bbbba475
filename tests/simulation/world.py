"""What the steps act upon: resources that are absent, under way or there. Every effect is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from dr_core.aws.faults import AwsDeniedError, AwsRejectedError, AwsThrottledError, AwsUnreachableError
from dr_core.claim import Claim
from dr_core.errors import DrError, LeaseLostError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.step import Plan, Segment, Step

from .virtual import Task, VirtualTime, present

MARGIN_S = 8.0
"""A call that arrives later than this after it was allowed was sent by a process that stood still meanwhile."""


class Service(StrEnum):
    """How the service behind a step treats a call that comes twice, or too late."""

    TOKEN = "token"  # knows the call again by its client token
    MATCH = "match"  # takes it only while nothing has changed since it was observed
    EPOCH = "epoch"  # refuses an owner that was overtaken
    PLAIN = "plain"  # does it again


class Condition(StrEnum):
    ABSENT = "absent"
    UNDER_WAY = "under_way"
    DONE = "done"


@dataclass(frozen=True)
class Effect:
    """A mutating call that arrived. `event` is the number of the newest committed event then."""

    at: float
    run: str
    step: str
    process: str
    service: Service
    found: Condition
    late: bool
    refused: bool
    event: int


@dataclass
class Thing:
    """What one step of one run is about."""

    service: Service
    takes_s: float
    fails: bool
    version: int = 0
    epoch: int = 0
    began_at: float | None = None
    was_done: bool = False

    def condition(self, now: float) -> Condition:
        if self.began_at is None:
            return Condition.ABSENT
        if now < self.began_at + self.takes_s:
            return Condition.UNDER_WAY
        if self.fails:  # the service gave up on it, and says so only by doing nothing more
            self.fails = False
            self.undo()
            return Condition.ABSENT
        self.was_done = True
        return Condition.DONE

    def begin(self, now: float) -> None:
        self.began_at = now
        self.version += 1

    def undo(self) -> None:
        """By the service itself, or by somebody's hand in the console."""
        self.began_at = None
        self.version += 1


@dataclass
class Weather:
    """How often calls go wrong. `sent`: how many are on their way already when their process stops or dies."""

    throttled: float = 0.0
    lost_before: float = 0.0
    lost_after: float = 0.0
    denied: float = 0.0
    rejected: float = 0.0
    blind: float = 0.0
    gives_up: float = 0.0
    stops: float = 0.0
    sent: float = 1.0


Done = Callable[[Plan, Step], None]


class World:
    """All resources, by the token of their step."""

    def __init__(self, time: VirtualTime, random: Random, last_event: Callable[[], int], done: Done) -> None:
        self.time = time
        self.random = random
        self.weather = Weather()
        self.things: dict[tuple[str, str], Thing] = {}
        self.effects: list[Effect] = []
        self.dark: list[tuple[float, float, str]] = []
        self.last_event = last_event
        self.done = done

    def calm(self) -> None:
        """From now on everything works."""
        self.weather = Weather()
        self.dark = []
        for thing in self.things.values():
            thing.fails = False

    def thing(self, run: str, step: Step) -> Thing:
        key = (run, step.name)
        if key not in self.things:
            self.things[key] = self._made(step)
        return self.things[key]

    def _made(self, step: Step) -> Thing:
        roll, service = self.random.random(), self.random.choice(tuple(Service))
        takes_s = 0.0 if roll < 0.5 else self.random.uniform(0.5, 6) if roll < 0.97 else self.random.uniform(20, 150)
        if step.segment in (Segment.VERIFY, Segment.SETTLE):
            takes_s = min(takes_s, 1.0)
        return Thing(service, takes_s, fails=self.random.random() < self.weather.gives_up)

    def dark_now(self, step: Step) -> bool:
        return any(begin <= self.time.t < end and region == step.region for begin, end, region in self.dark)


class Kind:
    """Any step kind of one plan, bound to the simulated world."""

    def __init__(self, world: World, plan: Plan) -> None:
        self._world = world
        self._plan = plan

    def observe(self, step: Step) -> StepObservation:
        world, task = self._world, _task()
        if world.random.random() < 0.3:
            task.process.sleep(world.random.uniform(0, 1))
        if world.dark_now(step):
            raise AwsUnreachableError(f"{step.region} does not answer")
        roll = world.random.random()
        if roll < world.weather.blind:
            raise AwsUnreachableError(f"{step.kind} did not answer")
        if roll < world.weather.blind + world.weather.throttled:
            raise AwsThrottledError(f"{step.kind} asks for fewer calls")
        self._stop()
        thing = world.thing(task.of_run, step)
        task.seen_version = thing.version
        found = thing.condition(world.time.t)
        self._stop()
        if found is Condition.DONE:
            return StepObservation(Progress.SATISFIED, "as wanted", {"data_loss_allowed": False})
        if found is Condition.UNDER_WAY:
            assert thing.began_at is not None
            left = max(0.0, thing.began_at + thing.takes_s - world.time.t)
            return StepObservation(Progress.UNDER_WAY, "under way", eta_s=left)
        return StepObservation(Progress.ABSENT, "not begun")

    def act(self, step: Step, claim: Claim) -> None:
        """The guard has just allowed it; what happens until the call arrives is what nothing can guard."""
        world, task = self._world, _task()
        call = _Call(
            world, self._plan, step, claim, task.process.name, world.time.t, task.seen_version, self._fault(step)
        )
        way = world.random.uniform(0, 1.5) if world.random.random() < 0.5 else 0.0
        if world.random.random() < world.weather.sent:  # whatever becomes of the process
            world.time.after(way, call.arrive)
            task.process.sleep(way)
        else:
            task.process.sleep(way)
            self._stop()
            call.arrive()
        if world.random.random() < 0.3:
            task.process.sleep(world.random.uniform(0, 1.5))
        if call.answer is not None:
            raise call.answer

    def _stop(self) -> None:
        """The whole process stands still, for longer than its lease: whatever it knew may be over."""
        if self._world.random.random() < self._world.weather.stops:
            process = _task().process
            process.stop_for(self._world.random.choice((62.0, 75.0, 140.0)))
            process.sleep(0)

    def _fault(self, step: Step) -> DrError | None:
        if self._world.dark_now(step):
            return _unknown(f"{step.region} does not answer")
        roll, weather = self._world.random.random(), self._world.weather
        for share, error in (
            (weather.throttled, AwsThrottledError(f"{step.kind} asks for fewer calls")),
            (weather.denied, AwsDeniedError(f"{step.kind} is not permitted")),
            (weather.rejected, AwsRejectedError(f"{step.kind} is refused in this state")),
            (weather.lost_before, _unknown("failed before it did anything")),
            (weather.lost_after, _unknown(AFTER)),
        ):
            if roll < share:
                return error
            roll -= share
        return None


AFTER = "failed after it had done it"


@dataclass
class _Call:
    """One mutating call, from the moment it was allowed."""

    world: World
    plan: Plan
    step: Step
    claim: Claim
    process: str
    allowed_at: float
    seen_version: int | None
    answer: DrError | None

    def arrive(self) -> None:
        """It has its effect, or the service refuses it."""
        if self.answer is not None and self.answer.message != AFTER:
            return
        now, thing = self.world.time.t, self.world.thing(self.claim.run, self.step)
        found = thing.condition(now)
        refusal = self._refusal(thing)
        known = thing.service is Service.TOKEN and found is not Condition.ABSENT
        self.world.effects.append(
            Effect(
                now,
                self.claim.run,
                self.step.name,
                self.process,
                thing.service,
                found,
                now - self.allowed_at > MARGIN_S,
                known or refusal is not None,
                self.world.last_event(),
            )
        )
        if refusal is not None:
            self.answer = refusal
        elif not known:
            thing.epoch = self.claim.epoch
            if found is Condition.ABSENT:
                thing.begin(now)
                self.world.time.after(thing.takes_s, lambda: self.world.done(self.plan, self.step))

    def _refusal(self, thing: Thing) -> DrError | None:
        if thing.service is Service.MATCH and self.seen_version != thing.version:
            return AwsRejectedError("somebody else has changed it: the precondition failed")
        if thing.service is Service.EPOCH and self.claim.epoch < thing.epoch:
            return LeaseLostError("a later owner has acted already")
        return None


def _unknown(message: str) -> AwsUnreachableError:
    error = AwsUnreachableError(message)
    error.outcome_unknown = True
    return error


def _task() -> Task:
    task = present()
    assert task is not None
    return task
