"""Builds `dr.reviews/1`: what was done without its quorum, and who has looked at it since."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dr_core.services import Services
from dr_core.store import reviews
from dr_core.store.engine import Tx
from dr_core.store.reviews import Review


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ReviewItem(_Value):
    """One review; open while `closed_at` is None."""

    id: str
    kind: str
    request: str
    opened_at: datetime
    by: str
    reason: str
    closed_at: datetime | None
    closed_by: str | None
    note: str


class ReviewList(_Value):
    schema_: Literal["dr.reviews/1"] = Field(default="dr.reviews/1", alias="schema")
    at: datetime
    open: tuple[ReviewItem, ...]
    closed: tuple[ReviewItem, ...]


def review_list(services: Services, limit: int = 20) -> ReviewList:
    """Every open review, oldest first, and the last closed ones."""

    def work(tx: Tx) -> ReviewList:
        closed = tuple(item(one) for one in reviews.recent(tx, limit) if one.closed_at is not None)
        return ReviewList(at=tx.now(), open=tuple(item(one) for one in reviews.waiting(tx)), closed=closed)

    return services.store.read(work)


def item(review: Review) -> ReviewItem:
    """A review as it is shown."""
    return ReviewItem(
        id=review.id,
        kind=review.kind,
        request=review.request,
        opened_at=review.opened_at,
        by=review.by.display,
        reason=review.reason,
        closed_at=review.closed_at,
        closed_by=review.closed_by,
        note=review.note,
    )
