"""Before anything is fenced a run asks its people again: more loss than they accepted, or an approval that lay idle."""

from typing import Any

import pytest

from dr_core.approvals import ack
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.renewal import renew
from dr_core.audit import trail
from dr_core.errors import ConflictError, UsageError
from dr_core.execution import control
from dr_core.execution.model import HoldKind, Run, RunState
from dr_core.store import events, scope
from tests.unit.approvals.conftest import approve, ask

from .test_hold_and_go_on import fencing, over


def asked_again(run: Run) -> bool:
    return run.holds_for(HoldKind.ROUND) is not None


@pytest.fixture
def worse(room: Any) -> str:
    """A run whose exposure grew over what was accepted; its id."""
    run_id = room.approved()
    room.lag_s = 4000.0
    room.until(room.worker(), run_id, asked_again)
    return run_id


def test_more_loss_than_was_accepted_opens_a_new_round_and_fences_nothing(room: Any, worse: str) -> None:
    run, request = room.run(worse), room.request(worse)
    assert run.state is RunState.HELD
    assert "would be lost, and at most 3600 s were accepted" in str(run.hold)
    assert (request.state.value, request.round, request.loss_limit_s) == ("open", 2, None)
    assert request.round_acks == (), "acknowledgements of the first round do not count"
    assert len(request.acks) == 2, "and stay on record"
    harmless = ("scale-target", "compare-parameters", "check-rules")
    assert [name for name in room.effects() if not name.startswith(harmless)] == []
    assert {"request.renewed", "run.round_needed"} <= set(room.kinds(worse))


def test_the_new_quorum_sends_the_same_run_on(room: Any, worse: str) -> None:
    request = room.request(worse)
    first = approve(room.services, request, "U0ADA", "unknown")
    assert first.run_id is None
    room.ticks(room.worker(), 10)
    assert "promote" not in room.effects(), "one of two is not enough"
    assert approve(room.services, request, "U0GRACE", "unknown").run_id == worse
    room.rest(21)
    worker = room.worker()
    ended = room.until(worker, worse, over)
    assert ended.state is RunState.SUCCEEDED
    assert sorted(room.effects()) == sorted(set(room.effects()))
    assert room.services.store.read(trail.verify).ok
    chains = room.services.store.read(events.chain_names)
    assert request.id in chains


def test_what_was_accepted_in_the_first_round_is_not_enough_for_the_second(room: Any, worse: str) -> None:
    with pytest.raises(UsageError, match="type exactly: unknown"):
        approve(room.services, room.request(worse), "U0ADA", "3600")


def test_a_button_of_the_first_round_does_not_count(room: Any, worse: str) -> None:
    with pytest.raises(ConflictError, match="belongs to round 1"):
        approve(room.services, room.request(worse), "U0ADA", "unknown", round=1)


def test_a_run_that_ends_while_people_are_asked_takes_its_request_with_it(room: Any, worse: str) -> None:
    control.abort(room.services, worse, actor=room.person("U0ADA"), reason="enough")
    room.rest(21)
    assert room.until(room.worker(), worse, over).state is RunState.ABORTED
    assert room.request(worse).state.value == "void"
    with pytest.raises(ConflictError, match="is void"):
        approve(room.services, room.request(worse), "U0ADA", "unknown")


@pytest.mark.parametrize("verb", ["deny", "cancel"])
def test_an_end_of_the_new_round_ends_the_run_unharmed(room: Any, worse: str, verb: str) -> None:
    if verb == "deny":
        ack.deny(room.services, worse.replace("run-", "r-"), actor=room.person("U0ADA"), reason="too much")
    else:
        ack.cancel(room.services, worse.replace("run-", "r-"), actor=room.person("U0REQUESTER"))
    room.rest(21)
    ended = room.until(room.worker(), worse, over)
    assert ended.state is RunState.ABORTED
    assert "its request was" in ended.reason
    assert "promote" not in room.effects()
    assert room.services.store.read(lambda tx: scope.holder(tx, ("shop",))) is None
    assert room.services.store.read(trail.verify).ok


