"""`run show`, `run pause`, `run resume`, `run abort`, `run escalate`, `run takeover`: look at one run, and steer it."""

from collections.abc import Callable

from commands.context import Context, Outcome
from commands.questions import MissingArguments, asked_again
from commands.registry import registry
from dr_core.approvals.escalation import escalate
from dr_core.errors import NotFoundError
from dr_core.execution import control
from dr_core.execution.model import Run
from dr_core.reports.request import request_view
from dr_core.reports.run import find, run_view
from dr_core.store import runs
from dr_core.store.engine import Tx


def show(context: Context) -> Outcome:
    return Outcome("run show", run_view(context.services, context.arguments.given("run"), way_back=True))


def pause(context: Context) -> Outcome:
    return _stop(context, "run pause", control.pause)


def abort(context: Context) -> Outcome:
    return _stop(context, "run abort", control.abort)


def resume(context: Context) -> Outcome:
    return _let_go(context, "run resume", control.resume)


def takeover(context: Context) -> Outcome:
    return _let_go(context, "run takeover", control.takeover)


def ask_for_forced(context: Context) -> Outcome:
    """`run escalate`: a forced failover in the place of a planned run whose region was lost on the way."""
    arguments = context.arguments
    request = escalate(
        context.services,
        which_run(context, "run escalate").id,
        actor=context.actor,
        reason=arguments.given("reason"),
        overrides=arguments.many("override"),
        channel=context.channel,
        cmd_id=context.cmd_id,
    )
    return Outcome("run escalate", request_view(context.services, request))


def which_run(context: Context, command: str) -> Run:
    """The run that was named, by its id or its request's, or the only unfinished one.

    NotFoundError where there is none, MissingArguments where several could be meant.
    """
    named = context.arguments.text("run")

    def work(tx: Tx) -> tuple[Run, ...]:
        return (find(tx, named),) if named is not None else runs.unfinished(tx)

    found = context.services.store.read(work)
    if not found:
        raise NotFoundError("No run is under way.", hint=f"`{context.prefix} runs` lists the last ones.")
    if len(found) > 1:
        asked = registry().named(command)
        each = ", ".join(f"{run.id} ({run.application})" for run in found)
        raise MissingArguments(asked, context.arguments.values, (asked.param("run"),), f" (one of {each})")
    return found[0]


def _stop(context: Context, command: str, act: Callable[..., Run]) -> Outcome:
    """Steps under way are watched to their end; in the middle of a run it is asked for once more."""
    meant, arguments = which_run(context, command), context.arguments
    with asked_again(context, command):
        stopped = act(
            context.services,
            meant.id,
            actor=context.actor,
            reason=arguments.given("reason"),
            confirmed=arguments.flag("confirm"),
            cmd_id=context.cmd_id,
        )
    return Outcome(command, run_view(context.services, stopped))


def _let_go(context: Context, command: str, act: Callable[..., Run]) -> Outcome:
    freed = act(context.services, which_run(context, command).id, actor=context.actor, cmd_id=context.cmd_id)
    return Outcome(command, run_view(context.services, freed))
