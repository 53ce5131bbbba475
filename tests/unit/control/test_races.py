"""Two decisions about one run at the same moment come out as if one had come after the other, on each database."""

from typing import Any

import pytest

from dr_core.approvals.model import Request
from dr_core.audit import trail
from dr_core.errors import ConflictError
from dr_core.execution import brake, control
from dr_core.execution.model import HoldKind, Run, RunState, StepState
from dr_core.execution.runner import Runner
from dr_core.plan.step import Segment
from dr_core.store import runs
from tests.unit.approvals.conftest import approve
from tests.unit.execution.meanwhile import meanwhile

from .test_hold_and_go_on import over
from .test_rounds import asked_again, worse

pytestmark = pytest.mark.races

__all__ = ["worse"]


def pause(room: Any, run_id: str, user: str = "U0ADA") -> Run:
    return control.pause(room.services, run_id, actor=room.person(user), reason="wait", confirmed=True)


def resume(room: Any, run_id: str, user: str = "U0ADA") -> Run:
    return control.resume(room.services, run_id, actor=room.person(user))


def abort(room: Any, run_id: str, user: str = "U0ADA", reason: str = "stop") -> Run:
    return control.abort(room.services, run_id, actor=room.person(user), reason=reason, confirmed=True)


def promoting(run: Run) -> bool:
    return run.record("promote").state is StepState.RUNNING


def prepared(run: Run) -> bool:
    return all(run.record(step.name).state.settled for step in run.plan.steps if step.segment is Segment.PREPARE)


def whole(room: Any) -> bool:
    return bool(room.services.store.read(trail.verify).ok)


@pytest.fixture
def at_the_gates(room: Any) -> tuple[str, Runner]:
    """A run that has done what may be done before its gates, which do not know the loss yet; and its worker."""
    run_id, worker = room.approved(), room.worker()
    room.lag_s = None
    room.until(worker, run_id, prepared)
    return run_id, worker


@pytest.fixture
def last_step(room: Any) -> tuple[str, Runner]:
    """A run whose last step is under way, and its worker."""
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, lambda run: run.steps[-1].state is StepState.RUNNING)
    return run_id, worker


