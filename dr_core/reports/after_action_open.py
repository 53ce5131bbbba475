"""What an after-action report leaves to be done: everything that is not over, with who may end it and how. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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

    `reviews` and `reconciliations` are those that nobody has closed or signed.
    """

    brake: Brake
    reviews: tuple[Review, ...]
    freezes: tuple[Freeze, ...]
    unfenced: Mapping[str, tuple[str, ...]]
    reconciliations: tuple[Item, ...] = ()


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
        *of_runs,
        *(_waiting(story) for story in stories if story.run is None and story.request.state is RequestState.OPEN),
        *_brake(loose.brake),
        *(_frozen(freeze) for freeze in loose.freezes),
        *(_review(review) for review in loose.reviews if review.request in asked),
        *_uncleaned(drill),
        *_going_on(incident),
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


def _way_out(run: Run, state: StepState) -> str:
    if state is StepState.NOT_REACHED and run.follow_up:
        return "It is tried on until it answers, or until a newer run has the application."
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


def _brake(brake: Brake) -> tuple[OpenItem, ...]:
    if not brake.engaged:
        return ()
    said = f"The brake is on, put on by {brake.by}: {brake.reason}."
    return (OpenItem(kind="brake", what=said, since=brake.since, way_out="/dr brake off"),)


def _frozen(freeze: Freeze) -> OpenItem:
    return OpenItem(
        kind="freeze",
        what=f"{freeze.application} runs in {freeze.active}, its code says {freeze.primary}: an apply may undo that.",
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


def _going_on(incident: Incident | None) -> tuple[OpenItem, ...]:
    if incident is None or not incident.open:
        return ()
    said = f"Incident {incident.id} is open."
    way_out = f"/dr incident close {incident.id}"
    return (OpenItem(kind="incident", what=said, since=incident.opened_at, way_out=way_out),)