def test_an_expired_round_leaves_the_run_held_and_is_renewed_by_one_press(room: Any, worse: str) -> None:
    room.rest(16 * 60)
    expire_due(room.services)
    assert room.request(worse).state.value == "expired"
    room.ticks(room.worker(), 30)
    assert room.run(worse).state is RunState.HELD, "expiry ends the request, not the run"
    room.see()
    renewed = renew(room.services, room.request(worse).id, actor=room.person("U0ADA"), round=2)
    assert (renewed.round, renewed.state.value) == (3, "open")
    approve(room.services, renewed, "U0ADA", "unknown")
    approve(room.services, renewed, "U0GRACE", "unknown")
    assert room.until(room.worker(), worse, over).state is RunState.SUCCEEDED


def test_while_people_are_asked_again_nobody_resumes_the_run_alone(room: Any, worse: str) -> None:
    with pytest.raises(ConflictError, match="waits for a new round"):
        control.resume(room.services, worse, actor=room.person("U0ADA"))


def test_a_loss_that_cannot_be_measured_is_measured_again_before_people_are_asked(room: Any) -> None:
    run_id = room.approved()
    room.lag_s = None
    worker = room.worker()
    room.ticks(worker, 15)
    assert not asked_again(room.run(run_id))
    room.ticks(worker, 20)
    assert asked_again(room.run(run_id))
    assert "not known" in str(room.run(run_id).hold)


def test_a_loss_within_the_limit_asks_nobody(room: Any) -> None:
    run_id = room.approved()
    room.lag_s = 3000.0
    assert room.until(room.worker(), run_id, over).state is RunState.SUCCEEDED
    assert room.request(run_id).round == 1


@pytest.mark.parametrize(("minutes", "again"), [(29, False), (31, True)])
def test_a_pause_of_more_than_half_an_hour_before_fencing_needs_the_quorum_again(
    room: Any, minutes: int, again: bool
) -> None:
    run_id = room.approved()
    control.pause(room.services, run_id, actor=room.person("U0ADA"), reason="wait")
    room.rest(minutes * 60)
    room.see()
    control.resume(room.services, run_id, actor=room.person("U0ADA"))
    assert asked_again(room.run(run_id)) is again
    room.ticks(room.worker(), 5)
    assert (room.effects() == []) is again


def test_an_approval_that_no_worker_took_for_half_an_hour_is_asked_for_again(room: Any) -> None:
    run_id = room.approved()
    room.rest(31 * 60)
    room.see()
    room.ticks(room.worker(), 5)
    assert asked_again(room.run(run_id))
    assert "stood still for 31 minutes" in str(room.run(run_id).hold)
    assert room.effects() == []


def test_in_its_middle_a_long_hold_needs_one_approver_only(room: Any) -> None:
    run_id = room.approved()
    worker = room.worker()
    room.until(worker, run_id, fencing)
    control.pause(room.services, run_id, actor=room.person("U0ADA"), reason="wait", confirmed=True)
    room.rest(45 * 60)
    room.see()
    control.resume(room.services, run_id, actor=room.person("U0GRACE"))
    assert not asked_again(room.run(run_id))
    assert room.until(room.worker(), run_id, over).state is RunState.SUCCEEDED


def test_a_run_whose_request_no_longer_fits_ends_instead_of_asking(room: Any) -> None:
    """A finding that the request does not override came up: no round could be approved."""
    run_id = room.approved()
    room.lag_s = 4000.0
    room.target_down = True
    ended = room.until(room.worker(), run_id, lambda run: over(run) or asked_again(run))
    assert ended.state is RunState.FAILED
    assert "a new round cannot be opened" in ended.reason
    assert "promote" not in room.effects()


def test_a_second_request_is_blocked_meanwhile_and_the_attempt_is_on_record(room: Any, worse: str) -> None:
    with pytest.raises(ConflictError, match=f"Run {worse} of shop is not finished"):
        ask(room.services, cmd_id="second")
    assert "request.blocked" in room.ops()
