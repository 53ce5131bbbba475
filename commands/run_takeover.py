"""`run takeover`: take a run away from a worker that hangs; any other takes it up."""

from commands.context import Context, Outcome
from commands.which_run import which_run
from dr_core.execution import control
from dr_core.reports.run import run_view


def run(context: Context) -> Outcome:
    meant = which_run(context, "run takeover")
    freed = control.takeover(context.services, meant.id, actor=context.actor, cmd_id=context.cmd_id)
    return Outcome("run takeover", run_view(context.services, freed), public=True)
