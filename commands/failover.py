"""`failover`: open a request for a failover to a region. Nothing moves before others have approved it."""

from commands import evacuation
from commands.context import Context, Outcome
from commands.parsing import Arguments
from commands.questions import MissingArguments
from commands.registry import registry
from dr_core.approvals.open import open_request
from dr_core.plan.step import Mode
from dr_core.reports.request import request_view


def run(context: Context) -> Outcome:
    mode = mode_of(context.arguments)
    if context.arguments.flag("all"):
        return evacuation.opened(context, mode)
    return opened(context, "failover", context.arguments.given("region"), mode)


def mode_of(arguments: Arguments) -> Mode:
    """Planned or forced; a forced one is not asked for without a reason."""
    mode = Mode.FORCED if arguments.flag("forced") else Mode.PLANNED
    if mode is Mode.FORCED and arguments.text("reason") is None:
        command = registry().named("failover")
        why = " for a forced failover: those who approve accept a loss for it"
        raise MissingArguments(command, arguments.values, (command.param("reason"),), why)
    return mode


def opened(context: Context, command: str, target: str | None, mode: Mode) -> Outcome:
    """Open the request, without a target for the way back, and show it as the store has it."""
    arguments = context.arguments
    request = open_request(
        context.services,
        application=arguments.given("application"),
        target=target,
        mode=mode,
        actor=context.actor,
        reason=arguments.text("reason") or "",
        source=arguments.text("from"),
        overrides=arguments.many("override"),
        channel=context.channel,
        cmd_id=context.cmd_id,
    )
    return Outcome(command, request_view(context.services, request))
