"""`status`: the truth in one answer, from the last observation, with its age."""

from commands.context import Context, Outcome
from dr_core.reports.status import status


def run(context: Context) -> Outcome:
    return Outcome("status", status(context.services, context.arguments.text("application")), public=True)
