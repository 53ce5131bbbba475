"""`cancel`: the requester or an approver withdraws a request."""

from commands.context import Context, Outcome
from dr_core.approvals import ack
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    ack.cancel(context.services, request_id, actor=context.actor, cmd_id=context.cmd_id)
    return Outcome("cancel", request_view(context.services, request_id))
