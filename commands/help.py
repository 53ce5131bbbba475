"""`help`: what this caller may run, with examples in the names of this topology."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commands.registry import Command, Param, Where, registry, shown
from dr_core.errors import UsageError

if TYPE_CHECKING:
    from commands.context import Context, Outcome
    from dr_core.topology.model import Topology


@dataclass(frozen=True)
class Names:
    """What the examples speak of; the defaults are those of the documentation."""

    application: str = "shop"
    primary: str = "eu-central-1"
    region: str = "eu-west-1"


@dataclass(frozen=True)
class Entry:
    """One command as help shows it; `dr --help` draws these without loading any model."""

    name: str
    usage: str
    summary: str
    params: tuple[Param, ...]
    examples: tuple[str, ...]


def entry_of(command: Command, names: Names, note: str = "") -> Entry:
    """A command with its examples filled in."""
    words = {"app": names.application, "primary": names.primary, "region": names.region}
    examples = tuple(example.format(**words) for example in command.examples)
    return Entry(command.name, command.usage, command.summary + note, command.params, examples)


def in_terminal(roles: Collection[str] = ()) -> tuple[Command, ...]:
    """What a terminal may run: everything that changes nothing, and what somebody with these roles may ask for."""
    return tuple(command for command in registry().commands if not command.operation or command.open_to(roles))


def in_slack(roles: Collection[str]) -> tuple[Command, ...]:
    """What somebody with these roles may run in Slack."""
    return tuple(
        command for command in registry().commands if command.where is Where.EVERYWHERE and command.open_to(roles)
    )


def about(asked: str, prefix: str) -> tuple[Command, ...]:
    """The commands that a name stands for: one, or all that begin with the word (`audit`)."""
    name = " ".join(asked.lower().split())
    if command := registry().get(name):
        return (command,)
    family = tuple(command for command in registry().commands if command.name.startswith(name + " "))
    if family:
        return family
    registry().take(name.split(), prefix)
    raise UsageError(f"There is no command `{shown(name)}`.", hint=f"`{prefix} help` lists what you can type.")


def terminal_entries(
    asked: str | None, names: Names | None = None, roles: Collection[str] | None = None
) -> tuple[Entry, ...]:
    """Help for the terminal; `roles` None: nobody knows who sits there, and an operation asked for by name says so."""
    chosen = about(asked, "dr") if asked else in_terminal(roles or ())
    return tuple(entry_of(command, names or Names(), _in_terminal_note(command, roles)) for command in chosen)


def _in_terminal_note(command: Command, roles: Collection[str] | None) -> str:
    if not command.operation or (roles is not None and command.open_to(roles)):
        return ""
    return _lacking(command) if roles is not None else f" ({OPERATIONS})"


OPERATIONS = "operations need AWS credentials of somebody whom dr.yaml names"
"""Said where a terminal's help does not know who asks."""


def slack_entries(asked: str | None, roles: Collection[str], names: Names) -> tuple[Entry, ...]:
    """Help for one person in Slack; a command asked for by name says which role it needs when they lack it."""
    allowed = in_slack(roles)
    if asked is None:
        return tuple(entry_of(command, names) for command in allowed)
    return tuple(
        entry_of(command, names, "" if command in allowed else _lacking(command)) for command in about(asked, "/dr")
    )


def _lacking(command: Command) -> str:
    if command.where is Where.TERMINAL:
        return " (only in the terminal)"
    return f" (you may not: it needs the role {command.needs.value})"


def names_of(topology: "Topology") -> Names:
    """The first application and its regions."""
    name, application = next(iter(topology.applications.items()))
    return Names(name, application.primary, application.standby[0])


def run(context: "Context") -> "Outcome":
    from commands import operators  # these load the models, which `dr --help` can do without
    from commands.context import Outcome
    from commands.credentials import known_person
    from dr_core.reports.help import HelpEntry, HelpParam, HelpReport

    names, asked = names_of(context.services.topology), context.arguments.text("command")
    terminal = context.prefix == "dr"
    known = known_person(context.services) if terminal else None
    roles = sorted(known.roles if known else operators.roles_of(context.services, context.actor))
    caller = known.name if known else context.actor.display
    if terminal:
        found = terminal_entries(asked, names, known.roles if known else None)
    else:
        found = slack_entries(asked, roles, names)
    entries = tuple(
        HelpEntry(
            name=entry.name,
            usage=entry.usage,
            summary=entry.summary,
            params=tuple(HelpParam(form=param.form, summary=param.summary) for param in entry.params),
            examples=entry.examples,
        )
        for entry in found
    )
    report = HelpReport(caller=caller, prefix=context.prefix, roles=tuple(roles), entries=entries)
    return Outcome("help", report)
