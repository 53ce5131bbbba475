"""`run show`: one run with its steps, RTO by segment, and loss."""

from commands.context import Context, Outcome
from dr_core.reports.run import run_view


def run(context: Context) -> Outcome:
    return Outcome("run show", run_view(context.services, context.arguments.given("run")))
