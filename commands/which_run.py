"""Which run a command means: the one that was named, by its id or its request's, or the only one that is unfinished."""

from commands.arguments import MissingArguments
from commands.context import Context
from commands.registry import registry
from dr_core.errors import NotFoundError
from dr_core.execution.model import Run
from dr_core.reports.run import find
from dr_core.store import runs
from dr_core.store.engine import Tx


def which_run(context: Context, command: str) -> Run:
    """The run; NotFoundError where there is none, MissingArguments where several could be meant."""
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
