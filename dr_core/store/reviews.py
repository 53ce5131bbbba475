"""Reviews in SQL: what was done without its quorum, until somebody else has looked at it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from dr_core.approvals.model import Actor
from dr_core.errors import NotFoundError
from dr_core.store.engine import StaleError, Tx
from dr_core.store.tables import review


@dataclass(frozen=True)
class Review:
    """Open while `closed_at` is None. `by` did it, `closed_by` (a display name) looked at it."""

    id: str
    kind: str
    request: str
    opened_at: datetime
    by: Actor
    reason: str
    closed_at: datetime | None
    closed_by: str | None
    note: str


def add(tx: Tx, review_id: str, kind: str, request: str, by: Actor, reason: str) -> None:
    """Open a review."""
    tx.conn.execute(
        insert(review).values(
            id=review_id,
            kind=kind,
            request=request,
            opened_at=tx.now(),
            by=by.model_dump_json(exclude_none=True),
            reason=reason,
            note="",
        )
    )


def get(tx: Tx, review_id: str) -> Review:
    """One review; NotFoundError when there is none."""
    row = tx.conn.execute(select(review).where(review.c.id == review_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no review {review_id}.", hint="`review list` shows them.")
    return _review(row)


def of_request(tx: Tx, request: str) -> tuple[Review, ...]:
    """One for each time that the glass of the request was broken."""
    return tuple(_review(row) for row in tx.conn.execute(select(review).where(review.c.request == request)))


def waiting(tx: Tx) -> tuple[Review, ...]:
    """Those that nobody closed, oldest first: they stand in the status and the digest until somebody does."""
    query = select(review).where(review.c.closed_at.is_(None)).order_by(review.c.opened_at)
    return tuple(_review(row) for row in tx.conn.execute(query))


def recent(tx: Tx, limit: int = 20) -> tuple[Review, ...]:
    """The newest reviews, newest first."""
    query = select(review).order_by(review.c.opened_at.desc()).limit(limit)
    return tuple(_review(row) for row in tx.conn.execute(query))


def close(tx: Tx, old: Review, by: str, note: str) -> Review:
    """Sign it off, once; StaleError when somebody was first."""
    where = (review.c.id == old.id, review.c.closed_at.is_(None))
    done = tx.conn.execute(update(review).where(*where).values(closed_at=tx.now(), closed_by=by, note=note))
    if done.rowcount != 1:
        raise StaleError(old.id)
    return get(tx, old.id)


def _review(row: Row[Any]) -> Review:
    return Review(
        id=row.id,
        kind=row.kind,
        request=row.request,
        opened_at=row.opened_at,
        by=Actor.model_validate_json(row.by),
        reason=row.reason,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
        note=row.note,
    )
