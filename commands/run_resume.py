"""`run resume`: a paused run goes on where it was; after an uncertain step it observes again first."""

from commands.context import Context, Outcome
from commands.which_run import which_run
from dr_core.execution import control
from dr_core.reports.run import run_view


def run(context: Context) -> Outcome:
    meant = which_run(context, "run resume")
    resumed = control.resume(context.services, meant.id, actor=context.actor, cmd_id=context.cmd_id)
    return Outcome("run resume", run_view(context.services, resumed), public=True)
