"""What takes a step back: what its kind is told of what became of it, and what the kind answers. Pure values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from dr_core.plan.move import Move, Params
from dr_core.plan.step import Step

Seen = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Outcome:
    """What a run left of one step.

    `found`: how it stood right before the first call that may have changed it; None: no such call was made. `seen`:
    what was observed at its end. `done`: its effect was observed. `possible`: it may be there, seen or not. `failed`:
    it surely did not take place as a whole; a part of it may be there.
    """

    found: Seen | None = None
    seen: Seen = field(default_factory=dict)
    done: bool = False
    possible: bool = False
    failed: bool = False


class MakesSteps(Protocol):
    """Makes a step of any kind for the way back."""

    def __call__(
        self, kind: str, title: str, params: Params, *, of: str = "", name: str = "", tried: bool = False
    ) -> Step: ...


@dataclass(frozen=True)
class Taken:
    """A step that is to be taken back.

    `back` leads from the target of its run to the source. `moved`: the application may live in the target, and goes
    back as by any planned request; then also what the run found done already is turned round: its `found` is None.
    """

    step: Step
    found: Seen | None
    seen: Seen
    back: Move
    moved: bool
    make: MakesSteps

    @property
    def before(self) -> Seen:
        """How it stood before, as far as it was seen; what was found done already stood so before."""
        return self.seen if self.found is None else self.found


@dataclass(frozen=True)
class Stays:
    """Why a step is not taken back, and what to do instead: one sentence each."""

    why: str
    instead: str


Undo = Callable[[Taken], "tuple[Step, ...] | Stays"]
"""The steps that take a step back, in no order of their own; none where nothing of it is left."""


def nothing_left(taken: Taken) -> tuple[Step, ...]:
    """For kinds that leave nothing to take back."""
    return ()


def count_in(seen: Seen, name: str) -> int | None:
    """A whole number of the evidence; None where there is none."""
    value = seen.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
