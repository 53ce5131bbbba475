"""`brake on`, `brake off`: stop every new step of every run, and let them go on."""

from commands.context import Context, Outcome
from commands.questions import asked_again
from dr_core.execution import brake
from dr_core.reports.brake import brake_report


def run_on(context: Context) -> Outcome:
    with asked_again(context, "brake on"):
        brake.engage(
            context.services,
            actor=context.actor,
            reason=context.arguments.given("reason"),
            confirmed=context.arguments.flag("confirm"),
            cmd_id=context.cmd_id,
        )
    return Outcome("brake on", brake_report(context.services))


def run_off(context: Context) -> Outcome:
    brake.release(context.services, actor=context.actor, cmd_id=context.cmd_id)
    return Outcome("brake off", brake_report(context.services))
