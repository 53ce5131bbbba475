"""`help`: what this caller may run, with examples in the names of this topology."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from commands.registry import Command, Needs, Param, Where, registry, shown
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


def in_terminal() -> tuple[Command, ...]:
    """What a terminal may run: everything that asks for nothing to be changed."""
    return tuple(command for command in registry().commands if not command.operation)


def in_slack(roles: Collection[str]) -> tuple[Command, ...]:
    """What somebody with these roles may run in Slack."""
    return tuple(
        command
        for command in registry().commands
        if command.where is Where.EVERYWHERE and (command.needs is Needs.NOBODY or command.needs.value in roles)
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


def terminal_entries(asked: str | None, names: Names | None = None) -> tuple[Entry, ...]:
    """Help for the terminal; a command that only Slack may run is explained all the same, and says so."""
    chosen = about(asked, "dr") if asked else in_terminal()
    note = " (only in Slack: the terminal is read-only)"
    return tuple(entry_of(command, names or Names(), note if command.operation else "") for command in chosen)


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
    from dr_core.reports.help import HelpEntry, HelpParam, HelpReport

    names, asked = names_of(context.services.topology), context.arguments.text("command")
    roles = sorted(operators.roles_of(context.services, context.actor))
    terminal = context.prefix == "dr"
    found = terminal_entries(asked, names) if terminal else slack_entries(asked, roles, names)
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
    report = HelpReport(caller=context.actor.display, prefix=context.prefix, roles=tuple(roles), entries=entries)
    return Outcome("help", report)
