"""`runs`: runs under way, and the last ones."""

from commands.context import Context, Outcome
from dr_core.reports.listing import run_list


def run(context: Context) -> Outcome:
    return Outcome("runs", run_list(context.services, limit=context.arguments.number("limit", 20)))
