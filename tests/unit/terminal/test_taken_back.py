"""A submission is carried out by who has it, or taken back by its terminal: never both, and never twice."""

from datetime import timedelta
from typing import Any

import pytest

from dr_core.aws.caller import Caller, Endpoint
from dr_core.errors import ConflictError
from dr_core.failpoints import Point, armed
from dr_core.store import brake, submissions
from dr_core.store.engine import Store
from dr_core.store.submissions import Submission, SubmissionState
from dr_core.terminal.claim import Claim, Verb, new_nonce
from dr_core.terminal.clerk import Clerk
from dr_core.terminal.proof import sign, sts_of
from dr_core.terminal.submit import Patience, submit
from tests.crash.answers import LostAnswer
from tests.unit.terminal.conftest import WORKER, Counter, user

TURN = timedelta(seconds=20)


def brake_on() -> Claim:
    return Claim(nonce=new_nonce(), verb=Verb.BRAKE_ON, reason="stop everything")


def withdrawn(counter: Counter, nonce: str) -> bool:
    return counter.store.write(lambda tx: submissions.withdraw(tx, nonce, "{}"))


def taken(store: Store, nonce: str, for_: timedelta = TURN) -> Submission | None:
    return store.write(lambda tx: submissions.take(tx, nonce, for_))


def slow(counter: Counter, meanwhile: Any) -> Any:
    """An STS before whose answer something happens."""

    def asking(endpoint: Endpoint, headers: dict[str, str]) -> Caller:
        meanwhile()
        return counter.sts(endpoint, headers)

    return asking


def test_what_was_handed_in_by_a_commit_without_an_answer_is_handed_in_once(counter: Counter) -> None:
    claim = brake_on()
    proof = sign(counter.sts.keys(user("ada")), sts_of(counter.services), claim.canonical())  # type: ignore[arg-type]

    def sleep(_: float) -> None:
        counter.clerk.once()
        counter.clock.advance(1)

    with armed(LostAnswer(1, [Point.TERMINAL_SUBMIT])):
        answer = submit(counter.store, claim, proof, Patience(counter.clock.monotonic, sleep, lambda _: None))
    assert answer.done
    assert len(counter.events("brake.engaged")) == 1


def test_the_same_nonce_with_other_words_is_refused(store: Store) -> None:
    store.write(lambda tx: submissions.put(tx, "n1", "claim", "proof"))
    store.write(lambda tx: submissions.put(tx, "n1", "claim", "proof"))
    with pytest.raises(ConflictError, match="handed in before"):
        store.write(lambda tx: submissions.put(tx, "n1", "another claim", "proof"))


def test_what_a_slow_worker_has_cannot_be_taken_back_although_its_turn_is_over(counter: Counter) -> None:
    claim, told = brake_on(), list[bool]()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), claim)

    def worker_is_stopped() -> None:
        counter.clock.advance(31)
        told.append(withdrawn(counter, nonce))

    counter.clerk._ask = slow(counter, worker_is_stopped)
    counter.clerk.once()
    assert told == [False], "the terminal is told that a worker has it"
    assert counter.store.read(brake.get).engaged
    assert counter.answer(nonce).done


def test_what_another_worker_took_meanwhile_is_not_carried_out_by_the_first_one(counter: Counter) -> None:
    claim = brake_on()
    nonce = counter.hand_in(counter.sts.keys(user("ada")), claim)

    def another_takes_it() -> None:
        counter.clock.advance(21)
        assert taken(counter.store, nonce) is not None

    counter.clerk._ask = slow(counter, another_takes_it)
    assert counter.clerk.once() == 0
    assert not counter.store.read(brake.get).engaged
    row = counter.row(nonce)
    assert (row.state, row.taken) == (SubmissionState.PENDING, True), "and it stays the other one's"
    counter.clock.advance(21)
    assert Clerk(counter.clerk._services, asking=counter.sts, own=lambda: WORKER).once() == 1
    assert len(counter.events("brake.engaged")) == 1


def test_what_nobody_has_is_taken_back_and_then_nobody_takes_it(store: Store) -> None:
    store.write(lambda tx: submissions.put(tx, "n1", "claim", "proof"))
    assert store.write(lambda tx: submissions.withdraw(tx, "n1", "{}"))
    assert taken(store, "n1") is None


def test_what_a_worker_gave_back_can_be_taken_back(store: Store) -> None:
    store.write(lambda tx: submissions.put(tx, "n1", "claim", "proof"))
    mine = taken(store, "n1")
    assert mine is not None
    store.write(lambda tx: submissions.give_back(tx, mine, "STS does not answer", timedelta(seconds=2)))
    assert store.write(lambda tx: submissions.withdraw(tx, "n1", "{}"))


def test_a_worker_gives_back_only_what_it_has(store: Store, clock: Any) -> None:
    store.write(lambda tx: submissions.put(tx, "n1", "claim", "proof"))
    first = taken(store, "n1")
    clock.advance(21)
    second = taken(store, "n1")
    assert first is not None
    assert second is not None
    assert not store.write(lambda tx: submissions.keep(tx, first))
    store.write(lambda tx: submissions.give_back(tx, first, "too late", timedelta(seconds=2)))
    assert store.write(lambda tx: submissions.keep(tx, second))
    assert not store.write(lambda tx: submissions.withdraw(tx, "n1", "{}"))
