"""Many questions at once, in lanes, with an end: what hangs costs its lane a little and the pass at most its limit.

A lane is a region. After a question in it hung, or two went unanswered, the rest of it is not asked in this pass.
Threads are daemons of one pass: one that hangs longer is left behind and holds up neither the next pass nor the exit.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from dr_core.clock import Clock
from dr_core.errors import DrError, ThrottledError, UnreachableError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LANE_WIDTH = 4
_ENOUGH_SILENCE = 2
_HUNG_MS = 1000.0
_A_CALL_S = 3.0
"""How long a reader waits for an answer (dr_core/aws/clients.py). What was cut off sooner had no chance to answer."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Question(Generic[T_co]):
    """One thing to ask. `what` names it in messages, `lane` groups what fails together."""

    lane: str
    what: str
    ask: Callable[[], T_co]


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What came of a question: a value, or the error in its place; when, and how many milliseconds it took."""

    value: T | None
    error: DrError | None
    at: datetime
    took_ms: float

    def get(self) -> T:
        """The value; raises the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # without an error it is a T, which may itself be None

    def or_error(self) -> T | DrError:
        return self.error if self.error is not None else self.get()


class Answers:
    """The answers as they stood when the pass ended."""

    def __init__(self, found: dict[Hashable, Answer[object]]) -> None:
        self._found = found

    def of(self, question: Question[T]) -> Answer[T]:
        return self._found[id(question)]  # type: ignore[return-value]  # the answer to a Question[T] is an Answer[T]


class _Lane:
    """The questions of one lane that nobody has taken yet."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.waiting: deque[Question[object]] = deque()
        self.silent: list[str] = []
        self.hung = False

    def quiet(self) -> bool:
        return self.hung or len(self.silent) >= _ENOUGH_SILENCE


class _Pass:
    """The state that the threads of one pass share, under one lock."""

    def __init__(self, questions: Sequence[Question[object]], clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._questions = questions
        self._started: dict[int, float] = {}
        self._found: dict[Hashable, Answer[object]] = {}
        self.lanes: dict[str, _Lane] = {}
        for question in questions:
            self.lanes.setdefault(question.lane, _Lane(question.lane)).waiting.append(question)

    def work(self, lane: _Lane) -> None:
        """Answer questions of `lane` until none waits."""
        while (question := self._take(lane)) is not None:
            begun = time.monotonic()
            value, error = _ask(question)
            took = (time.monotonic() - begun) * 1000
            with self._changed:
                self._found[id(question)] = Answer(value, error, self._clock.now(), round(took, 1))
                if isinstance(error, UnreachableError) and not isinstance(error, ThrottledError):
                    lane.silent.append(question.what)
                    lane.hung = lane.hung or took > _HUNG_MS
                self._changed.notify()

    def wait(self, limit_s: float) -> Answers:
        """All answers, or at the limit what there is; a question that is still open gets an error in its place."""
        end = time.monotonic() + limit_s
        with self._changed:
            while len(self._found) < len(self._questions) and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            found = dict(self._found)
            for lane in self.lanes.values():
                lane.waiting.clear()
            for question in self._questions:
                if id(question) not in found:
                    found[id(question)] = self._unanswered(question, end, limit_s)
        return Answers(found)

    def _take(self, lane: _Lane) -> Question[object] | None:
        with self._changed:
            if lane.quiet():
                for skipped in lane.waiting:
                    error = DrError(
                        f"not asked: {' and '.join(dict.fromkeys(lane.silent))} did not answer in this pass"
                    )
                    self._found[id(skipped)] = Answer(None, error, self._clock.now(), 0.0)
                lane.waiting.clear()
                self._changed.notify()
            if not lane.waiting:
                return None
            question = lane.waiting.popleft()
            self._started[id(question)] = time.monotonic()
            return question

    def _unanswered(self, question: Question[object], end: float, limit_s: float) -> Answer[object]:
        waited = end - self._started.get(id(question), end)
        if waited < min(_A_CALL_S, limit_s / 2):
            # The end of this pass is why there is no answer: nothing that is known of the region.
            error = DrError(f"not asked: the pass had no time left for {question.what} ({limit_s:g} s)")
            return Answer(None, error, self._clock.now(), 0.0)
        unreachable = UnreachableError(f"{question.what} did not answer within {waited:.1f} s.")
        return Answer(None, unreachable, self._clock.now(), round(waited * 1000, 1))


def _ask(question: Question[object]) -> tuple[object, DrError | None]:
    try:
        return question.ask(), None
    except DrError as error:
        return None, error
    except Exception as error:  # a defect in one reader must not blind the others; it is logged and told
        _log.exception("the reader of %s is broken", question.what)
        return None, DrError(f"{question.what} could not be read: {type(error).__name__} in the reader")


def ask_all(questions: Sequence[Question[object]], clock: Clock, limit_s: float, width: int = LANE_WIDTH) -> Answers:
    """Ask everything at the same time, at most `width` questions of a lane at once; returns within `limit_s`."""
    shared = _Pass(questions, clock)
    for lane in shared.lanes.values():
        for number in range(min(width, len(lane.waiting))):
            name = f"observe-{lane.name}-{number}"
            threading.Thread(target=shared.work, args=(lane,), name=name, daemon=True).start()
    return shared.wait(limit_s)
