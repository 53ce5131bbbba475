"""What pydantic found, in words for the person who wrote the file: where, what was expected, what stands there."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from dr_core.topology.document import Problem, join_path
from dr_core.topology.scalars import PATTERN_WORDS

Schema = Mapping[str, Any]  # JSON Schema is untyped by nature; it does not leave this file

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping (key: value)",
    "date_type": "a date such as 2026-11-20",
    "date_parsing": "a date such as 2026-11-20",
    "date_from_datetime_parsing": "a date such as 2026-11-20",
    "date_from_datetime_inexact": "a date such as 2026-11-20",
}
_BOUNDS = {"greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt"),
           "less_than_equal": ("at most", "le"), "less_than": ("less than", "lt")}  # fmt: skip


_LENGTHS = {"too_short": ("at least", "min_length"), "too_long": ("at most", "max_length")}


def problems_of(error: ValidationError, schema: Schema) -> tuple[Problem, ...]:
    """One problem per error of pydantic, without lines. `schema` is the JSON Schema of the validated model."""
    return tuple(_problem(details, schema) for details in error.errors(include_url=False))


def _problem(details: ErrorDetails, schema: Schema) -> Problem:
    location, kind, got = details["loc"], details["type"], details["input"]
    is_key = bool(location) and location[-1] == "[key]"
    path = _path(location[:-1] if is_key else location)
    if kind == "missing":
        return Problem(_path(location[:-1]), f"the key {location[-1]!r} is missing")
    if kind == "extra_forbidden":
        return Problem(path, _unknown_key(str(location[-1]), _keys_at(location[:-1], schema)))
    if kind == "too_short" and details["ctx"]["actual_length"] == 0:
        return Problem(path, "expected at least one entry, got none")
    if kind in _LENGTHS:
        word, bound = _LENGTHS[kind]
        return Problem(path, f"expected {word} {_entries(details['ctx'][bound])}, got {len(got)}")
    expected = _expected(details, location, schema)
    message = f"{expected}, got {'the key ' if is_key else ''}{_shown(got)}" if expected else _plain(details["msg"])
    if kind == "string_type" and isinstance(got, (int, float)) and not isinstance(got, bool):
        message += "; put it in quotes"
    return Problem(path, message)


def _expected(details: ErrorDetails, location: tuple[int | str, ...], schema: Schema) -> str | None:
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"expected {PATTERN_WORDS.get(context['pattern'], 'text of the form ' + context['pattern'])}"
    if kind == "literal_error":
        return f"expected {context['expected']}"
    if kind in _BOUNDS:
        word, bound = _BOUNDS[kind]
        return f"expected {word} {context[bound]:g}"
    if kind in ("string_too_short", "string_too_long"):
        return _plain(details["msg"]).replace("string should have", "expected text of")
    if kind in ("model_type", "model_attributes_type"):
        return f"expected a mapping with keys such as {', '.join(sorted(_keys_at(location, schema))[:4])}"
    return f"expected {_EXPECTED[kind]}" if kind in _EXPECTED else None


def _entries(count: int) -> str:
    return "one entry" if count == 1 else f"{count} entries"


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]


def _path(location: Iterable[int | str]) -> str:
    path = ""
    for part in location:
        path = join_path(path, part)
    return path


def _unknown_key(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    shown = _shown(key)
    if near:
        return f"unknown key {shown}; did you mean {near[0]!r}?"
    return f"unknown key {shown}; expected one of: {', '.join(known)}"


def _shown(value: object) -> str:
    """A short form of what stands in the file."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return f"a mapping with {', '.join(map(str, list(value)[:3]))}" if value else "an empty mapping"
        case list() | tuple():
            return "a list" if value else "an empty list"
        case int() | float():
            return str(value)[:60] if not isinstance(value, int) or value.bit_length() < 256 else "a huge number"
        case _:
            text = str(value)
            return repr(text if len(text) <= 60 else f"{text[:57]}...")


def _keys_at(location: tuple[int | str, ...], schema: Schema) -> list[str]:
    """The keys that the model knows at `location`."""
    node = _resolved(schema, schema)
    for part in location:
        node = _resolved(_child(node, part), schema)
    return list(node.get("properties", {}))


def _child(node: Schema, part: int | str) -> Schema:
    if isinstance(part, int):
        found = node.get("items", {})
    else:
        by_pattern: Schema = next(iter(node.get("patternProperties", {}).values()), {})
        found = node.get("properties", {}).get(part) or by_pattern
    return found if isinstance(found, Mapping) else {}


def _resolved(node: Schema, schema: Schema) -> Schema:
    """Follow `$ref`, and take the branch of `anyOf` that is not null."""
    while "$ref" in node or "anyOf" in node:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        else:
            node = next((branch for branch in node["anyOf"] if branch.get("type") != "null"), {})
    return node
