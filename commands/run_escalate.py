"""`run escalate`: ask for a forced failover in the place of a planned run whose region was lost on the way."""

from commands.context import Context, Outcome
from commands.which_run import which_run
from dr_core.approvals.escalation import escalate
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    meant = which_run(context, "run escalate")
    request = escalate(
        context.services,
        meant.id,
        actor=context.actor,
        reason=context.arguments.given("reason"),
        overrides=context.arguments.many("override"),
        channel=context.channel,
        cmd_id=context.cmd_id,
    )
    return Outcome("run escalate", request_view(context.services, request), public=True)
