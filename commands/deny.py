"""`deny`: an approver ends a request."""

from commands import evacuation
from commands.context import Context, Outcome
from dr_core.approvals import ack
from dr_core.evacuation.model import is_evacuation
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    if is_evacuation(request_id):
        return evacuation.deny(context, request_id)
    reason = context.arguments.given("reason")
    round_ = context.arguments.integer("round")
    ack.deny(context.services, request_id, actor=context.actor, reason=reason, cmd_id=context.cmd_id, round=round_)
    return Outcome("deny", request_view(context.services, request_id))
