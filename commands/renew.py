"""`renew`: a new round of a request that expired or waits."""

from commands.context import Context, Outcome
from dr_core.approvals.renewal import renew
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    renew(
        context.services,
        request_id,
        actor=context.actor,
        round=context.arguments.integer("round"),
        cmd_id=context.cmd_id,
    )
    return Outcome("renew", request_view(context.services, request_id), public=True)