@pytest.fixture
def uncertain(room: Any) -> tuple[str, Runner]:
    """A run that is held because its promotion may have happened, and its worker."""
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, promoting)
    room.world.done_at["promote"] = float("inf")
    store, record = room.services.store, room.run(run_id).record("promote")
    left_s = (record.deadline_at - room.clock.now()).total_seconds()
    for _ in range(int(left_s // 10) + 2):
        worker.tick()
        room.clock.advance(10)
    assert store.read(lambda tx: runs.get(tx, run_id)).record("promote").state is StepState.UNCERTAIN
    room.rest(0.1)
    return run_id, worker


def test_of_two_who_resume_one_sends_the_run_on_and_the_other_is_told(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = room.approved()
    pause(room, run_id)
    told = meanwhile(monkeypatch, runs, "claim", lambda: resume(room, run_id), lambda: resume(room, run_id, "U0GRACE"))
    assert told.one.holds == ()
    assert isinstance(told.other, ConflictError)
    assert room.kinds(run_id).count("run.resumed") == 1
    assert whole(room)


def test_of_two_who_abort_the_first_ones_reason_stands(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = room.approved()
    told = meanwhile(
        monkeypatch,
        runs,
        "claim",
        lambda: abort(room, run_id, reason="first"),
        lambda: abort(room, run_id, "U0GRACE", "second"),
    )
    assert told.one.ending.reason == room.run(run_id).ending.reason == "first"
    assert "is being aborted by Ada already" in str(told.other)
    assert room.kinds(run_id).count("run.abort_asked") == 1


def test_a_pause_as_the_gates_ask_for_a_round_leaves_both_holds(
    room: Any, at_the_gates: tuple[str, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, worker = at_the_gates
    room.lag_s = 4000.0
    held = lambda: room.until(worker, run_id, lambda run: run.holds)  # noqa: E731 - said where it is used
    meanwhile(monkeypatch, runs, "claim", held, lambda: pause(room, run_id))
    assert {hold.kind for hold in room.run(run_id).holds} == {HoldKind.ROUND, HoldKind.PAUSED}
    assert room.request(run_id).round == 2


def test_a_round_that_the_gates_ask_for_as_somebody_pauses_is_not_lost(
    room: Any, at_the_gates: tuple[str, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Paused first, the run is asked at its gates no more; asked first, it has both holds."""
    run_id, worker = at_the_gates
    room.lag_s = 4000.0
    until_held = lambda: room.until(worker, run_id, lambda run: run.holds)  # noqa: E731 - said where it is used
    meanwhile(monkeypatch, runs, "claim", lambda: pause(room, run_id), until_held)
    run, request = room.run(run_id), room.request(run_id)
    assert run.holds_for(HoldKind.PAUSED) is not None
    assert (run.holds_for(HoldKind.ROUND) is not None) is (request.state.value == "open")


def test_the_gates_ask_nobody_about_a_run_that_was_paused_before_their_commit(room: Any) -> None:
    run_id, worker = room.approved(), room.worker()
    room.lag_s = 4000.0
    judge, paused = worker._judge, list[Run]()
    plain = judge.over_limit

    def slowly(run: Run, request: Request) -> Any:
        found = plain(run, request)
        if found is not None and not paused:
            paused.append(pause(room, run_id))
        return found

    judge.over_limit = slowly
    room.until(worker, run_id, lambda run: run.holds)
    room.ticks(worker, 5)
    assert [hold.kind for hold in room.run(run_id).holds] == [HoldKind.PAUSED]
    assert room.request(run_id).state.value == "approved"
    resume(room, run_id)
    room.until(worker, run_id, asked_again)  # the gates are asked when it goes on


def test_a_pause_as_the_new_quorum_completes_holds_the_run_and_loses_no_approval(
    room: Any, worse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = room.request(worse)
    approve(room.services, request, "U0ADA", "unknown")
    meanwhile(
        monkeypatch,
        runs,
        "claim",
        lambda: pause(room, worse, "U0REQUESTER"),
        lambda: approve(room.services, request, "U0GRACE", "unknown"),
    )
    assert [hold.kind for hold in room.run(worse).holds] == [HoldKind.PAUSED]
    assert room.request(worse).state.value == "approved"
    resume(room, worse)
    room.rest(21)
    assert room.until(room.worker(), worse, over).state is RunState.SUCCEEDED


def test_an_abort_as_the_new_quorum_completes_ends_the_run(
    room: Any, worse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = room.request(worse)
    approve(room.services, request, "U0ADA", "unknown")
    grace = lambda: approve(room.services, request, "U0GRACE", "unknown")  # noqa: E731 - said where it is used
    meanwhile(monkeypatch, runs, "claim", lambda: abort(room, worse), grace)
    room.rest(21)
    assert room.until(room.worker(), worse, over).state is RunState.ABORTED
    assert "promote" not in room.effects()
    assert whole(room)


@pytest.mark.parametrize("act", [pause, abort])
def test_what_people_want_of_a_run_as_it_succeeds_does_not_change_its_end(
    room: Any, last_step: tuple[str, Runner], monkeypatch: pytest.MonkeyPatch, act: Any
) -> None:
    run_id, worker = last_step
    told = meanwhile(monkeypatch, runs, "claim", lambda: act(room, run_id), lambda: room.until(worker, run_id, over))
    ended = room.run(run_id)
    assert isinstance(told.one, Run | ConflictError)
    assert ended.state is RunState.SUCCEEDED, "all of it was done"
    assert (ended.holds, ended.hold, ended.ending) == ((), None, None)
    assert whole(room)


@pytest.mark.parametrize("act", [pause, abort])
def test_a_run_that_succeeds_as_somebody_stops_it_ends_once(
    room: Any, last_step: tuple[str, Runner], monkeypatch: pytest.MonkeyPatch, act: Any
) -> None:
    run_id, worker = last_step
    meanwhile(monkeypatch, runs, "transition", lambda: room.until(worker, run_id, over), lambda: act(room, run_id))
    ended = room.run(run_id)
    assert (ended.state, ended.holds, ended.ending) == (RunState.SUCCEEDED, (), None)
    assert room.kinds(run_id).count("run.succeeded") == 1


def test_a_pause_as_an_uncertain_step_settles_stays(
    room: Any, uncertain: tuple[str, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, worker = uncertain
    room.world.done_at["promote"] = 0.0
    settled = lambda: room.until(worker, run_id, lambda run: run.record("promote").state.settled)  # noqa: E731 - as above
    meanwhile(monkeypatch, runs, "claim", settled, lambda: pause(room, run_id))
    run, before = room.run(run_id), room.effects()
    assert (run.state, [hold.kind for hold in run.holds]) == (RunState.HELD, [HoldKind.PAUSED])
    room.ticks(worker, 10)
    assert room.effects() == before


def test_a_resume_as_a_step_becomes_uncertain_leaves_no_step_that_nobody_decides(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either the hold of the uncertain step stands, or the step is observed again."""
    run_id, worker = room.approved(), room.worker()
    room.until(worker, run_id, promoting)
    room.world.done_at["promote"] = float("inf")
    pause(room, run_id)
    run = room.run(run_id)
    values = {"detail": "not done in time"}

    def becomes_uncertain() -> None:
        worker._recorder.settle(run.epoch, run, "promote", StepState.UNCERTAIN, values["detail"], {})

    meanwhile(monkeypatch, runs, "claim", lambda: resume(room, run_id), becomes_uncertain)
    now = room.run(run_id)
    assert now.record("promote").state is StepState.UNCERTAIN
    assert [hold.kind for hold in now.holds] == [HoldKind.UNCERTAIN]
    room.world.done_at["promote"] = 0.0
    resume(room, run_id, "U0GRACE")
    assert room.until(worker, run_id, over).state is RunState.SUCCEEDED


def test_the_brake_comes_off_as_somebody_aborts_and_both_are_done(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = room.approved()
    brake.engage(room.services, actor=room.person("U0LINUS"), reason="stop everything")
    room.rest(40 * 60)
    room.see()
    meanwhile(
        monkeypatch,
        runs,
        "claim",
        lambda: brake.release(room.services, actor=room.person("U0ADA")),
        lambda: abort(room, run_id, "U0GRACE"),
    )
    assert room.until(room.worker(), run_id, over).state is RunState.ABORTED
    assert room.effects() == []
