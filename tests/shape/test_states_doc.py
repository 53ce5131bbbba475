"""docs/states.md is the tables; in them every state is reached and left, and every event has its place."""

from typing import Any

import pytest

from dr_core.approvals.model import RequestState
from dr_core.approvals.states import REQUESTS
from dr_core.audit.events import EventKind
from dr_core.execution.model import RunState, StepState
from dr_core.execution.states import RUNS, STEPS
from dr_core.states import Table, TransitionError
from tests.shape import states

TABLES = (REQUESTS, RUNS, STEPS)
# Told of a request or a run, and no change of one: each with its reason.
NO_CHANGE = {
    EventKind.REQUEST_REFUSED: "a request that was not opened",
    EventKind.REQUEST_BLOCKED: "a request that was not opened, because another run has the application",
}
# Events that move another table's thing as well, in the same transaction.
SHARED = {
    EventKind.RUN_CREATED: {"run", "step"},
    EventKind.STEP_DONE: {"run", "step"},
    EventKind.STEP_FAILED: {"run", "step"},
    EventKind.STEP_NOT_REACHED: {"run", "step"},
    EventKind.STEP_SKIPPED: {"run", "step"},
}


def named(table: Table[Any]) -> str:
    return table.noun


def test_the_page_is_printed_from_the_tables() -> None:
    """`python -m tests.shape.states` after a change."""
    assert states.PAGE.read_text(encoding="utf-8") == states.page()


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_every_state_is_reached_from_the_beginning(table: Table[Any]) -> None:
    reached: set[Any] = {None}
    while more := {to for (of, _), tos in table.arrows.items() if of in reached for to in tos} - reached:
        reached |= more
    assert set(table.states) - reached == set()


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_every_state_that_is_not_final_can_be_left_for_a_final_one(table: Table[Any]) -> None:
    ends: set[Any] = set(table.final)
    while more := {of for (of, _), tos in table.arrows.items() if tos & ends} - ends:
        ends |= more
    assert set(table.states) - ends == set()


def test_the_final_states_are_those_that_the_model_calls_so() -> None:
    assert set(RUNS.final) == {state for state in RunState if state.finished}
    assert set(REQUESTS.final) == set(RequestState) - {RequestState.OPEN, RequestState.QUEUED}
    assert set(STEPS.final) == {s for s in StepState if s.settled} - {StepState.NOT_REACHED} | {StepState.FAILED}


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_no_arrow_stands_twice(table: Table[Any]) -> None:
    arrows = [(before, row.kind, after) for row in table.rows for before, after in row.arrows()]
    assert len(arrows) == len(set(arrows))
    assert all(row.why.endswith((".", "!", "?")) for row in table.rows)
    assert len(table.lettered) == len(table.rows)


@pytest.mark.parametrize("kind", [k for k in EventKind if k.value.startswith(("run.", "step.", "request."))])
def test_every_event_stands_in_the_tables_it_belongs_to(kind: EventKind) -> None:
    holding = {table.noun for table in TABLES for row in table.rows if row.kind is kind}
    own = set() if kind in NO_CHANGE else {kind.value.partition(".")[0]}
    assert holding == SHARED.get(kind, own)


REFUSED = [
    (RUNS, RunState.ABORTED, [EventKind.RUN_RESUMED], RunState.RUNNING, "an aborted run comes back"),
    (RUNS, RunState.SUCCEEDED, [EventKind.RUN_FAILED], RunState.FAILED, "an end is taken back"),
    (RUNS, RunState.PENDING, [EventKind.RUN_SUCCEEDED], RunState.SUCCEEDED, "a run ends that never began"),
    (RUNS, RunState.HELD, [EventKind.RUN_STARTED], RunState.RUNNING, "a held run begins"),
    (RUNS, RunState.RUNNING, [], RunState.SUCCEEDED, "a state changes and nothing tells of it"),
    (RUNS, RunState.RUNNING, [EventKind.STEP_UNCERTAIN], RunState.HELD, "a hold that nothing tells of"),
    (STEPS, StepState.WAITING, [EventKind.STEP_DONE], StepState.DONE, "a result without an intent"),
    (STEPS, StepState.UNCERTAIN, [EventKind.STEP_UNCERTAIN], StepState.DONE, "uncertain is called done"),
    (STEPS, StepState.DONE, [EventKind.STEP_INTENT], StepState.RUNNING, "what is done is done again"),
    (STEPS, StepState.FAILED, [EventKind.STEP_INTENT], StepState.RUNNING, "what failed is begun again"),
    (REQUESTS, RequestState.DENIED, [EventKind.REQUEST_ACKED], RequestState.DENIED, "a denied one is acked"),
    (REQUESTS, RequestState.OPEN, [EventKind.REQUEST_ACKED], RequestState.APPROVED, "approved by one ack alone"),
    (REQUESTS, RequestState.VOID, [EventKind.REQUEST_RENEWED], RequestState.OPEN, "a void one is renewed"),
    (
        REQUESTS,
        RequestState.EXPIRED,
        [EventKind.REQUEST_ACKED, EventKind.REQUEST_APPROVED],
        RequestState.APPROVED,
        "an expired one is approved",
    ),
]


@pytest.mark.parametrize(("table", "before", "kinds", "after", "what"), REFUSED, ids=[row[-1] for row in REFUSED])
def test_what_is_not_in_a_table_is_refused(table: Any, before: Any, kinds: Any, after: Any, what: str) -> None:
    with pytest.raises(TransitionError, match=f"does not go from {before} to {after}"):
        table.check(before, kinds, after)


def test_several_events_of_one_commit_are_followed_in_their_order() -> None:
    acked = [EventKind.REQUEST_ACKED, EventKind.REQUEST_APPROVED]
    REQUESTS.check(RequestState.OPEN, acked, RequestState.APPROVED)
    RUNS.check(RunState.RUNNING, [EventKind.STEP_UNCERTAIN, EventKind.RUN_HELD], RunState.HELD)
    with pytest.raises(TransitionError):
        REQUESTS.check(RequestState.OPEN, list(reversed(acked)), RequestState.APPROVED)


def test_an_event_of_another_thing_may_leave_the_state_as_it_is() -> None:
    """A step that is done while its run is paused settles nothing of the pause."""
    RUNS.check(RunState.HELD, [EventKind.STEP_DONE], RunState.HELD)
    RUNS.check(RunState.HELD, [EventKind.STEP_DONE], RunState.RUNNING)
    RUNS.check(RunState.RUNNING, [EventKind.STEP_INTENT], RunState.RUNNING)
