"""A small language of JSON shapes: each check tells what is wrong and where, in the words of Slack's own answers."""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any, str], list[str]]


def problem(reason: str, at: str) -> list[str]:
    """One complaint as Slack writes it in `response_metadata.messages`."""
    return [f"[ERROR] {reason} [json-pointer:{at}]"]


def string(longest: int = 3000, *, shortest: int = 1) -> Check:
    """A string of `shortest` to `longest` characters."""

    def check(value: Any, at: str) -> list[str]:
        if not isinstance(value, str):
            return problem("must be a string", at)
        if len(value) < shortest:
            return problem(f"must be more than {shortest - 1} characters", at)
        if len(value) > longest:
            return problem(f"must be less than {longest + 1} characters", at)
        return []

    return check


def flag(value: Any, at: str) -> list[str]:
    """true or false."""
    return [] if isinstance(value, bool) else problem("must be a boolean", at)


def integer(lowest: int, highest: int) -> Check:
    """A whole number within bounds."""

    def check(value: Any, at: str) -> list[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            return problem("must be an integer", at)
        return [] if lowest <= value <= highest else problem(f"must be between {lowest} and {highest}", at)

    return check


def one_of(*values: Any) -> Check:
    """One of a closed list."""
    words = ", ".join(str(value) for value in values)
    return lambda value, at: [] if value in values else problem(f"must be a valid enum value: {words}", at)


def items(each: Check, *, fewest: int = 1, most: int) -> Check:
    """A list of `fewest` to `most` items of one shape."""

    def check(value: Any, at: str) -> list[str]:
        if not isinstance(value, list):
            return problem("must be an array", at)
        if len(value) < fewest:
            return problem(f"no fewer than {fewest} items required", at)
        if len(value) > most:
            return problem(f"no more than {most} items allowed", at)
        return [wrong for index, item in enumerate(value) for wrong in each(item, f"{at}/{index}")]

    return check


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these keys and no others; `null` counts as absent."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str) -> list[str]:
        if not isinstance(value, dict):
            return problem("must be an object", at)
        present = {key: item for key, item in value.items() if item is not None}
        found = [
            wrong for key in required if key not in present for wrong in problem(f"missing required field: {key}", at)
        ]
        for key, item in present.items():
            if key in known:
                found += known[key](item, f"{at}/{key}")
            else:
                found += problem(f"invalid additional property: {key}", at)
        return found

    return check


def by_type(kinds: Mapping[str, Check]) -> Check:
    """An object whose `type` chooses its shape."""

    def check(value: Any, at: str) -> list[str]:
        if not isinstance(value, dict):
            return problem("must be an object", at)
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in kinds:
            return problem(f"unsupported type: {kind}", f"{at}/type")
        return kinds[kind](value, at)

    return check


def both(first: Check, second: Check) -> Check:
    """Two checks on one value; the second is asked only when the first is content."""
    return lambda value, at: first(value, at) or second(value, at)
