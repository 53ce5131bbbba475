"""What an after-action report leaves to be done: everything that is not over, with who may end it and how. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dr_core.approvals.model import RequestState
from dr_core.execution.model import Run, StepState
from dr_core.freeze.model import Freeze
from dr_core.incidents.model import Incident
from dr_core.reconciliation.model import Item
from dr_core.reports.after_action import DrillPart, OpenItem
from dr_core.reports.after_action_account import Story
from dr_core.store.brake import Brake
from dr_core.store.reviews import Review


@dataclass(frozen=True)
class Loose:
    """What the store says of the applications concerned, now. `unfenced`: application -> regions that may still write.

    `reviews` and `reconciliations` are those that nobody has closed or signed; `standing`: how many steps would take
    back a run that came to nothing, by its id.
    """

    brake: Brake
    reviews: tuple[Review, ...]
    freezes: tuple[Freeze, ...]
    unfenced: Mapping[str, tuple[str, ...]]
    reconciliations: tuple[Item, ...] = ()
    lost_unknown: tuple[str, ...] = ()
    incidents: tuple[Incident, ...] = ()
    standing: Mapping[str, int] = field(default_factory=dict)


def open_items(
    incident: Incident | None, stories: Iterable[Story], drill: DrillPart | None, loose: Loose
) -> tuple[OpenItem, ...]:
    """The gravest first: two writers, then lost writes, then what stands still, then signatures."""
    stories = tuple(stories)
    of_runs = [item for story in stories if story.run is not None for item in _run(story.run)]
    asked = {story.request.id for story in stories}
    return (
        *(_unfenced(application, region) for application, where in loose.unfenced.items() for region in where),
        *(_lost(item) for item in loose.reconciliations),
        *(_unknown(sentence) for sentence in loose.lost_unknown),
        *of_runs,
        *_stands(loose.standing),
        *(_waiting(story) for story in stories if story.run is None and story.request.state is RequestState.OPEN),
        *(_decided(story) for story in stories if story.run is None and story.request.state in _TO_RUN),
        *_brake(loose.brake),
        *(_frozen(freeze) for freeze in loose.freezes),
        *(_review(review) for review in loose.reviews if review.request in asked),
        *_uncleaned(drill),
        *(_going_on(one) for one in dict.fromkeys((incident, *loose.incidents)) if one is not None and one.open),
    )


def _unfenced(application: str, region: str) -> OpenItem:
    return OpenItem(
        kind="unfenced",
        what=f"{region} of {application} was not seen fenced: when it is back it may write beside the active region.",
        since=None,
        way_out="It is fenced as soon as it answers; until then send nothing there. /dr status shows it.",
    )


def _lost(item: Item) -> OpenItem:
    return OpenItem(
        kind="lost writes",
        what=f"{item.sentence}.",
        since=item.opened_at,
        way_out=f"Another person, after looking: /dr reconcile sign {item.id} --note TEXT. A failback waits for it.",
    )


def _unknown(sentence: str) -> OpenItem:
    way_out = "A worker looks for them until they are found or surely gone: /dr reconcile list."
    return OpenItem(kind="lost writes", what=f"{sentence[0].upper()}{sentence[1:]}.", since=None, way_out=way_out)


def _run(run: Run) -> list[OpenItem]:
    if not run.state.finished:
        return [
            OpenItem(
                kind="run",
                what=f"{run.id} is not over: {run.state.value}{f', {run.hold}' if run.hold else ''}.",
                since=run.started_at or run.created_at,
                way_out=f"/dr run show {run.id}",
            )
        ]
    return [
        OpenItem(
            kind="step",
            what=f"{run.plan.step(record.name).title}: {_WORDS[record.state]}"
            f"{f' ({record.detail})' if record.detail else ''}.",
            since=record.ended_at,
            way_out=_way_out(run, record.state),
        )
        for record in run.steps
        if record.state in _WORDS
    ]


_WORDS = {
    StepState.NOT_REACHED: "was not reached",
    StepState.UNCERTAIN: "may or may not have taken effect",
    StepState.FAILED: "failed",
    StepState.RUNNING: "was begun, and its end was not seen",
}


def _stands(standing: Mapping[str, int]) -> Iterator[OpenItem]:
    for run, steps in standing.items():
        yield OpenItem(
            kind="rollback",
            what=f"What {run} has done stands: {steps} {'step' if steps == 1 else 'steps'} would take it back.",
            since=None,
            way_out=f"/dr rollback {run}",
        )


def _way_out(run: Run, state: StepState) -> str:
    if state is StepState.NOT_REACHED and run.follow_up:
        return f"It is tried on until it answers, a newer run has the application, or /dr run abort {run.id} ends that."
    if state is StepState.NOT_REACHED:
        return f"Nobody tries it any more: do it by hand where it is still wanted (/dr run show {run.id})."
    return f"Look at it in AWS; /dr run show {run.id} tells what was seen."


def _waiting(story: Story) -> OpenItem:
    request = story.request
    return OpenItem(
        kind="request",
        what=f"Request {request.id} waits for its acknowledgements until {request.expires_at:%Y-%m-%d %H:%M:%S}Z.",
        since=request.opened_at,
        way_out=f"/dr approve {request.id}, or /dr cancel {request.id}",
    )


_TO_RUN = {
    RequestState.QUEUED: ("waits for its turn in an evacuation", "/dr evacuation shows what is before it."),
    RequestState.APPROVED: ("no run was made yet", "A worker makes it: /dr doctor tells whether one runs."),
}


def _decided(story: Story) -> OpenItem:
    request = story.request
    why, way_out = _TO_RUN[request.state]
    what = f"Request {request.id} is approved, and {why}."
    return OpenItem(kind="request", what=what, since=request.decided_at, way_out=way_out)


def _brake(brake: Brake) -> tuple[OpenItem, ...]:
    if not brake.engaged:
        return ()
    said = f"The brake is on, put on by {brake.by}: {brake.reason}."
    return (OpenItem(kind="brake", what=said, since=brake.since, way_out="/dr brake off"),)


def _frozen(freeze: Freeze) -> OpenItem:
    return OpenItem(
        kind="freeze",
        what=f"{freeze.application} {freeze.whereabouts}, its code says {freeze.primary}: an apply may undo that.",
        since=freeze.since,
        way_out=f"/dr failback {freeze.application}, or change the code and /dr unfreeze {freeze.application}",
    )


def _review(review: Review) -> OpenItem:
    return OpenItem(
        kind="review",
        what=f"Nobody has reviewed yet that {review.by.display} broke the glass for {review.request}: {review.reason}",
        since=review.opened_at,
        way_out=f"Another approver: /dr review close {review.id} --note TEXT",
    )


def _uncleaned(drill: DrillPart | None) -> tuple[OpenItem, ...]:
    if drill is None:
        return ()
    return tuple(
        OpenItem(
            kind="clean-up",
            what=f"What the drill made for `{one.title}` is not seen to be gone.",
            since=drill.ended_at,
            way_out="It is tried on until it is gone.",
        )
        for one in drill.exercises
        if not one.clean
    )


def _going_on(incident: Incident) -> OpenItem:
    said = f"Incident {incident.id} is open."
    way_out = f"/dr incident close {incident.id}"
    return OpenItem(kind="incident", what=said, since=incident.opened_at, way_out=way_out)
