"""`deny`: an approver ends a request."""

from commands.context import Context, Outcome
from dr_core.approvals import ack
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    reason = context.arguments.given("reason")
    ack.deny(context.services, request_id, actor=context.actor, reason=reason, cmd_id=context.cmd_id)
    return Outcome("deny", request_view(context.services, request_id))
