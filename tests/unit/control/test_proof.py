"""Whatever was written into the store by hand: a run starts by its proven acknowledgements and by nothing else."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dr_core.approvals.proof import AckSigner, AckVerifier, claim_of
from dr_core.execution.judge import StoreJudge
from dr_core.execution.model import HoldKind, RunState
from dr_core.execution.runner import worker_actor
from dr_core.store import requests

BY_HAND = [
    ("UPDATE request SET digest = 'ffff'", "not the one that was acknowledged"),
    ("UPDATE request SET round = 2", "2 acknowledgement(s) are missing"),
    ("DELETE FROM ack WHERE person = (SELECT max(person) FROM ack)", "1 acknowledgement(s) are missing"),
    ("UPDATE ack SET proof = '{}'", "no valid signature"),
    ("UPDATE ack SET person = 'person:Eve' WHERE person = (SELECT max(person) FROM ack)", "signed for something else"),
    ("UPDATE request SET state = 'open'", "its request is open"),
]


@pytest.mark.parametrize(("statement", "told"), BY_HAND, ids=[told for _, told in BY_HAND])
def test_a_row_that_was_written_by_hand_starts_nothing(room: Any, statement: str, told: str) -> None:
    run_id = room.approved()
    room.services.store.write(lambda tx: tx.conn.execute(text(statement)))
    ended = room.until(room.worker(), run_id, lambda run: run.state.finished)
    assert ended.state is RunState.FAILED
    assert told in ended.reason
    assert room.effects() == []


def test_whoever_writes_a_row_has_not_the_bots_key(room: Any, tmp_path: Path) -> None:
    """The claim is right in every word; only the key that signed it is another."""
    run_id = room.approved()
    request = room.request(run_id)
    [mine, *_] = request.acks
    forged = AckSigner.load_or_create(tmp_path / "another.pem").sign(claim_of(request, mine, {"n": "1"}))
    by_hand = text("UPDATE ack SET proof = :forged WHERE person = :person")
    room.services.store.write(lambda tx: tx.conn.execute(by_hand, {"forged": forged, "person": mine.person}))
    ended = room.until(room.worker(), run_id, lambda run: run.state.finished)
    assert ended.state is RunState.FAILED
    assert "no valid signature" in ended.reason
    assert room.effects() == []


def test_a_worker_that_has_proven_the_first_round_proves_the_next_one_too(room: Any) -> None:
    """The run is its own all the while; meanwhile somebody writes into the store that it was approved again."""
    run_id = room.approved()
    room.lag_s = 4000.0
    worker = room.worker()
    room.until(worker, run_id, lambda run: run.holds_for(HoldKind.ROUND) is not None)
    room.ticks(worker, 2)
    for statement in (
        "UPDATE request SET state = 'approved'",
        "UPDATE run SET holds = '[]', hold = NULL, state = 'running'",
    ):
        room.services.store.write(lambda tx, statement=statement: tx.conn.execute(text(statement)))
    ended = room.until(worker, run_id, lambda run: run.state.finished)
    assert "2 acknowledgement(s) are missing" in ended.reason


def test_what_was_properly_approved_is_proven(room: Any) -> None:
    run_id = room.approved()
    verifier = AckVerifier(room.services.settings.ack_public_key, room.services.settings.worker_public_key)
    judge = StoreJudge(room.services, verifier, worker_actor("w1"))
    request = room.services.store.read(lambda tx: requests.get(tx, room.run(run_id).request))
    assert judge.unproven(request) is None
