"""The one grammar for Slack text and the terminal: words -> a command with its options; nothing is looked up."""

import argparse
import html
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from commands.registry import Command, Kind, Param, registry, shown
from dr_core.errors import UsageError

Value = str | bool | tuple[str, ...]

_LONGEST = 4000
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_DOUBLE_QUOTES = re.compile("[“”„‟«»]")
_SINGLE_QUOTES = re.compile("[‘’‚‛]")
_OPTION_DASHES = re.compile(r"(?:^|(?<=\s))-*[–—][-–—]*(?=[A-Za-z])")
_SLACK_LINK = re.compile(r"<(?P<sign>[@#!]?)(?P<target>[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
_SLACK_ENTITIES = re.compile("&(?:lt|gt|amp);")


@dataclass(frozen=True)
class Parsed:
    """What was typed. `words` are the positional ones in their order; `--json` is an option of all commands."""

    command: Command
    words: tuple[str, ...] = ()
    options: Mapping[str, Value] = field(default_factory=dict)
    json: bool = False


@dataclass(frozen=True)
class Arguments:
    """The values given, by the parameters' names."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        return self.values.get(name) is True

    def many(self, name: str) -> tuple[str, ...]:
        value = self.values.get(name)
        return value if isinstance(value, tuple) else ()

    def given(self, name: str) -> str:
        """The text of a required argument; `bind` has made sure that it is there."""
        return str(self.values[name])

    def integer(self, name: str) -> int | None:
        value = self.text(name)
        return None if value is None else int(float(value))

    def number(self, name: str, default: int) -> int:
        return self.integer(name) or default


def split_slack(text: str) -> list[str]:
    """Slack's text as words: its links and entities resolved, smart quotes and dashes as typed on a keyboard."""
    if len(text) > _LONGEST:
        raise UsageError(f"The command is longer than {_LONGEST} characters.")
    text = _SLACK_LINK.sub(_link, text)
    text = _SLACK_ENTITIES.sub(lambda entity: html.unescape(entity[0]), text)
    text = _SINGLE_QUOTES.sub("'", _DOUBLE_QUOTES.sub('"', _APOSTROPHE.sub("\N{MODIFIER LETTER APOSTROPHE}", text)))
    text = _OPTION_DASHES.sub("--", text)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError("A quote is not closed.", hint='Write the text as --reason "two or more words".') from error
    return [word.replace("\N{MODIFIER LETTER APOSTROPHE}", "'") for word in words]


def _link(found: re.Match[str]) -> str:
    """`<@U1|ada>` -> `@ada`, `<#C1|ops>` -> `#ops`, `<https://a.b|a.b>` -> `a.b`; without a label the id or address."""
    label, target, sign = found["label"], found["target"], found["sign"]
    if sign in ("@", "#"):
        return sign + label if label else target
    return label or target


def parse(words: str | Sequence[str], *, prefix: str, json_allowed: bool) -> Parsed:
    """Words as typed after `prefix` (`/dr` or `dr`) -> Parsed; UsageError names what is wrong. No words: help."""
    typed = split_slack(words) if isinstance(words, str) else list(words)
    json = json_allowed and "--json" in typed[: typed.index("--") if "--" in typed else None]
    if json:
        typed.remove("--json")
    if any(ord(char) == 0 or 0xD800 <= ord(char) <= 0xDFFF for word in typed for char in word):
        raise UsageError("The command holds characters that are no text.")
    if not typed or typed[0] in ("-h", "--help"):
        return Parsed(_help(), tuple(typed[1:]), json=json)
    if typed[0] == "help":
        return Parsed(_help(), tuple(_without_help_flags(typed[1:])), json=json)
    command, rest = registry().take(typed, prefix)
    if "-h" in rest or "--help" in rest:
        return Parsed(_help(), (command.name,), json=json)
    options, positional = _options(command, rest, prefix)
    return Parsed(command, tuple(positional), options, json=json)


def words_of(command: Command, values: Mapping[str, Value]) -> list[str]:
    """The reverse of parsing and binding: what somebody would have typed. Forms use it to send what they asked for."""
    words = command.name.split(" ")
    words += [str(values[param.name]) for param in command.positionals if values.get(param.name)]
    for param in (param for param in command.params if param.option and values.get(param.name)):
        value = values[param.name]
        if param.kind is Kind.FLAG:
            words.append(param.flag)
        else:
            words += [f"{param.flag}={one}" for one in (value if isinstance(value, tuple) else (str(value),))]
    return words


def _help() -> Command:
    return registry().named("help")


def _without_help_flags(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in ("-h", "--help")]


class _Grammar(argparse.ArgumentParser):
    """argparse that raises our error instead of printing its own and ending the process."""

    def __init__(self, typed: str) -> None:
        super().__init__(prog=typed, add_help=False, allow_abbrev=False, exit_on_error=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"`{self.prog}`: {_plain(message)}.")


def _plain(message: str) -> str:
    """argparse's sentence in our words: `argument --limit: expected one argument` -> `--limit needs a value`."""
    if found := re.fullmatch(r"argument (--[\w-]+): expected one argument", message):
        return f"{found[1]} needs a value"
    if found := re.fullmatch(r"argument (--[\w-]+): ignored explicit argument .*", message):
        return f"{found[1]} takes no value"
    return re.sub(r"^argument (--[\w-]+): ", r"\1: ", message)


def _options(command: Command, rest: Sequence[str], prefix: str) -> tuple[dict[str, Value], list[str]]:
    grammar = _Grammar(f"{prefix} {command.name}")
    for param in command.params:
        if param.option:
            _add(grammar, param)
    try:
        found, positional = grammar.parse_known_args(rest)
    except argparse.ArgumentError as error:
        grammar.error(str(error))
    if "--" in positional:
        positional.remove("--")
    elif odd := next((word for word in positional if len(word) > 1 and word.startswith("-")), None):
        known = ", ".join(param.flag for param in command.params if param.option)
        hint = f"It knows: {known}." if known else "It has no options."
        raise UsageError(f"`{prefix} {command.name}` has no option `{shown(odd)}`.", hint=hint)
    options = {name: tuple(value) if isinstance(value, list) else value for name, value in vars(found).items()}
    return {name: value for name, value in options.items() if value not in (None, False, ())}, positional


def _add(grammar: argparse.ArgumentParser, param: Param) -> None:
    if param.kind is Kind.FLAG:
        grammar.add_argument(param.flag, action="store_true", dest=param.name)
    elif param.repeatable:
        grammar.add_argument(param.flag, action="append", dest=param.name, type=_filled)
    else:
        grammar.add_argument(param.flag, dest=param.name, type=_number if param.kind is Kind.NUMBER else _filled)


def _number(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text) or float(text) <= 0:
        most = " and at most 999999999" if re.fullmatch(r"[0-9]{10,}(\.[0-9]*)?", text) else ""
        raise argparse.ArgumentTypeError(f"expected a number greater than 0{most}, not `{shown(text)}`")
    return text


def _filled(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("expected a text that is not empty")
    return text.strip()
