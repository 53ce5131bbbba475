"""`failback`: open a request for a planned failover to the region where the application lives by default."""

from commands.context import Context, Outcome
from commands.failover import opened
from dr_core.plan.step import Mode


def run(context: Context) -> Outcome:
    application = context.services.topology.applications[context.arguments.given("application")]
    return opened(context, "failback", application.primary, Mode.PLANNED)
