"""Builds `dr.reviews/1`: what was done without its quorum, and who has looked at it since."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.services import Services
from dr_core.store import reviews
from dr_core.store.engine import Tx
from dr_core.store.reviews import Review
from dr_core.value import Shown

_RECENT = 20


class ReviewItem(Shown):
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


class ReviewList(Shown):
    schema_: Literal["dr.reviews/1"] = Field(default="dr.reviews/1", alias="schema")
    at: datetime
    open: tuple[ReviewItem, ...]
    closed: tuple[ReviewItem, ...]


def review_list(services: Services) -> ReviewList:
    """Every open review, oldest first, and the last closed ones."""

    def work(tx: Tx) -> ReviewList:
        closed = tuple(item(one) for one in reviews.recent(tx, _RECENT) if one.closed_at is not None)
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
