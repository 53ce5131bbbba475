"""`cooldown clear`: detection may propose a failover of an application again before its cooldown is over."""

from commands.context import Context, Outcome
from dr_core.approvals import cooldown
from dr_core.reports.listing import Message


def run_clear(context: Context) -> Outcome:
    application = context.arguments.given("application")
    cooldown.clear(context.services, application, actor=context.actor, cmd_id=context.cmd_id)
    told = f"The cooldown of {application} is over: detection may propose a failover again."
    return Outcome("cooldown clear", Message(text=told))
