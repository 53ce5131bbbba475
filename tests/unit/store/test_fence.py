"""The one rule of every transition: the owner's epoch, the command once, the event with its change, the tables."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dr_core.approvals.model import RequestState
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.errors import LeaseLostError, UnreachableError
from dr_core.execution.model import RunState
from dr_core.states import TransitionError
from dr_core.store import events, requests, runs
from dr_core.store.engine import StaleError, Store
from dr_core.store.runs import Change, HeldError, StepChange
from tests.unit.execution.conftest import FakeWorld, Stage

STARTED: Any = (EventKind.RUN_STARTED, {}, {}, "run:started")
STARTING = Change([STARTED], {"state": RunState.RUNNING.value})


@pytest.fixture
def begun(store: Store, clock: ManualClock) -> Stage:
    """A run that waits for a worker, on each database."""
    made = Stage(store, clock, FakeWorld(clock))
    made.begin()
    return made


def seqs(stage: Stage) -> list[int]:
    chain = stage.run.request
    return [event.seq for event in stage.store.read(lambda tx: list(events.of_chain(tx, chain)))]


def test_only_the_owners_epoch_writes(begun: Stage) -> None:
    for epoch in (-1, 1):
        with pytest.raises(LeaseLostError):
            begun.store.write(lambda tx, epoch=epoch: runs.transition(tx, begun.run_id, epoch, STARTING))
    assert begun.run.state is RunState.PENDING
    assert len(seqs(begun)) == 2


def test_a_command_that_went_through_before_is_not_done_again(begun: Stage) -> None:
    for _ in range(2):
        begun.store.write(lambda tx: runs.transition(tx, begun.run_id, 0, STARTING))
    assert seqs(begun) == [1, 2, 3]
    assert begun.store.read(trail.verify).ok


def test_a_change_and_its_event_stay_together_or_not_at_all(begun: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_args: Any) -> None:
        raise RuntimeError("the process dies here")

    with monkeypatch.context() as dying:
        dying.setattr(events, "put", dies)
        with pytest.raises(RuntimeError, match="dies here"):
            begun.store.write(lambda tx: runs.transition(tx, begun.run_id, 0, STARTING))
    assert begun.run.state is RunState.PENDING
    assert begun.store.read(trail.verify).ok


STOPS = [
    (EventKind.RUN_ABORT_ASKED, {"ending": '{"by": "Ada", "reason": "test", "at": "2026-03-01T12:00:00Z"}'}),
    (EventKind.RUN_TAKEN, {"braked_since": datetime(2026, 3, 1, tzinfo=UTC)}),
    (EventKind.RUN_TAKEN, {"hold": "as a replica of the version before writes it"}),
]


@pytest.mark.parametrize(("kind", "values"), STOPS, ids=["aborting", "braked", "held"])
def test_an_intent_passes_nothing_that_stops_its_run(begun: Stage, kind: EventKind, values: dict[str, Any]) -> None:
    begun.store.write(lambda tx: runs.command(tx, begun.run_id, Change([(kind, {}, {}, None)], values)))
    intent = Change([STARTED], {"state": RunState.RUNNING.value}, intent=True)
    with pytest.raises(HeldError):
        begun.store.write(lambda tx: runs.transition(tx, begun.run_id, 0, intent))
    assert begun.run.state is RunState.PENDING


def test_of_two_who_change_a_request_the_second_begins_again(begun: Stage) -> None:
    request = begun.store.read(lambda tx: requests.get(tx, begun.run.request))
    entry: Any = (EventKind.REQUEST_RENEWED, {}, {}, None)

    def twice(tx: Any) -> None:
        requests.transition(tx, request, [entry], state=RequestState.OPEN.value)
        requests.transition(tx, request, [entry], state=RequestState.OPEN.value)

    with pytest.raises(UnreachableError) as caught:
        begun.store.write(twice)
    assert isinstance(caught.value.__cause__, StaleError)
    assert len(seqs(begun)) == 2


RUN_CHANGES = [
    (EventKind.RUN_SUCCEEDED, RunState.SUCCEEDED, "a run ends that never began"),
    (EventKind.RUN_HELD, RunState.HELD, "a run without a step is held for one"),
    (EventKind.RUN_STARTED, RunState.HELD, "the event tells of another state"),
    (EventKind.STEP_INTENT, RunState.RUNNING, "nothing tells that it began"),
]


@pytest.mark.parametrize(("kind", "after", "what"), RUN_CHANGES, ids=[row[-1] for row in RUN_CHANGES])
def test_a_change_that_is_in_no_table_leaves_nothing(begun: Stage, kind: EventKind, after: RunState, what: str) -> None:
    change = Change([(kind, {}, {}, None)], {"state": after.value})
    for write in (
        lambda tx: runs.transition(tx, begun.run_id, 0, change),
        lambda tx: runs.command(tx, begun.run_id, change),
    ):
        with pytest.raises(TransitionError):
            begun.store.write(write)
    assert begun.run.state is RunState.PENDING
    assert seqs(begun) == [1, 2]


def test_a_finished_run_never_comes_back(begun: Stage) -> None:
    aborted = Change([(EventKind.RUN_ABORTED, {}, {}, None)], {"state": RunState.ABORTED.value})
    resumed = Change([(EventKind.RUN_RESUMED, {}, {}, None)], holds=())
    begun.store.write(lambda tx: runs.command(tx, begun.run_id, aborted))
    with pytest.raises(TransitionError, match="does not go from aborted"):
        begun.store.write(lambda tx: runs.command(tx, begun.run_id, resumed))
    assert begun.run.state is RunState.ABORTED


def test_a_step_has_no_result_without_an_intent(begun: Stage) -> None:
    done = Change([(EventKind.STEP_DONE, {}, {}, None)], {}, StepChange("scale", {"state": "done"}))
    with pytest.raises(TransitionError, match="A step does not go from waiting to done"):
        begun.store.write(lambda tx: runs.command(tx, begun.run_id, done))
    assert begun.states()["scale"] == "waiting"


def test_a_request_is_approved_by_nothing_but_its_approval(begun: Stage) -> None:
    request = begun.store.read(lambda tx: requests.get(tx, begun.run.request))
    acked: Any = (EventKind.REQUEST_ACKED, {}, {}, None)
    with pytest.raises(TransitionError, match="A request does not go from approved to approved"):
        begun.store.write(lambda tx: requests.transition(tx, request, [acked]))
