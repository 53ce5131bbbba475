"""What terminals submitted, in SQL: each nonce once, taken by one worker at a time, answered once."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from sqlalchemy import insert, select, update

from dr_core.errors import ConflictError
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import submission


class SubmissionState(StrEnum):
    """`accepted` and `refused` are for good; until then a worker may take it."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Submission:
    """A row as it stands: nothing in it is believed before its proof was verified.

    `answer` is JSON once it is decided; before, `note` is what a worker that took it had to say, and `held` the text by
    which that worker knows that it still has it.
    """

    nonce: str
    claim: str
    proof: str
    state: SubmissionState
    answer: str
    note: str
    taken: bool
    submitted_at: datetime
    held: str = ""


def put(tx: Tx, nonce: str, claim: str, proof: str) -> None:
    """Hand something in; ConflictError where the nonce was used before."""
    before = tx.conn.execute(select(submission).where(submission.c.nonce == nonce)).one_or_none()
    if before is not None:
        if (before.claim, before.proof) == (claim, proof):
            return  # the commit went through, and its answer was lost
        raise ConflictError("This submission was handed in before.", hint="Type the command again.")
    values = {"claim": claim, "proof": proof, "state": SubmissionState.PENDING.value, "answer": ""}
    tx.conn.execute(insert(submission).values(nonce=nonce, submitted_at=tx.now(), **values))


def get(tx: Tx, nonce: str) -> Submission | None:
    """One submission, None where there is none (any more)."""
    row = tx.conn.execute(select(submission).where(submission.c.nonce == nonce)).one_or_none()
    if row is None:
        return None
    state = SubmissionState(row.state)
    held = _held(row.answer) if state is SubmissionState.PENDING else _Held()
    answer = "" if state is SubmissionState.PENDING else row.answer
    taken = held.busy and held.until is not None and tx.now() < held.until
    text = row.answer if state is SubmissionState.PENDING else ""
    return Submission(row.nonce, row.claim, row.proof, state, answer, held.note, taken, row.submitted_at, text)


def waiting(tx: Tx, limit: int = 20) -> tuple[str, ...]:
    """The nonces of what nobody has taken, oldest first."""
    query = select(submission).where(submission.c.state == SubmissionState.PENDING.value)
    rows = tx.conn.execute(query.order_by(submission.c.submitted_at)).all()
    now = tx.now()
    free = (row.nonce for row in rows if (until := _held(row.answer).until) is None or until <= now)
    return tuple(islice(free, limit))


def take(tx: Tx, nonce: str, ttl: timedelta) -> Submission | None:
    """Keep others from it for `ttl`; None where somebody was quicker or it was withdrawn."""
    row = tx.conn.execute(select(submission).where(submission.c.nonce == nonce)).one_or_none()
    until = None if row is None else _held(row.answer).until
    if row is None or row.state != SubmissionState.PENDING.value or (until is not None and tx.now() < until):
        return None
    held = _Held(tx.now() + ttl, _held(row.answer).note, busy=True)
    if not _hold(tx, nonce, row.answer, held.text()):
        raise StaleError(nonce)
    return get(tx, nonce)


def keep(tx: Tx, mine: Submission) -> bool:
    """Just before it is carried out: whether it is still ours. Whoever wants it after that comes after this commit."""
    return _hold(tx, mine.nonce, mine.held, mine.held)


def give_back(tx: Tx, mine: Submission, note: str, pause: timedelta) -> None:
    """It could not be decided here now: another may, or the same worker after a pause. `note` is told meanwhile."""
    _hold(tx, mine.nonce, mine.held, _Held(tx.now() + pause, note).text())


def decide(tx: Tx, nonce: str, state: SubmissionState, answer: str) -> bool:
    """Answer for good, and forget the proof: it has done its work. False where it was decided before."""
    where = (submission.c.nonce == nonce, submission.c.state == SubmissionState.PENDING.value)
    values = {"state": state.value, "answer": answer, "proof": "", "decided_at": tx.now()}
    return tx.conn.execute(update(submission).where(*where).values(**values)).rowcount == 1


def withdraw(tx: Tx, nonce: str, answer: str) -> bool:
    """The terminal waits no longer: nobody may carry it out any more. False where a worker has it or has answered."""
    now = get(tx, nonce)
    if now is None or now.state is not SubmissionState.PENDING:
        return now is None
    # A worker that has it may be slow and not dead: while it has not given it back, nobody can say what it does.
    return not _held(now.held).busy and decide(tx, nonce, SubmissionState.REFUSED, answer)


@dataclass(frozen=True)
class _Held:
    """What stands in the column of the answer before there is one. `busy`: a worker may be carrying it out."""

    until: datetime | None = None
    note: str = ""
    busy: bool = False

    def text(self) -> str:
        until = None if self.until is None else self.until.isoformat()
        return json.dumps({"until": until, "note": self.note, "busy": self.busy})


def _held(text: str) -> _Held:
    try:
        found = json.loads(text) if text else {}
        until = found.get("until")
        busy = found.get("busy") is True
        return _Held(None if until is None else datetime.fromisoformat(until), str(found.get("note", "")), busy)
    except (ValueError, TypeError, AttributeError):  # a row that was written by hand
        return _Held()


def _hold(tx: Tx, nonce: str, old: str, new: str) -> bool:
    """Compare-and-set what stands there before an answer; False where somebody was quicker."""
    pending = (submission.c.nonce == nonce, submission.c.state == SubmissionState.PENDING.value)
    where = (*pending, submission.c.answer == old)
    return tx.conn.execute(update(submission).where(*where).values(answer=new)).rowcount == 1
