"""What custom steps have in common: what they are told, what an answer means, what a plan says of them. Pure."""

from pydantic import JsonValue

from dr_core.claim import Claim
from dr_core.custom.errand import Answer, Errand, Verb, token_for
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.kind import BEST_EFFORT_S, Kind
from dr_core.plan.move import Move, Params
from dr_core.plan.step import Segment, Step
from dr_core.plan.undo import Stays, Taken
from dr_core.topology.custom import CustomStep

COUNTED_IN = {
    "prepare": Segment.PREPARE,
    "fence": Segment.FENCE,
    "promote": Segment.SWITCH,
    "switch": Segment.SWITCH,
    "verify": Segment.SETTLE,
}
"""In which part of a run a custom step's time is counted, by the segment it follows.

None is in `promote`, which tells where the writer is, nor in `verify`, which tells whether users are served.
"""


class ErrandParams(Params):
    """`name` is that of the topology, `region` where it is called; `verb` is act, or undo in a plan that goes back."""

    name: str
    application: str
    source: str
    target: str
    mode: str
    region: str
    verb: Verb = Verb.ACT


def given(move: Move, entry: CustomStep, verb: Verb) -> dict[str, object]:
    """The fields of ErrandParams."""
    return {
        "account": move.app.account,
        "name": entry.name,
        "application": move.application,
        "source": move.source,
        "target": move.target,
        "mode": move.mode.value,
        "region": region_of(move, entry),
        "verb": verb,
    }


def region_of(move: Move, entry: CustomStep) -> str:
    return move.source if entry.region == "source" else move.target


def placed(
    kind: Kind, move: Move, entry: CustomStep, title: str, params: Params, after: tuple[str, ...], undo: str | None
) -> Step:
    """The step where and when the topology wants it. One in a region that may be dead is tried for a while only."""
    dead = move.forced and entry.region == "source"
    seconds = entry.timeout.total_seconds()
    step = kind.step(
        move,
        title,
        params,
        after=after,
        of=entry.name,
        tried=dead or not entry.needed,
        deadline_s=min(seconds, BEST_EFFORT_S) if dead else seconds,
        undo=undo,
    )
    where = region_of(move, entry)
    placing = {
        "segment": COUNTED_IN[entry.after],
        "region": where,
        "home_region": where if step.home_region in (move.source, move.target) else None,
        "irreversible": undo is None,
        # What the team's own code did not do in time is not tried for ever: only a dead region is waited for.
        "follow_up": dead,
    }
    return step.model_copy(update=placing)


def turned(taken: Taken, title: str, params: Params) -> tuple[Step, ...]:
    """The step that takes one of the team's own back: where it was called, with its patience, once.

    What came after the application had moved is taken back before it moves back, and the rest when it has. Where it
    never left, nothing leans on the region that it was to move to, which may be down.
    """
    step = taken.step
    aside = not taken.moved and step.home_region == taken.back.source
    late = step.segment in (Segment.PREPARE, Segment.FENCE)
    changed = {
        "name": f"{step.name}-undo",
        "title": title,
        "params": params.stored(),
        "after": (),
        "segment": Segment.SETTLE if late else Segment.FENCE,
        "irreversible": True,
        "best_effort": step.best_effort or aside,
        "undo": None,
        "follow_up": False,
    }
    return (step.model_copy(update=changed),)


def takes_back(step: Step) -> bool:
    """Whether one of the team's own is taken back by it."""
    return step.params.get("verb") == Verb.UNDO


def no_way_back(name: str) -> Stays:
    return Stays(f"dr.yaml names no undo of {name}.", "Whoever wrote it knows whether something must be done.")


def errand_of(step: Step, params: ErrandParams, claim: Claim) -> Errand:
    return Errand(
        run=claim.run,
        step=step.name,
        token=token_for(claim, step.name),
        application=params.application,
        source=params.source,
        target=params.target,
        mode=params.mode,
        verb=params.verb,
        of=params.verb,
    )


def by_check(check: Answer, sent: Answer | None) -> StepObservation:
    """What a check says. After this process has sent the errand, "not done" means not done yet."""
    evidence = {**told("check", check), **told("answer", sent)}
    _refuse_failed(check)
    if check.done:
        return StepObservation(Progress.SATISFIED, check.detail or "its check says that it is done", evidence)
    detail = check.detail or "its check says that it is not done"
    under_way = check.under_way or sent is not None
    return StepObservation(Progress.UNDER_WAY if under_way else Progress.ABSENT, detail, evidence)


def by_answer(sent: Answer | None) -> StepObservation:
    """Without a check the answer itself is the result; one that was lost is asked for again, under the same token."""
    if sent is None:
        return StepObservation(Progress.ABSENT, "this worker has had no answer of it", by_memory=True)
    if sent.done:
        return StepObservation(Progress.SATISFIED, sent.detail or "it answered", told("answer", sent))
    return StepObservation(Progress.ABSENT, sent.detail or "it answered that it is not done", told("answer", sent))


def taken(answer: Answer) -> Answer:
    """RejectedError where the answer to an errand says that it failed."""
    _refuse_failed(answer)
    return answer


def told(name: str, answer: Answer | None) -> dict[str, JsonValue]:
    """What stands in the audit of an answer."""
    if answer is None:
        return {}
    return {name: answer.detail, **({f"{name}_log": answer.log} if answer.log else {})}


def _refuse_failed(answer: Answer) -> None:
    if answer.failed:
        raise RejectedError(f"it failed: {answer.detail or 'it did not say why'}")
