"""Policies of principals, as IAM evaluates them: denied unless a statement allows it. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

Of the conditions those are known that the product's own policies use; a statement with another one allows nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Values = tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One action of a call, on each of these resources. `context`: what condition keys hold in the call."""

    action: str
    resources: tuple[str, ...]
    context: Mapping[str, Values] = field(default_factory=dict)


@cache
def _pattern(text: str, *, any_case: bool = False) -> re.Pattern[str]:
    words = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text)
    return re.compile(words, re.DOTALL | (re.IGNORECASE if any_case else re.NOFLAG))


def fits(pattern: str, text: str, *, any_case: bool = False) -> bool:
    """Whether `text` is what `pattern` says, with `*` for anything and `?` for one character."""
    return _pattern(pattern, any_case=any_case).fullmatch(text) is not None


def first_refused(documents: Iterable[Mapping[str, Any]], asked: Asked) -> str | None:
    """The first resource on which the action is not allowed; None where it is allowed on all."""
    statements = [one for document in documents for one in document["Statement"]]
    matching = [one for one in statements if _names(one, asked.action) and _holds(one, asked.context)]
    for resource in asked.resources:
        effects = {str(one["Effect"]) for one in matching if any(fits(p, resource) for p in _list(one["Resource"]))}
        if effects != {"Allow"}:
            return resource
    return None


def _names(statement: Mapping[str, Any], action: str) -> bool:
    return any(fits(pattern, action, any_case=True) for pattern in _list(statement["Action"]))


def _holds(statement: Mapping[str, Any], context: Mapping[str, Values]) -> bool:
    return all(
        _is_so(operator, context.get(key), _list(wanted))
        for operator, keys in statement.get("Condition", {}).items()
        for key, wanted in keys.items()
    )


def _is_so(operator: str, found: Values | None, wanted: Sequence[str]) -> bool:
    """A key that is not there fulfils nothing but what is said of all of its values."""
    quantifier, _, plain = operator.rpartition(":")
    if found is None:
        return quantifier == "ForAllValues"
    if plain not in ("StringEquals", "StringLike", "ArnLike", "Bool"):
        return False
    exact = plain in ("StringEquals", "Bool")

    def one(value: str) -> bool:
        return value in wanted if exact else any(fits(pattern, value) for pattern in wanted)

    return all(map(one, found)) if quantifier == "ForAllValues" else any(map(one, found))


def _list(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
