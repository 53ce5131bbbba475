"""What a command asks back before it is done: a missing argument, a loss to be typed, or once more with `--confirm`."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from commands.parsing import Value, words_of
from commands.registry import Command, Param, registry
from commands.rendering.words import limit
from dr_core.errors import UsageError
from dr_core.execution.impact import ConfirmationError

if TYPE_CHECKING:
    from commands.context import Context
    from dr_core.approvals.ack import Review


class MissingArguments(UsageError):  # noqa: N818  a question, not a fault
    """The command lacks an argument: Slack asks for it in a form, a terminal in one line.

    The form is filled with `known`, and with what is `proposed` for a missing argument.
    """

    code = "missing-arguments"

    def __init__(
        self,
        command: Command,
        known: Mapping[str, Value],
        missing: tuple[Param, ...],
        why: str = "",
        *,
        proposed: Mapping[str, Value] | None = None,
    ) -> None:
        names = ", ".join(param.form for param in missing)
        super().__init__(f"`{command.name}` needs {names}{why}.", hint=f"Usage: {command.usage}")
        self.command = command.name
        self.known = dict(known)
        self.missing = missing
        self.why = why
        self.proposed = dict(proposed or {})


class NeedsAcceptance(UsageError):  # noqa: N818  a question, not a fault
    """The loss limit is over the RPO and was not typed. `review` is what the face shows before it asks."""

    code = "needs-acceptance"

    def __init__(self, review: "Review") -> None:
        request, typed = review.request, review.must_type
        lost = (
            "an unknown amount of data"
            if request.loss_limit_s is None
            else f"the last {limit(request.loss_limit_s)} of data"
        )
        super().__init__(
            f"Approving {request.id} accepts the loss of up to {lost}.",
            hint=f"Type it: approve {request.id} --accept-loss {typed}",
        )
        self.review = review


@contextmanager
def asked_again(context: "Context", command: str) -> Iterator[None]:
    """A question that `--confirm` answers is told with the whole line to type.

    It names the run that was meant, so that the line means the same whichever runs come and go.
    """
    try:
        yield
    except ConfirmationError as error:
        asked = registry().named(command)
        values = {**context.arguments.values, "confirm": True}
        if error.impacts and "run" in {param.name for param in asked.params}:
            values["run"] = error.impacts[0].run
        error.hint = f"To do it all the same: {context.prefix} {shlex.join(words_of(asked, values))}"
        raise
