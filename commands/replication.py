"""`replication`: exposure of every store, value, threshold and age together, its figures, and the last hours."""

from commands.context import Context, Outcome
from dr_core.reports.replication import replication


def run(context: Context) -> Outcome:
    return Outcome("replication", replication(context.services, context.arguments.text("application")), public=True)
