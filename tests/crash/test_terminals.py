"""A terminal's submission, with terminal or worker killed around each of its writes, or left without an answer."""

from collections.abc import Callable

import pytest

from dr_core.approvals import reviews
from dr_core.failpoints import Point, When, armed
from dr_core.store import reviews as stored
from dr_core.store import submissions
from dr_core.store.submissions import SubmissionState
from dr_core.terminal.clerk import TTL, Clerk
from dr_core.terminal.proof import sign, sts_of
from dr_core.terminal.submit import Patience, submit
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.unit.terminal.conftest import WORKER, Counter, approval, clock, counter, in_slack, services, town, user
from tests.unit.terminal.test_break_glass import breaking, signatures_on_the_tests_clock, waited_for

__all__ = ["clock", "counter", "services", "signatures_on_the_tests_clock", "town"]


def other_clerk(counter: Counter) -> Clerk:
    return Clerk(counter.clerk._services, asking=counter.sts, own=lambda: WORKER)


def typed(counter: Counter, meanwhile: Callable[[], object] = lambda: None) -> tuple[str, Callable[[], object]]:
    """An approval at a terminal: its nonce, and handing it in. `meanwhile` happens each time it waits."""
    claim = approval(counter.ask())
    proof = sign(counter.sts.keys(user("ada")), sts_of(counter.services), claim.canonical())  # type: ignore[arg-type]

    def sleep(seconds: float) -> None:
        counter.clock.advance(seconds)
        meanwhile()

    patience = Patience(counter.clock.monotonic, sleep, lambda _: None)
    return claim.nonce, lambda: submit(counter.store, claim, proof, patience)


@pytest.mark.parametrize("when", list(When))
def test_a_terminal_that_dies_handing_in_has_handed_in_or_not(counter: Counter, when: When) -> None:
    nonce, hand_in = typed(counter)
    killed(hand_in, Point.TERMINAL_SUBMIT, when)
    counter.clerk.once()
    assert len(counter.events("request.acked")) == (when is When.AFTER)
    assert counter.clerk.once() == 0
    found = counter.store.read(lambda tx: submissions.get(tx, nonce))
    assert (found is not None) is (when is When.AFTER)


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("point", [Point.TERMINAL_TAKE, Point.REQUEST_DECIDE, Point.TERMINAL_ANSWER])
def test_a_worker_that_dies_over_a_submission_leaves_it_to_another(counter: Counter, point: Point, when: When) -> None:
    """It is carried out once, and the terminal is told that it was done."""
    request = counter.ask()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), approval(request))
    killed(counter.clerk.once, point, when)
    counter.clock.advance(TTL.total_seconds() + 1)
    other_clerk(counter).once()
    assert counter.answer(nonce).done, counter.answer(nonce).message
    assert len(counter.request(request.id).acks) == 1
    assert len(counter.events("request.acked")) == 1
    assert counter.events("terminal.refused") == []


@pytest.mark.parametrize("number", range(1, 4))
def test_a_submission_is_carried_out_once_whichever_answer_is_lost(counter: Counter, number: int) -> None:
    request = counter.ask()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), approval(request))
    answer = LostAnswer(number)
    with armed(answer):
        counter.clerk.once()
    assert answer.lost
    counter.clock.advance(TTL.total_seconds() + 1)
    other_clerk(counter).once()
    assert counter.answer(nonce).done, counter.answer(nonce).message
    assert len(counter.events("request.acked")) == 1


@pytest.mark.parametrize("when", list(When))
def test_a_terminal_that_dies_taking_back_decides_nothing_by_it(counter: Counter, when: When) -> None:
    """Taken back: nobody carries it out. Not taken back: a worker may, within the minute, and once."""
    nonce, hand_in = typed(counter)
    killed(hand_in, Point.TERMINAL_WITHDRAW, when)
    assert (counter.row(nonce).state is SubmissionState.PENDING) is (when is When.BEFORE)
    counter.clerk.once()
    assert len(counter.events("request.acked")) == (when is When.BEFORE)


@pytest.mark.parametrize("how", [*When, "lost"])
def test_a_review_is_closed_once(counter: Counter, how: When | str) -> None:
    counter.typed(counter.sts.keys(user("ada")), breaking(waited_for(counter)))
    [opened] = counter.store.read(stored.waiting)
    grace = in_slack(counter.topology, "U0GRACE")

    def close() -> object:
        return reviews.close(counter.services, opened.id, actor=grace, note="it was right", cmd_id="slack:c1")

    if isinstance(how, When):
        killed(close, Point.REVIEW_CLOSE, how)
    else:
        with armed(LostAnswer(1, [Point.REVIEW_CLOSE])):
            close()
    close()
    assert len(counter.events("review.closed")) == 1
