"""What became of one request and its run, by what was recorded: outcome, objectives, people, deviations. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dr_core.approvals.model import Face, Request, RequestState
from dr_core.approvals.proof import AckKind
from dr_core.audit.events import Event, EventKind
from dr_core.execution.model import Run, RunState, StepState
from dr_core.execution.outcomes import has_acted, taken_back_by
from dr_core.execution.recovery import TAKES_BACK
from dr_core.incidents.telling import words
from dr_core.objectives import rpo
from dr_core.plan.step import Purpose
from dr_core.reports.after_action import Account, Act, Deviation, FindingThen, Reached
from dr_core.reports.model import AckView, RollbackView, RunView
from dr_core.reports.run import view_of

_DEVIATIONS = frozenset(
    {
        EventKind.REQUEST_EXPIRED,
        EventKind.REQUEST_RENEWED,
        EventKind.REQUEST_OBJECTED,
        EventKind.REQUEST_BROKE_GLASS,
        EventKind.RUN_ROUND_NEEDED,
        EventKind.RUN_GATES_REFUSED,
        EventKind.RUN_HELD,
        EventKind.RUN_PAUSED,
        EventKind.RUN_RESUMED,
        EventKind.RUN_ABORT_ASKED,
        EventKind.RUN_ABORTED,
        EventKind.RUN_SUPERSEDED,
        EventKind.RUN_TAKEN_OVER,
        EventKind.RUN_LOSS_GREW,
        EventKind.RUN_FAILED,
        EventKind.STEP_NOT_REACHED,
        EventKind.STEP_REACHED_LATE,
        EventKind.STEP_UNCERTAIN,
        EventKind.STEP_FAILED,
        EventKind.STEP_SKIPPED,
        EventKind.BRAKE_ENGAGED,
        EventKind.BRAKE_RELEASED,
    }
)
BRAKE = (EventKind.BRAKE_ENGAGED, EventKind.BRAKE_OBJECTED, EventKind.BRAKE_RELEASED)
_PEOPLE = (Face.SLACK.value, Face.TERMINAL.value)


@dataclass(frozen=True)
class Story:
    """A request, its run, and every event of both in order. `brake`: the brake's events while the run was there.

    `superseded_by`: the request for whose run this one's ended. `way_back`: what would take the run back now. `later`:
    the application's runs since, newest first.
    """

    request: Request
    run: Run | None
    events: tuple[Event, ...]
    brake: tuple[Event, ...] = ()
    superseded_by: str | None = None
    way_back: RollbackView | None = None
    later: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Aims:
    """The objectives, in seconds."""

    rto_s: float
    rpo_s: float


def account(story: Story, aims: Aims, now: datetime) -> Account:
    """The request and its run as they stand in the report."""
    request, run = story.request, story.run
    plan = request.plan
    view = None if run is None else view_of(run, request, aims.rto_s, now=now, brake=None)
    return Account(
        request=request.id,
        application=request.application,
        mode=plan.mode.value,
        purpose=plan.purpose.value,
        source=plan.source,
        target=plan.target,
        state=run.state.value if run is not None else request.state.value,
        outcome=outcome(story),
        asked_by=request.requester.display,
        asked_at=request.opened_at,
        reason=request.reason,
        digest=request.digest,
        rounds=request.round,
        required_acks=plan.policy.required,
        loss_limit_seconds=request.loss_limit_s,
        acks=tuple(_ack_views(request)),
        broke_glass=any(ack.kind == AckKind.BREAK_GLASS for ack in request.acks),
        overrides=plan.overrides,
        findings=_findings(request),
        acts=acts((*story.events, *story.brake)),
        deviations=deviations(story),
        objectives=() if run is None or view is None else objectives(run, view, aims),
        run=None if view is None else view.model_copy(update={"rollback": story.way_back}),
    )


def outcome(story: Story) -> str:
    """What came of it, in a sentence."""
    request, run = story.request, story.run
    plan = request.plan
    what = "Live drill" if plan.purpose is Purpose.DRILL else plan.purpose.value.capitalize()
    way = f"{what} of {request.application} from {plan.source} to {plan.target}"
    if run is None:
        by = f" by {request.decided_by}" if request.decided_by else ""
        why = f": {request.decision_reason}" if request.decision_reason else ""
        told = {
            RequestState.OPEN: "waits for its acknowledgements",
            RequestState.QUEUED: "is approved, and waits for its turn in an evacuation",
            RequestState.APPROVED: "is approved, and no run was made yet",
            RequestState.EXPIRED: "expired before its quorum was complete",
            RequestState.VOID: "became void: its plan no longer fitted",
        }
        return f"{way} {told.get(request.state) or f'was {request.state.value}{by}{why}'}."
    if story.superseded_by is not None:
        return f"{way} ended for request {story.superseded_by}, which took its place."
    why = f": {run.reason.rstrip('.')}" if run.reason else ""
    return {
        RunState.PENDING: f"{way} is approved and has not begun.",
        RunState.RUNNING: f"{way} is under way.",
        RunState.HELD: f"{way} stands still{f': {run.hold}' if run.hold else ''}.",
        RunState.SUCCEEDED: f"{way} succeeded.",
        RunState.FAILED: f"{way} failed{why}.",
        RunState.ABORTED: f"{way} was ended where it was{why}.",
    }[run.state] + _taken_back(run, story.later)


def _taken_back(run: Run, later: Sequence[Run]) -> str:
    """What was taken back since of a run that is over; of one that succeeded nothing had to be."""
    done = taken_back_by(run, later)
    if done is not None:
        return f" It was taken back by {done.id}."
    begun = next((other for other in later if other.plan.undoes == run.id and has_acted(other)), None)
    if begun is not None:
        return f" Part of it may be taken back, by {begun.id} ({begun.state.value})."
    if run.state not in (RunState.FAILED, RunState.ABORTED):
        return ""
    trials = [run.record(step.name) for step in run.plan.steps if step.kind in TAKES_BACK]
    held = [record for record in trials if record.started_at is not None]
    if any(record.state is not StepState.DONE for record in held):
        return ""  # its own words, which are the reason, say how far that came
    return f" Nothing{' but the canary' if held else ''} was taken back."


def objectives(run: Run, view: RunView, aims: Aims) -> tuple[Reached, ...]:
    """RTO, then RPO: the application as a whole, then each store, those that gate first."""
    seconds = view.rto_seconds
    rto = Reached(
        name="rto",
        seconds=seconds,
        target_seconds=aims.rto_s,
        met=None if seconds is None else seconds <= aims.rto_s,
        reason=view.rto_reason,
        measured_at=run.ended_at,
    )
    return (rto, *(_rpo(one, view) for one in rpo.reached(run, aims.rpo_s)))


def _rpo(one: rpo.Reached, view: RunView) -> Reached:
    store = one.store
    reason = one.reason or (view.loss_reason if store is None else "")
    return Reached(
        name="rpo",
        subject="" if store is None else f"{store.kind} {store.name}",
        gate=store is not None and store.gate,
        seconds=one.seconds,
        target_seconds=one.target_s,
        met=one.met,
        reason=reason,
        source="" if store is None else store.source,
        measured_at=one.at if store is None else store.measured_at,
    )


def acts(events: Sequence[Event]) -> tuple[Act, ...]:
    """What people did, in order; what the product did by itself is no one's."""
    told = ((event, words(event)) for event in sorted(events, key=lambda one: one.at))
    return tuple(
        Act(at=event.at, who=str(event.actor.get("display", "somebody")), what=said)
        for event, said in told
        if said is not None and event.actor.get("face") in _PEOPLE and not _told_by_another(event)
    )


