"""`rollback`: open a request for the way back from what a run really did. Nothing moves before others have approved."""

from commands.context import Context, Outcome
from dr_core.approvals.rolling_back import roll_back
from dr_core.reports.request import request_view
from dr_core.reports.run import find


def run(context: Context) -> Outcome:
    arguments = context.arguments
    undone = context.services.store.read(lambda tx: find(tx, arguments.given("run")))
    request = roll_back(
        context.services,
        undone.id,
        actor=context.actor,
        reason=arguments.text("reason") or "",
        overrides=arguments.many("override"),
        channel=context.channel,
        cmd_id=context.cmd_id,
    )
    return Outcome("rollback", request_view(context.services, request))
