"""A question that the same words with `--confirm` answer is told with the whole line to type."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from commands.context import Context
from commands.parsing import words_of
from commands.registry import registry
from dr_core.execution.impact import ConfirmationError


@contextmanager
def asked_again(context: Context, command: str) -> Iterator[None]:
    """Names the run that was meant, so that the line means the same whichever runs come and go."""
    try:
        yield
    except ConfirmationError as error:
        asked = registry().named(command)
        values = {**context.arguments.values, "confirm": True}
        if error.impacts and "run" in {param.name for param in asked.params}:
            values["run"] = error.impacts[0].run
        error.hint = f"To do it all the same: {context.prefix} {shlex.join(words_of(asked, values))}"
        raise
