"""`cancel`: the requester or an approver withdraws a request."""

from commands import evacuation
from commands.context import Context, Outcome
from dr_core.approvals import ack
from dr_core.evacuation.model import is_evacuation
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    if is_evacuation(request_id):
        return evacuation.cancel(context, request_id)
    round_ = context.arguments.integer("round")
    ack.cancel(context.services, request_id, actor=context.actor, cmd_id=context.cmd_id, round=round_)
    return Outcome("cancel", request_view(context.services, request_id))
