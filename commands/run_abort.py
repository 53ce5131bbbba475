"""`run abort`: a run ends; what is under way is watched to its end, nothing is taken back."""

from commands.asked_again import asked_again
from commands.context import Context, Outcome
from commands.which_run import which_run
from dr_core.execution import control
from dr_core.reports.run import run_view


def run(context: Context) -> Outcome:
    meant = which_run(context, "run abort")
    with asked_again(context, "run abort"):
        ending = control.abort(
            context.services,
            meant.id,
            actor=context.actor,
            reason=context.arguments.given("reason"),
            confirmed=context.arguments.flag("confirm"),
            cmd_id=context.cmd_id,
        )
    return Outcome("run abort", run_view(context.services, ending), public=True)