def _told_by_another(event: Event) -> bool:
    """A review opens by itself with the glass that was broken."""
    return event.kind == EventKind.REVIEW_OPENED


def deviations(story: Story) -> tuple[Deviation, ...]:
    """Where it did not go as planned, in order; steps that took more than one attempt last."""
    events = sorted((*story.events, *story.brake), key=lambda one: (one.at, one.chain, one.seq))
    found = [
        Deviation(at=event.at, what=f"{_who(event)}{said}")
        for event in events
        if (event.kind in _DEVIATIONS or _changed_hands(event)) and (said := words(event)) is not None
    ]
    tries = [] if story.run is None else [_tried(story.run, name) for name in _repeated(story.run)]
    return (*found, *tries)


def _changed_hands(event: Event) -> bool:
    """The first worker of a run is as planned; the events after its end are about what could not be reached."""
    epoch = event.data.get("epoch")
    return event.kind == EventKind.RUN_TAKEN and isinstance(epoch, int) and epoch > 1


def _who(event: Event) -> str:
    person = event.actor.get("face") in _PEOPLE or event.kind == EventKind.RUN_TAKEN
    return f"{event.actor.get('display', 'somebody')} " if person else ""


def _repeated(run: Run) -> list[str]:
    return [record.name for record in run.steps if record.attempt > 1]


def _tried(run: Run, name: str) -> Deviation:
    record = run.record(name)
    late = ", some of them after the end of the run" if record.state is StepState.REACHED_LATE else ""
    return Deviation(at=record.ended_at, what=f"{run.plan.step(name).title} took {record.attempt} attempts{late}")


def _findings(request: Request) -> tuple[FindingThen, ...]:
    overridden = set(request.plan.overrides)
    return tuple(
        FindingThen(
            code=one.code,
            severity=one.severity.value,
            message=one.message,
            evidence=one.evidence,
            way_out=one.way_out,
            overridden=one.code in overridden,
        )
        for one in request.findings
    )


def _ack_views(request: Request) -> list[AckView]:
    return [
        AckView(
            person=ack.display, round=ack.round, at=ack.at, accepted_limit_seconds=ack.accepted_limit_s, kind=ack.kind
        )
        for ack in request.acks
    ]
