"""What a command is: its words, arguments, who may run it and where. Help, parsing and docs are made from these values.

Nothing heavy is imported here, so that `dr --help` answers at once; a command's own module is imported when it runs.
"""

import difflib
import importlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from dr_core.errors import UsageError


class Kind(StrEnum):
    """What a word stands for; a face chooses the input field by it."""

    REGION = "region"
    APPLICATION = "application"
    REQUEST = "request"
    RUN = "run"
    COMMAND = "command"
    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    FLAG = "flag"


class Needs(StrEnum):
    """The role a command asks for. Finer rules (not your own request, ...) are the approvals' own."""

    NOBODY = "nobody"
    VIEWER = "viewer"
    REQUESTER = "requester"
    APPROVER = "approver"
    HOLDER = "holder"


class Where(StrEnum):
    """Where a command can be typed."""

    EVERYWHERE = "everywhere"
    TERMINAL = "terminal"


@dataclass(frozen=True)
class Param:
    """One argument. Positional ones are recognised by what they are; `option` ones are written `--name VALUE`.

    An `implied` one is required, but found by itself where there is only one thing that it could name.
    """

    name: str
    kind: Kind
    summary: str
    required: bool = False
    option: bool = False
    repeatable: bool = False
    implied: bool = False
    metavar: str = ""

    @property
    def flag(self) -> str:
        """`--accept-loss` of `accept_loss`."""
        return "--" + self.name.replace("_", "-")

    @property
    def form(self) -> str:
        """How it is written, such as `REGION`, `--forced` or `--reason TEXT`."""
        value = self.metavar or self.kind.value.upper()
        if not self.option:
            return value
        return self.flag if self.kind is Kind.FLAG else f"{self.flag} {value}"


@dataclass(frozen=True)
class Command:
    """One use. `module` is imported and its `function` called with a Context when the command runs.

    An `operation` changes something or asks for it: refusals are audited, and in a terminal a worker carries it out.
    `approver_too`: an approver may run it as well as a requester. `by_schedule`: the schedule may, too.
    `bare` commands need neither configuration nor store and are called with their Arguments by the terminal itself.
    """

    name: str
    summary: str
    module: str
    params: tuple[Param, ...] = ()
    examples: tuple[str, ...] = ()
    needs: Needs = Needs.VIEWER
    where: Where = Where.EVERYWHERE
    function: str = "run"
    operation: bool = False
    approver_too: bool = False
    by_schedule: bool = False
    bare: bool = False
    group: str = "See"

    def open_to(self, roles: Collection[str]) -> bool:
        """Whether one of these roles is enough to run it."""
        if self.needs in (Needs.NOBODY, Needs.VIEWER):
            return True
        return self.needs.value in roles or (self.approver_too and Needs.APPROVER.value in roles)

    @property
    def positionals(self) -> tuple[Param, ...]:
        return tuple(param for param in self.params if not param.option)

    @property
    def usage(self) -> str:
        """The whole line, optional parts in brackets."""
        parts = [self.name]
        for param in self.params:
            form = param.form if param.required and not param.implied else f"[{param.form}]"
            parts.append(f"{form}..." if param.repeatable else form)
        return " ".join(parts)

    def load(self) -> Callable[[Any], Any]:
        """The function that carries it out; its argument and result differ between bare and other commands."""
        found: Callable[[Any], Any] = getattr(importlib.import_module(self.module), self.function)
        return found

    def param(self, name: str) -> Param:
        return next(param for param in self.params if param.name == name)


class Registry:
    """All commands by name."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands = tuple(commands)
        self._by_name = {command.name: command for command in commands}

    def get(self, name: str) -> Command | None:
        return self._by_name.get(name)

    def named(self, name: str) -> Command:
        """A command that is known to exist; KeyError is a fault of ours."""
        return self._by_name[name]

    def take(self, words: Sequence[str], prefix: str) -> tuple[Command, list[str]]:
        """The command that `words` begin with, and the rest; UsageError with the nearest name otherwise."""
        for length in (2, 1):
            name = " ".join(words[:length]).lower()
            if len(words) >= length and (command := self._by_name.get(name)):
                return command, list(words[length:])
        raise self._unknown(words, prefix)

    def _unknown(self, words: Sequence[str], prefix: str) -> UsageError:
        first = words[0].lower()
        seconds = [name.split(" ", 1)[1] for name in self._by_name if name.startswith(first + " ")]
        if seconds and len(words) == 1:
            return UsageError(f"`{prefix} {first}` needs one more word: {', '.join(seconds)}.")
        if seconds:
            wrong = shown(words[1])
            return UsageError(f"`{prefix} {first}` knows no `{wrong}`; it knows: {', '.join(seconds)}.")
        near = difflib.get_close_matches(first, {name.split(" ")[0] for name in self._by_name}, n=1, cutoff=0.5)
        hint = f"Did you mean `{prefix} {near[0]}`?" if near else f"`{prefix} help` lists what you can type."
        return UsageError(f"There is no command `{shown(first)}`.", hint=hint)


def shown(word: str) -> str:
    """A word from outside as it may be quoted in a message: one short line without control characters."""
    plain = "".join(char if char.isprintable() and char != "`" else "?" for char in word)
    return plain if len(plain) <= 60 else plain[:59] + "…"


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The commands of this version."""
    from commands.table import COMMANDS  # the table needs the classes above

    return Registry(COMMANDS)
