"""`budget`: what it costs, from the last reading; the scheduled budget report and the cost review are this command."""

from commands.context import Context, Outcome
from dr_core.reports.budget import budget


def run(context: Context) -> Outcome:
    return Outcome("budget", budget(context.services, context.arguments.text("application")))
