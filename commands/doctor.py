"""`doctor`: what is wrong with the installation, and the way out of it."""

from commands.context import Context, Outcome
from dr_core.doctor.checks import examine


def run(context: Context) -> Outcome:
    report = examine(context.services, context.face_checks)
    return Outcome("doctor", report, exit_code=0 if report.ok else 1)
