"""What one kind of exercise must be able to do: look first, try, tell what came of it, take it back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.drills.model import Drill, Exercise, Result
from dr_core.plan.catalogue import Progress


@dataclass(frozen=True)
class Sizer:
    """A run that sizes what an exercise has sized, too. `tried`: it has begun to, and what it set is not taken back."""

    run: str
    tried: bool


@dataclass(frozen=True)
class Occasion:
    """For which drill something is tried, and when. `sizer`: the run that has sized the same since, or is about to."""

    drill: Drill
    claim: Claim
    now: datetime
    sizer: Sizer | None = None


@dataclass(frozen=True)
class Verdict:
    """What came of an exercise. Before anything was changed it ends the exercise at once."""

    result: Result
    detail: str


@dataclass(frozen=True)
class Kept:
    """What is there before anything is changed: enough to tell later whether it is so again."""

    values: dict[str, JsonValue]


@dataclass(frozen=True)
class Seen:
    """How far something is. SATISFIED of what was tried bears its verdict; of what is left it means nothing is.

    `request`: the one that it waits for. `lasting`: it comes to an end of its own, however long that takes.
    """

    progress: Progress
    detail: str = ""
    verdict: Verdict | None = None
    request: str | None = None
    lasting: bool = False


class Trial(Protocol):
    """One kind of exercise, bound to its ports. Every method may raise DrError; UnreachableError is tried again.

    `patience_s`: how long it may take until there is a verdict; after it the exercise has failed, unless it is lasting.
    """

    patience_s: float

    def before(self, exercise: Exercise, occasion: Occasion) -> Kept | Verdict:
        """Look, and change nothing. Whatever only looks has its verdict here."""
        ...

    def look(self, exercise: Exercise, occasion: Occasion) -> Seen:
        """How far the change is. ABSENT: nothing of it is there, and `act` may be called."""
        ...

    def act(self, exercise: Exercise, occasion: Occasion) -> None:
        """Begin the change. May be called again after an answer that was lost."""
        ...

    def left(self, exercise: Exercise, occasion: Occasion) -> Seen:
        """What is left of the change. ABSENT: something is, and `clean` may be called."""
        ...

    def clean(self, exercise: Exercise, occasion: Occasion) -> None:
        """Take it back. May be called again."""
        ...


class Look:
    """A trial that changes nothing: its verdict comes from looking once."""

    patience_s = 60.0

    def verdict(self, exercise: Exercise) -> Verdict:
        raise NotImplementedError

    def before(self, exercise: Exercise, occasion: Occasion) -> Kept | Verdict:
        """Nothing is changed, so nothing has to be kept."""
        return Kept({})

    def look(self, exercise: Exercise, occasion: Occasion) -> Seen:
        return Seen(Progress.SATISFIED, verdict=self.verdict(exercise))

    def act(self, exercise: Exercise, occasion: Occasion) -> None:
        """There is nothing to change."""

    def left(self, exercise: Exercise, occasion: Occasion) -> Seen:
        return Seen(Progress.SATISFIED, "it only looked")

    def clean(self, exercise: Exercise, occasion: Occasion) -> None:
        """There is nothing to take back."""


def passed(detail: str) -> Verdict:
    return Verdict(Result.PASSED, detail)


def failed(detail: str) -> Verdict:
    return Verdict(Result.FAILED, detail)


def unknown(detail: str) -> Verdict:
    return Verdict(Result.UNKNOWN, detail)


def skipped(detail: str) -> Verdict:
    return Verdict(Result.SKIPPED, detail)
