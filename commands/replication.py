"""`replication`: exposure of every store, value, threshold and age together."""

from commands.context import Context, Outcome
from dr_core.reports.status import replication


def run(context: Context) -> Outcome:
    return Outcome("replication", replication(context.services, context.arguments.text("application")), public=True)
