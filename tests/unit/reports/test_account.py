"""What is said in an account of what was taken back, and of a request that has no run yet."""

from typing import Any

import pytest

from commands.rendering.after_action_account import value_of
from dr_core.approvals.model import RequestState
from dr_core.execution.model import BEFORE, RunState, StepState
from dr_core.plan.step import Mode, Purpose
from dr_core.reports.after_action_account import Aims, Story, account
from dr_core.reports.after_action_open import Loose, open_items
from dr_core.store.brake import Brake
from tests.unit.approvals.conftest import ask
from tests.unit.control.conftest import Room, room, services

__all__ = ["room", "services"]


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is told is the same on either database."""
    return sqlite_url


@pytest.mark.parametrize(
    ("value", "said"),
    [(5.5760000000000005, "5.576"), (1234567.5, "1234567.5"), (4, "4"), (True, "yes"), ({"ms": 0.1 + 0.2}, "ms=0.3")],
)
def test_evidence_is_no_more_exact_than_it_was_measured(value: Any, said: str) -> None:
    assert value_of(value) == said


@pytest.mark.parametrize(
    ("held", "rollback", "words"),
    [
        (None, None, " Nothing was taken back."),
        (StepState.DONE, None, " Nothing but the canary was taken back."),
        (StepState.FAILED, None, "sent home again."),
        (None, RunState.SUCCEEDED, " It was taken back by run-back."),
        (None, RunState.FAILED, " Part of it may be taken back, by run-back (failed)."),
    ],
)
def test_it_is_said_what_was_taken_back(
    room: Room, held: StepState | None, rollback: RunState | None, words: str
) -> None:
    run_id = room.approved()
    run, request = room.run(run_id), room.request(run_id)
    record = run.steps[0].model_copy(update={"evidence": {BEFORE: {}}, "started_at": room.clock.now(), "state": held})
    plan = run.plan.model_copy(
        update={"steps": (run.plan.steps[0].model_copy(update={"kind": "canary-hold"}), *run.plan.steps[1:])}
    )
    ended = {"state": RunState.FAILED, "reason": "Everybody is sent home again."}
    failed = run.model_copy(update={**ended, **({"plan": plan, "steps": (record, *run.steps[1:])} if held else {})})
    undoing = run.plan.model_copy(update={"purpose": Purpose.ROLLBACK, "undoes": run.id})
    back = run.model_copy(update={"id": "run-back", "plan": undoing, "state": rollback, "steps": (record,)})
    story = Story(request, failed, (), later=(back,) if rollback else ())
    assert account(story, Aims(900, 60), room.clock.now()).outcome.endswith(words)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (RequestState.QUEUED, ["waits for its turn in an evacuation."]),
        (RequestState.APPROVED, ["no run was made yet."]),
        (RequestState.EXPIRED, []),
    ],
)
def test_what_is_approved_and_has_no_run_is_left_to_do(room: Room, state: RequestState, words: list[str]) -> None:
    request = ask(room.services, Mode.FORCED).model_copy(update={"state": state})
    off = Brake(engaged=False, since=None, by="", reason="", version=1)
    found = open_items(None, [Story(request, None, ())], None, Loose(off, (), (), {}))
    assert [one.what.partition(", and ")[2] for one in found] == words
