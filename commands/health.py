"""`health`: every signal behind the verdicts; the daily digest is this command run by the schedule."""

from commands.context import Context, Outcome
from dr_core.reports.health import health


def run(context: Context) -> Outcome:
    report = health(context.services, context.arguments.text("application"))
    return Outcome("health", report, exit_code=0 if report.all_well else 1, public=True)
