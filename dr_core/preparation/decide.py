"""Whether something is prepared for a request, and what becomes of it when the request waits no longer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dr_core.approvals.model import Face, Request, RequestState
from dr_core.capacity.port import Bounds, Scaling
from dr_core.execution.model import Run
from dr_core.observation.model import CapacityState
from dr_core.plan.kinds.scale_target import KIND as SCALE_TARGET
from dr_core.plan.step import Step
from dr_core.preparation.model import Item, ItemState

_PEOPLE = (Face.SLACK, Face.TERMINAL)


@dataclass(frozen=True)
class Situation:
    """Of a request's application. `serves`: the regions that were seen to serve just now, None where that cannot be
    said. `asked`: a request that waits, or an unfinished run, leads to the same target. `run`: the request's own.
    `drilled`: an unfinished drill."""

    now: datetime
    auto: bool
    braked: bool
    run: Run | None
    asked: bool
    drilled: str
    serves: tuple[str, ...] | None
    fences: Mapping[str, str]


class Fate(StrEnum):
    """Of what was prepared for one request."""

    PREPARE = "prepare"
    WAIT = "wait"
    KEEP = "keep"
    UNDO = "undo"


def fate(request: Request, step: str, seen: Situation) -> tuple[Fate, str]:
    """Of one step, with the reason for people. A proposal of detection prepares nothing before somebody approved it."""
    if seen.run is not None and not seen.run.state.finished:
        return Fate.WAIT, f"run {seen.run.id} is under way"
    if seen.run is not None and seen.run.record(step).before is not None:
        return Fate.KEEP, f"run {seen.run.id} has scaled it itself"
    open_ = request.state is RequestState.OPEN and seen.now < request.expires_at
    if seen.run is None and (open_ or request.state is RequestState.QUEUED):
        return _waiting(request, seen)
    if seen.serves is None:
        return Fate.WAIT, "which region serves was not seen just now"
    target = request.plan.target
    if target in seen.serves:
        return Fate.KEEP, f"{target} serves now"
    if seen.asked:
        return Fate.WAIT, f"something else leads to {target}"
    if seen.drilled:
        return Fate.WAIT, f"drill {seen.drilled} is not finished"
    if seen.braked:
        return Fate.WAIT, "the brake is on"
    over = f"run {seen.run.id} has {seen.run.state.value}" if seen.run else f"the request is {_ended(request)}"
    return Fate.UNDO, over


def _ended(request: Request) -> str:
    return "expired" if request.state is RequestState.OPEN else request.state.value


def _waiting(request: Request, seen: Situation) -> tuple[Fate, str]:
    target = request.plan.target
    if not seen.auto:
        return Fate.WAIT, "approval.prepare is read"
    if seen.braked:
        return Fate.WAIT, "the brake is on"
    if target in seen.fences:
        return Fate.WAIT, f"{target} is {seen.fences[target]}: only a run may start anything there"
    if not request.round_acks and request.requester.face not in _PEOPLE:
        return Fate.WAIT, "nobody has approved it yet"
    return Fate.PREPARE, ""


def preparable(request: Request) -> tuple[Step, ...]:
    """The scaling steps of the plan for which nothing has to be done first."""
    return tuple(step for step in request.plan.steps if step.kind == SCALE_TARGET.name and not step.after)


def announced(request: Request, *, auto: bool) -> tuple[str, ...]:
    """What the card says before anything is prepared, while that waits for the first approval."""
    waits = request.state is RequestState.OPEN and not request.round_acks and request.requester.face not in _PEOPLE
    if not auto or not waits:
        return ()
    return tuple(f"Prepared with the first approval: {step.title}" for step in preparable(request))


def refused(bounds: Bounds | None, state: CapacityState, count: int, quota_short: str) -> str:
    """Why it is left to the run; empty: it may be scaled, and it is known what it would go back to."""
    if quota_short:
        return quota_short
    if state.desired is None:
        return f"how many are asked for is not known: {state.reason}"
    if bounds is None:
        return ""
    if bounds.scaling is not Scaling.ON:
        return f"its automatic scaling is {bounds.scaling.value}, which only a run changes"
    if count > bounds.most:
        return f"its automatic scaling ends at {bounds.most}, which only a run raises"
    if state.desired != bounds.least:
        return f"{state.desired} are asked for and its automatic scaling begins at {bounds.least}: left as it is"
    return ""


def taken_back(item: Item, state: CapacityState, bounds: Bounds | None) -> ItemState | None:
    """UNDONE: it has the size that it had. KEPT: somebody else gave it another size since. UNDOING: automatic scaling
    has it above the least that was raised for it, which alone is given back. None: it is to be scaled."""
    least = bounds.least if bounds is not None else state.desired
    if state.desired == least == item.size:
        return ItemState.UNDONE
    if bounds is not None and bounds.scaling is Scaling.ON and least == item.count and (state.desired or 0) > least:
        return ItemState.UNDOING
    ours = (item.size, item.count)
    return None if state.desired in ours and least in ours else ItemState.KEPT
