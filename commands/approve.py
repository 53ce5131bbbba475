"""`approve`: one person's acknowledgement of a request, with the typed loss limit where the policy asks for it."""

from commands.context import Context, Outcome
from commands.rendering.words import limit
from dr_core.approvals import ack
from dr_core.approvals.ack import Review
from dr_core.errors import RefusedError, UsageError
from dr_core.reports.request import request_view


class NeedsAcceptance(UsageError):  # noqa: N818  a question, not a fault
    """The loss limit is over the RPO and was not typed. `review` is what the face shows before it asks."""

    code = "needs-acceptance"

    def __init__(self, review: Review) -> None:
        typed = review.must_type
        super().__init__(
            f"Approving {review.request.id} accepts the loss of up to {_named(review)}.",
            hint=f"Type it: approve {review.request.id} --accept-loss {typed}",
        )
        self.review = review


def _named(review: Review) -> str:
    seconds = review.request.loss_limit_s
    return "an unknown amount of data" if seconds is None else f"the last {limit(seconds)} of data"


def run(context: Context) -> Outcome:
    request_id, typed = context.arguments.given("request"), context.arguments.text("accept_loss")
    seen = _review(context, request_id)
    if seen is not None and seen.must_type is not None and typed is None:
        raise NeedsAcceptance(seen)
    ack.approve(
        context.services,
        request_id,
        round=seen.request.round if seen is not None else context.arguments.integer("round"),
        actor=context.actor,
        typed_limit=typed,
        evidence=dict(context.evidence),
        cmd_id=context.cmd_id,
    )
    return Outcome("approve", request_view(context.services, request_id), public=True)


def _review(context: Context, request_id: str) -> Review | None:
    """What would be approved. None when it is refused: `ack.approve` refuses it too, and writes that into the trail."""
    try:
        return ack.review(context.services, request_id, context.actor, round=context.arguments.integer("round"))
    except RefusedError:
        return None
