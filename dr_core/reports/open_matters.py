"""What stays in every health report until somebody ends it: the brake, and reviews that nobody has closed."""

from dr_core.plan.step import Severity
from dr_core.reports.brake import brake_view
from dr_core.reports.model import FindingView
from dr_core.store import brake, reviews
from dr_core.store.engine import Tx
from dr_core.store.reviews import Review


def open_matters(tx: Tx) -> tuple[FindingView, ...]:
    """Each with who began it, when and why, and the way out."""
    return (*_brake(tx), *(_unreviewed(review) for review in reviews.waiting(tx)))


def _brake(tx: Tx) -> tuple[FindingView, ...]:
    on = brake_view(brake.get(tx))
    if on is None:
        return ()
    since = f" at {on.since:%Y-%m-%d %H:%M}Z" if on.since is not None else ""
    return (
        FindingView(
            code="brake-on",
            severity=Severity.WARNING.value,
            message=f"the brake is on, put on by {on.by}{since}: nothing new starts in any run.",
            evidence=on.reason,
            way_out="An approver types `/dr brake off`.",
        ),
    )


def _unreviewed(review: Review) -> FindingView:
    return FindingView(
        code="review-open",
        severity=Severity.WARNING.value,
        message=f"nobody has reviewed {review.id} yet: {review.by.display} broke the glass for {review.request} at "
        f"{review.opened_at:%Y-%m-%d %H:%M}Z.",
        evidence=review.reason,
        way_out=f"Another approver looks at it and types `/dr review close {review.id} --note TEXT`.",
    )
