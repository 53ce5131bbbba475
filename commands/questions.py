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
    from dr_core.evacuation.deciding import Review as Whole


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

    def __init__(self, review: "Review | Whole") -> None:
        name, told = _at_stake(review)
        super().__init__(
            f"Approving {name} accepts {told}.", hint=f"Type it: approve {name} --accept-loss {review.must_type}"
        )
        self.review = review


def _at_stake(review: "Review | Whole") -> tuple[str, str]:
    """What is approved, and what may be lost by it: of an evacuation by each application."""
    from dr_core.approvals.ack import Review as OfRequest  # who only looks does without all that it needs

    if isinstance(review, OfRequest):
        return review.request.id, f"the loss of up to {_lost(review.request.loss_limit_s)}"
    each = ", ".join(f"{one.application} {_lost(one.loss_limit_s)}" for one in review.waiting)
    return review.evacuation.id, f"losses of up to: {each}"


def _lost(limit_s: int | None) -> str:
    return "an unknown amount of data" if limit_s is None else f"the last {limit(limit_s)} of data"


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
