"""The one way in for Slack, terminal and schedule: parse, authorize, run, and record what was refused."""

from collections.abc import Mapping, Sequence

import structlog
from pydantic import JsonValue
from ulid import ULID

from commands import operators
from commands.arguments import bind
from commands.context import Context, Outcome, prefix_of
from commands.faults import guarded
from commands.parsing import Parsed, parse
from commands.proposing import with_target
from commands.questions import MissingArguments, NeedsAcceptance
from commands.registry import Command, Where
from commands.rendering.words import plain
from dr_core.approvals.model import Actor, Face
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.doctor.result import Check
from dr_core.errors import DrError, RefusedError, UsageError
from dr_core.execution.impact import ConfirmationError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.terminal.answer import AnsweredError


def dispatch(
    services: Services,
    actor: Actor,
    words: str | Sequence[str],
    *,
    channel: str | None = None,
    cmd_id: str | None = None,
    evidence: Mapping[str, str] | None = None,
    face_checks: tuple[Check, ...] = (),
) -> Outcome:
    """Run what `actor` typed after `/dr` or `dr`; no words is help.

    Raises DrError, always with one clear message: MissingArguments and NeedsAcceptance for a face to ask on,
    InternalError for a fault of ours. The same `cmd_id` twice has its effect once.
    """
    prefix = prefix_of(actor)
    parsed = parse(words, prefix=prefix, json_allowed=actor.face is Face.TERMINAL)
    if parsed.command.where is Where.TERMINAL:
        raise UsageError(f"`{parsed.command.name}` works only in a terminal: `dr {parsed.command.name}`.")
    call = _Call(services, actor, parsed, channel, cmd_id or str(ULID()))
    try:
        return guarded(parsed.command.name, lambda: call.run(dict(evidence or {}), face_checks))
    except DrError as error:
        call.record(error)
        raise


class _Call:
    """One call of one command by one actor."""

    def __init__(self, services: Services, actor: Actor, parsed: Parsed, channel: str | None, cmd_id: str) -> None:
        self.services, self.actor, self.parsed = services, actor, parsed
        self.channel, self.cmd_id = channel, cmd_id
        self.entered = False

    @property
    def command(self) -> Command:
        return self.parsed.command

    def run(self, evidence: Mapping[str, str], face_checks: tuple[Check, ...]) -> Outcome:
        in_terminal = self.actor.face is Face.TERMINAL and self.command.operation
        if not in_terminal:
            operators.authorize(self.services, self.actor, self.command)
        try:
            arguments = bind(self.parsed, self.services.topology)
        except MissingArguments as asked:
            raise with_target(self.services, asked) from None
        context = Context(self.services, self.actor, arguments, self.cmd_id, self.channel, evidence, face_checks)
        if in_terminal:
            from commands import terminal  # signing and its verbs: who only looks does without

            return terminal.run(context, self.command)
        self.entered = True
        outcome = self.command.load()(context)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"{self.command.name} returned {type(outcome).__name__}")
        return outcome

    def record(self, error: DrError) -> None:
        """An operation that was refused leaves an event; what a face only has to ask for does not.

        Policy's refusals inside a command are written by the approvals, in the transaction that refused; what a worker
        answered to a terminal it has written itself.
        """
        asked = isinstance(error, (MissingArguments, NeedsAcceptance, ConfirmationError, AnsweredError))
        if not self.command.operation or asked or (self.entered and isinstance(error, RefusedError)):
            return
        typed = [*self.parsed.words, *(f"--{name}={value}" for name, value in self.parsed.options.items())]
        data: dict[str, JsonValue] = {
            "command": self.command.name,
            "words": [plain(word) for word in typed],
            "channel": self.channel,
            "code": error.code,
            "message": plain(error.message),
        }
        kind, key = EventKind.COMMAND_REFUSED, f"{self.cmd_id}:refused"
        try:
            self.services.store.write(
                lambda tx: trail.append_ops(tx, kind, self.actor, data, cmd_id=key), Point.COMMAND_REFUSED
            )
        except DrError as lost:
            # Nothing was changed, so the caller still gets the true reason; the log keeps what the trail could not.
            structlog.get_logger(__name__).warning(
                "a refusal could not be recorded", command=self.command.name, error=str(lost)
            )
