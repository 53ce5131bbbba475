"""Words become named values: regions and applications are told apart by what they are, in any order."""

import re
from collections.abc import Mapping

from commands.parsing import Arguments, Parsed, Value
from commands.questions import MissingArguments
from commands.registry import Command, Kind, Param, shown
from dr_core.errors import NotFoundError, RefusedError, UsageError
from dr_core.topology.model import Topology

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def bind(parsed: Parsed, topology: Topology) -> Arguments:
    """Assign the words, check regions and applications against the topology, insist on what is required."""
    command = parsed.command
    values: dict[str, Value] = dict(parsed.options)
    unquoted = _unquoted(command, parsed.words, topology)
    for word in parsed.words if unquoted is None else ():
        values.update(_place(command, word, values, topology))
    values.update(unquoted or {})
    if values.get("all") and "application" in values:
        raise UsageError(f"`{command.name}` takes either an application or `--all`, not both.")
    _single_application(command, values, topology)
    _check_region(values, topology)
    missing = tuple(param for param in command.params if param.name not in values and _wanted(param, values))
    if missing:
        raise MissingArguments(command, values, missing, _choices(missing, topology))
    return Arguments(values)


def _unquoted(command: Command, words: tuple[str, ...], topology: Topology) -> dict[str, Value] | None:
    """A text of several words that nobody put into quotes: all of it is the text, in which an application may be named.

    None where a word holds a space, and so was quoted: then every word has its own place.
    """
    text = next((param for param in command.positionals if param.kind is Kind.TEXT), None)
    if text is None or len(words) < 2 or any(char.isspace() for word in words for char in word):
        return None
    found: dict[str, Value] = {text.name: " ".join(words)}
    for param in command.positionals:
        named = {word.lower() for word in words} & set(topology.applications)
        if param.kind is Kind.APPLICATION and len(named) == 1:
            found[param.name] = named.pop()
    return found


def _place(command: Command, word: str, values: Mapping[str, Value], topology: Topology) -> dict[str, Value]:
    """The parameter that `word` is for: by its looks among regions and applications, by order otherwise."""
    if command.name == "help":
        return {"command": f"{values['command']} {word}" if "command" in values else word}
    free = [param for param in command.positionals if param.name not in values]
    fits = [param for param in free if _fits(param.kind, word, topology)]
    if fits:
        return {fits[0].name: word.lower() if fits[0].kind in (Kind.REGION, Kind.APPLICATION) else word}
    taken = next((p for p in command.positionals if p not in free and _fits(p.kind, word, topology)), None)
    if taken is not None:
        both = f"both `{values[taken.name]}` and `{shown(word)}` were given"
        raise UsageError(f"`{command.name}` takes one {taken.kind.value}; {both}.")
    raise _unknown_word(command, word, free, topology)


def _fits(kind: Kind, word: str, topology: Topology) -> bool:
    if kind is Kind.APPLICATION:
        return word.lower() in topology.applications
    if kind is Kind.REGION:
        name = word.lower()
        return _REGION.fullmatch(name) is not None and (name not in topology.applications or name in _regions(topology))
    return True


def _unknown_word(command: Command, word: str, free: list[Param], topology: Topology) -> UsageError | NotFoundError:
    names = ", ".join(topology.applications)
    if not command.positionals:
        message = f"`{command.name}` takes no argument such as `{shown(word)}`."
        return UsageError(message, hint=f"Usage: {command.usage}")
    if any(param.kind is Kind.REGION for param in command.positionals):
        text = any(param.kind is Kind.TEXT for param in command.params)
        quotes = ' A reason of several words stands in quotes: --reason "two words".' if text else ""
        return NotFoundError(
            f"`{shown(word)}` is neither a region nor an application.",
            hint=f"Regions: {', '.join(_regions(topology))}. Applications: {names}.{quotes}",
        )
    if any(param.kind is Kind.APPLICATION for param in free):
        return NotFoundError(f"There is no application `{shown(word)}`.", hint=f"Applications: {names}.")
    return UsageError(f"`{command.name}` has one word too many: `{shown(word)}`.", hint=f"Usage: {command.usage}")


def _wanted(param: Param, values: Mapping[str, Value]) -> bool:
    """Whether it must be there now. Which run is meant only the store can tell: the command itself finds it."""
    every = param.kind is Kind.APPLICATION and bool(values.get("all"))
    return param.required and not every and not (param.implied and param.kind is Kind.RUN)


def _single_application(command: Command, values: dict[str, Value], topology: Topology) -> None:
    """With one application its name may be left out, where one is meant."""
    implied = any(param.implied and param.kind is Kind.APPLICATION for param in command.params)
    if implied and not values.get("all") and "application" not in values and len(topology.applications) == 1:
        values["application"] = next(iter(topology.applications))


def _check_region(values: Mapping[str, Value], topology: Topology) -> None:
    region, application = values.get("region"), values.get("application")
    if not isinstance(region, str):
        return
    allowed = topology.residency.allowed_regions
    if region not in allowed:
        raise RefusedError(
            f"`{region}` is outside the allowed regions.", hint=f"dr.yaml allows {', '.join(allowed)} (residency)."
        )
    if isinstance(application, str) and region not in (own := topology.applications[application].regions):
        raise NotFoundError(f"{application} has no region `{region}`.", hint=f"Its regions are {', '.join(own)}.")


def _choices(missing: tuple[Param, ...], topology: Topology) -> str:
    """What could have been named, when something that the topology lists is missing."""
    kinds = {param.kind for param in missing}
    words = []
    if Kind.REGION in kinds:
        words.append(", ".join(_regions(topology)))
    if Kind.APPLICATION in kinds:
        words.append(", ".join(topology.applications))
    return f" (one of {'; one of '.join(words)})" if words else ""


def _regions(topology: Topology) -> tuple[str, ...]:
    return tuple(sorted({region for application in topology.applications.values() for region in application.regions}))
