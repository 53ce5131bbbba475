"""The terminal waits for a worker, says that it does, and takes back what nobody answered."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dr_core.errors import UnreachableError
from dr_core.store import submissions
from dr_core.store.submissions import SubmissionState
from dr_core.terminal.proof import sign, sts_of
from dr_core.terminal.submit import Patience, submit
from tests.unit.terminal.conftest import Counter, approval, user


class Waiting:
    """Time as the terminal sees it; `meanwhile` happens each time it sleeps."""

    def __init__(self, counter: Counter, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.counter, self.meanwhile = counter, meanwhile
        self.said: list[str] = []
        self.patience = Patience(counter.clock.monotonic, self.sleep, self.said.append)

    def sleep(self, seconds: float) -> None:
        self.counter.clock.advance(seconds)
        self.meanwhile()


def typed(counter: Counter, waiting: Waiting) -> tuple[str, Callable[[], object]]:
    claim = approval(counter.ask())
    proof = sign(counter.sts.keys(user("ada")), sts_of(counter.services), claim.canonical())  # type: ignore[arg-type]
    return claim.nonce, lambda: submit(counter.store, claim, proof, waiting.patience)


def test_the_workers_answer_is_the_result(counter: Counter) -> None:
    waiting = Waiting(counter, counter.clerk.once)
    _, go = typed(counter, waiting)
    assert go().person == "Ada"  # type: ignore[attr-defined]


def test_without_a_worker_nothing_is_done_and_that_is_said(counter: Counter) -> None:
    waiting = Waiting(counter)
    nonce, go = typed(counter, waiting)
    with pytest.raises(UnreachableError, match=r"No worker answered within 30 s; nothing was done\.") as caught:
        go()
    assert caught.value.exit_code == 4
    assert counter.row(nonce).state is SubmissionState.REFUSED
    assert waiting.said[0].startswith("waiting for a worker")
    assert 4 < len(waiting.said) < 9
    assert counter.clerk.once() == 0, "a worker that comes later finds nothing to do"
    assert counter.events("request.acked") == []


def test_a_worker_that_cannot_reach_sts_says_why(counter: Counter) -> None:
    def away(*_: object) -> None:
        raise UnreachableError("STS does not answer.")

    counter.clerk._ask = away  # type: ignore[assignment]
    waiting = Waiting(counter, counter.clerk.once)
    with pytest.raises(UnreachableError, match="STS does not answer"):
        typed(counter, waiting)[1]()
    assert any("STS does not" in line for line in waiting.said)


def test_an_interrupted_terminal_leaves_nothing_behind(counter: Counter) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    nonce, go = typed(counter, Waiting(counter, interrupted))
    with pytest.raises(KeyboardInterrupt):
        go()
    assert counter.row(nonce).state is SubmissionState.REFUSED


def test_what_a_worker_has_in_hand_cannot_be_taken_back(counter: Counter) -> None:
    """It may be done already: the terminal waits for what came of it."""
    waiting = Waiting(counter)
    nonce, go = typed(counter, waiting)

    def begun_by_a_worker_that_hangs() -> None:
        counter.store.write(lambda tx: submissions.take(tx, nonce, timedelta(seconds=35)))
        waiting.meanwhile = counter.clerk.once  # another worker; it may not touch it before that time is over

    waiting.meanwhile = begun_by_a_worker_that_hangs
    assert go().done  # type: ignore[attr-defined]
