"""What a step kind must be able to do: be observed, and be carried out. The runner knows steps only through this."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.errors import RejectedError
from dr_core.plan.step import Step


class Progress(StrEnum):
    SATISFIED = "satisfied"
    UNDER_WAY = "under_way"
    ABSENT = "absent"


@dataclass(frozen=True)
class StepObservation:
    """What the world says about a step. `eta_s` is the expected time to the end while under way, if known (seconds).

    `by_memory`: ABSENT as far as this process remembers; another one, or an answer that was lost, may have done it.
    """

    progress: Progress
    detail: str
    evidence: dict[str, JsonValue] = field(default_factory=dict)
    eta_s: float | None = None
    by_memory: bool = False


class StepKind(Protocol):
    """One kind of step, bound to its ports."""

    def observe(self, step: Step) -> StepObservation:
        """Ask the world, never our own log. Raises DrError when it cannot be observed (UnreachableError: try again)."""
        ...

    def act(self, step: Step, claim: Claim) -> None:
        """Start the step's effect. Called after `observe` said ABSENT.

        Where the service has a conditional call, the claim makes it refuse an owner that was overtaken
        (docs/fencing.md). Raises UnreachableError when the outcome is unknown, RejectedError or DeniedError when it
        surely did not happen, LeaseLostError when the resource names a later owner.
        """
        ...


class PerRun:
    """A step kind whose effect belongs to one run: what another run did says nothing, so it is looked at by a claim."""

    def observe(self, step: Step) -> StepObservation:
        raise RejectedError(f"{step.name} is done once a run, and cannot be looked at without one.")

    def observe_for(self, step: Step, claim: Claim) -> StepObservation:
        """As `observe`, of the run that the claim names."""
        raise NotImplementedError


def observed(kind: StepKind, step: Step, claim: Claim) -> StepObservation:
    """What the world says about a step of the claim's run."""
    return kind.observe_for(step, claim) if isinstance(kind, PerRun) else kind.observe(step)


@contextmanager
def refused_unless_under_way(kind: StepKind, step: Step) -> Iterator[None]:
    """Around a call that AWS refuses where it was made before: such a refusal must not fail the step."""
    try:
        yield
    except RejectedError:
        if kind.observe(step).progress is Progress.ABSENT:
            raise


Catalogue = dict[str, StepKind]
