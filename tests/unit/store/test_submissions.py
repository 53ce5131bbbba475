"""Submissions on both databases: a nonce once, one worker at a time, one answer."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dr_core.clock import ManualClock
from dr_core.errors import ConflictError
from dr_core.store import submissions
from dr_core.store.engine import Store
from dr_core.store.submissions import Submission, SubmissionState
from dr_core.store.tables import submission

TTL = timedelta(seconds=20)


def row(store: Store, nonce: str = "n1") -> Submission:
    found = store.read(lambda tx: submissions.get(tx, nonce))
    assert found is not None
    return found


@pytest.fixture
def waiting(store: Store) -> Store:
    store.write(lambda tx: submissions.put(tx, "n1", "claim", "proof"))
    return store


def test_a_nonce_is_taken_once(waiting: Store) -> None:
    with pytest.raises(ConflictError):
        waiting.write(lambda tx: submissions.put(tx, "n1", "other", "other"))
    assert row(waiting).claim == "claim"


def test_one_worker_has_it_at_a_time(waiting: Store, clock: ManualClock) -> None:
    assert waiting.write(lambda tx: submissions.take(tx, "n1", TTL)) is not None
    assert waiting.write(lambda tx: submissions.take(tx, "n1", TTL)) is None
    assert waiting.read(submissions.waiting) == ()
    assert row(waiting).taken
    clock.advance(21)
    assert waiting.read(submissions.waiting) == ("n1",)
    assert waiting.write(lambda tx: submissions.take(tx, "n1", TTL)) is not None


def test_what_was_given_back_waits_with_its_note(waiting: Store, clock: ManualClock) -> None:
    mine = waiting.write(lambda tx: submissions.take(tx, "n1", TTL))
    assert mine is not None
    waiting.write(lambda tx: submissions.give_back(tx, mine, "STS is away", timedelta(seconds=2)))
    assert (row(waiting).note, row(waiting).taken) == ("STS is away", False)
    assert waiting.read(submissions.waiting) == ()
    clock.advance(2.1)
    assert waiting.read(submissions.waiting) == ("n1",)


def test_it_is_answered_once_and_its_proof_forgotten(waiting: Store) -> None:
    assert waiting.write(lambda tx: submissions.decide(tx, "n1", SubmissionState.ACCEPTED, "yes"))
    assert not waiting.write(lambda tx: submissions.decide(tx, "n1", SubmissionState.REFUSED, "no"))
    found = row(waiting)
    assert (found.state, found.answer, found.proof) == (SubmissionState.ACCEPTED, "yes", "")
    assert waiting.write(lambda tx: submissions.take(tx, "n1", TTL)) is None


def test_only_what_nobody_has_can_be_taken_back(waiting: Store, clock: ManualClock) -> None:
    mine = waiting.write(lambda tx: submissions.take(tx, "n1", TTL))
    assert mine is not None
    assert not waiting.write(lambda tx: submissions.withdraw(tx, "n1", "gone"))
    clock.advance(21)
    assert not waiting.write(lambda tx: submissions.withdraw(tx, "n1", "gone")), "slow is not dead"
    waiting.write(lambda tx: submissions.give_back(tx, mine, "STS is away", timedelta(seconds=2)))
    assert waiting.write(lambda tx: submissions.withdraw(tx, "n1", "gone"))
    assert row(waiting).state is SubmissionState.REFUSED
    assert not waiting.write(lambda tx: submissions.withdraw(tx, "n1", "gone"))
    assert waiting.write(lambda tx: submissions.withdraw(tx, "never", "gone"))


@pytest.mark.parametrize("text", ["no json", "[]", '{"until": 3}', '{"until": "soon"}', '{"until": null}'])
def test_a_row_written_by_hand_keeps_nobody_from_the_others(waiting: Store, text: str) -> None:
    waiting.write(lambda tx: tx.conn.execute(update(submission).values(answer=text)))
    assert waiting.read(submissions.waiting) == ("n1",)


def test_the_oldest_come_first_and_only_so_many(store: Store, clock: ManualClock) -> None:
    for number in range(30):
        store.write(lambda tx, n=number: submissions.put(tx, f"n{n:02}", "claim", "proof"))  # type: ignore[misc]
        clock.advance(1)
    assert store.read(submissions.waiting) == tuple(f"n{n:02}" for n in range(20))
