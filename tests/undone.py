"""What takes one step back, as its kind says."""

from dr_core.plan.move import Move, Params
from dr_core.plan.step import Step
from dr_core.plan.steps import KINDS
from dr_core.plan.undo import Seen, Stays, Taken


def answer(
    step: Step, *, back: Move, found: Seen | None = None, seen: Seen | None = None, moved: bool = False
) -> tuple[Step, ...] | Stays:
    """The kind's own answer; `found` is what stood before its first call."""

    def make(kind: str, title: str, params: Params, *, of: str = "", name: str = "", tried: bool = False) -> Step:
        return KINDS[kind].step(back, title, params, of=of, name=name, tried=tried)

    undo = KINDS[step.kind].undo
    assert undo is not None
    return undo(Taken(step, found, seen or {}, back, moved, make))


def undone(step: Step, *, back: Move, found: Seen | None = None, moved: bool = False) -> tuple[Step, ...]:
    """The steps that take it back, of a kind that can."""
    steps = answer(step, back=back, found=found or {}, moved=moved)
    assert not isinstance(steps, Stays)
    return steps
