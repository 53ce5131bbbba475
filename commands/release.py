"""`release status`, `release promote`, `release rollback`: colours that serve in all regions, or in none."""

import shlex
from collections.abc import Mapping

from commands.context import Context, Outcome
from commands.parsing import Value, words_of
from commands.registry import Command, registry
from dr_core.errors import RefusedError
from dr_core.releases.asking import Meant, Proposal, UnconfirmedError, ask, tell_refused, work_out
from dr_core.releases.model import Verb
from dr_core.reports.releases import release_report


def run_status(context: Context) -> Outcome:
    return Outcome("release status", release_report(context.services, context.arguments.text("application")))


def run_promote(context: Context) -> Outcome:
    return _move(context, Verb.PROMOTE)


def run_rollback(context: Context) -> Outcome:
    return _move(context, Verb.ROLLBACK)


def proposal_of(context: Context, verb: Verb) -> Proposal:
    """What was typed; UnconfirmedError, with the whole line to type, where it was not confirmed yet.

    Who confirms names the colour: when two do, the second one asks for the same, and not for the way back.
    """
    arguments = context.arguments
    proposal = Proposal(
        application=arguments.given("application"),
        verb=verb,
        colour=arguments.text("to"),
        without=arguments.many("without"),
        overrides=arguments.many("override"),
    )
    if not arguments.flag("confirm") or proposal.colour is None:
        raise _question(context, proposal)
    return proposal


def _question(context: Context, proposal: Proposal) -> UnconfirmedError:
    error = UnconfirmedError(work_out(context.services, proposal))
    command = registry().named(f"release {proposal.verb.value}")
    words = confirming(command, context.arguments.values, error.meant)
    error.hint = f"To do it: {context.prefix} {shlex.join(words)}"
    return error


def confirming(command: Command, values: Mapping[str, Value], meant: Meant) -> list[str]:
    """What was typed, with the colour that was shown: it means the same whatever is read meanwhile."""
    return words_of(command, {**values, "to": meant.colour, "application": meant.application, "confirm": True})


def _move(context: Context, verb: Verb) -> Outcome:
    try:
        proposal = proposal_of(context, verb)
    except RefusedError as error:
        tell_refused(context.services, context.arguments.given("application"), verb, error, actor=context.actor)
        raise
    ask(context.services, proposal, actor=context.actor, cmd_id=context.cmd_id)
    return Outcome(f"release {verb.value}", release_report(context.services, proposal.application))
