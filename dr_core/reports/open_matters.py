"""What stays in every health report until somebody ends it: the brake, runs that stand still, open reviews."""

from dr_core.execution.model import Run
from dr_core.incidents.model import Incident
from dr_core.plan.step import Severity
from dr_core.reconciliation.model import Item
from dr_core.reports import freeze
from dr_core.reports.brake import brake_view
from dr_core.reports.model import FindingView
from dr_core.reports.run import stopped
from dr_core.store import brake, freezes, incidents, reconciliations, reviews, runs
from dr_core.store.engine import Tx
from dr_core.store.reviews import Review


def open_matters(tx: Tx) -> tuple[FindingView, ...]:
    """Each with who began it, when and why, and the way out."""
    frozen = (freeze.finding(known, tx.now()) for known in freezes.standing(tx))
    going_on = (_going_on(incident) for incident in incidents.open_ones(tx))
    unsigned = (_unsigned(item) for item in reconciliations.waiting(tx))
    unreviewed = (_unreviewed(review) for review in reviews.waiting(tx))
    still = (_still(run) for run in runs.unfinished(tx) if run.holds)
    return (*_brake(tx), *still, *going_on, *frozen, *unsigned, *unreviewed)


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


def _still(run: Run) -> FindingView:
    return FindingView(
        code="run-stands-still",
        severity=Severity.WARNING.value,
        message=f"run {run.id} of {run.application} stands still since "
        f"{min(hold.since for hold in run.holds):%Y-%m-%d %H:%M}Z.",
        evidence="; ".join(stopped(run)),
        way_out=f"`/dr run show {run.id}` shows what it waits for.",
    )


def _going_on(incident: Incident) -> FindingView:
    return FindingView(
        code="incident-open",
        severity=Severity.WARNING.value,
        message=f"incident {incident.id} about {incident.application or 'all applications'} is open, since "
        f"{incident.opened_at:%Y-%m-%d %H:%M}Z by {incident.by.display}.",
        evidence=incident.title,
        way_out=f"When it is over, an approver or whoever opened it types `/dr incident close {incident.id}`.",
    )


def _unsigned(item: Item) -> FindingView:
    return FindingView(
        code="lost-writes",
        severity=Severity.WARNING.value,
        message=f"nobody has signed the lost writes {item.id} yet, open since {item.opened_at:%Y-%m-%d %H:%M}Z.",
        evidence=item.sentence,
        way_out=f"Another approver looks at them and types `/dr reconcile sign {item.id} --note TEXT`.",
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
