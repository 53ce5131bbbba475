"""`drill`, `drill history`: try what a failover would do while nothing is at stake, and see how that went over time."""

from commands.context import Context, Outcome
from dr_core.drills.asking import ask, kind_of
from dr_core.reports.drills import drill_history, drill_view


def run(context: Context) -> Outcome:
    application = context.arguments.given("application")
    kind = kind_of(context.arguments.text("kind"))
    asked = ask(
        context.services,
        application,
        kind,
        actor=context.actor,
        channel=context.channel,
        cmd_id=context.cmd_id,
    )
    return Outcome("drill", drill_view(context.services, asked.id), public=True)


def run_history(context: Context) -> Outcome:
    return Outcome("drill history", drill_history(context.services, context.arguments.text("application")))


def run_show(context: Context) -> Outcome:
    return Outcome("drill show", drill_view(context.services, context.arguments.given("id")))
