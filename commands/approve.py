"""`approve`: one person's acknowledgement of a request, with the typed loss limit where the policy asks for it."""

from commands import evacuation
from commands.context import Context, Outcome
from commands.questions import NeedsAcceptance
from dr_core.approvals import ack
from dr_core.approvals.ack import Review
from dr_core.errors import RefusedError, UsageError
from dr_core.evacuation.model import is_evacuation
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    request_id, typed = context.arguments.given("request"), context.arguments.text("accept_loss")
    if is_evacuation(request_id):
        return evacuation.approve(context, request_id)
    if context.arguments.many("only"):
        raise UsageError("`--only` names requests of an evacuation.", hint=f"{request_id} is a single request.")
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
    return Outcome("approve", request_view(context.services, request_id))


def _review(context: Context, request_id: str) -> Review | None:
    """What would be approved. None when it is refused: `ack.approve` refuses it too, and writes that into the trail."""
    try:
        return ack.review(context.services, request_id, context.actor, round=context.arguments.integer("round"))
    except RefusedError:
        return None
