"""`readiness`: what the last preflight found; 1 where something blocks a failover, or nobody knows."""

from commands.context import Context, Outcome
from dr_core.reports.readiness import readiness


def run(context: Context) -> Outcome:
    report = readiness(context.services, context.arguments.text("application"))
    ready = all(entry.ready for entry in report.applications)
    return Outcome("readiness", report, exit_code=0 if ready else 1)
