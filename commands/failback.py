"""`failback`: open a request for the way back: to the primary region, or to one that users were shifted from."""

from commands.context import Context, Outcome
from commands.failover import opened
from dr_core.plan.step import Mode


def run(context: Context) -> Outcome:
    return opened(context, "failback", None, Mode.PLANNED)
