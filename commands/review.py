"""`review list`, `review close`: what was done without its quorum is looked at by somebody else."""

from commands.context import Context, Outcome
from dr_core.approvals import reviews
from dr_core.reports.reviews import review_list


def run_list(context: Context) -> Outcome:
    return Outcome("review list", review_list(context.services))


def run_close(context: Context) -> Outcome:
    review_id, note = context.arguments.given("id"), context.arguments.given("note")
    reviews.close(context.services, review_id, actor=context.actor, note=note, cmd_id=context.cmd_id)
    return Outcome("review close", review_list(context.services))
