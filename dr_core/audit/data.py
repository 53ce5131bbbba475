"""What an event's data says under a key, whatever stands there."""

from collections.abc import Mapping

from pydantic import JsonValue

Data = Mapping[str, JsonValue]


def text(data: Data, key: str) -> str:
    """As a text; empty where it says nothing."""
    value = data.get(key)
    return "" if value is None else str(value)


def listed(data: Data, key: str) -> list[str]:
    """As texts; none where it is no list."""
    value = data.get(key)
    return [str(one) for one in value] if isinstance(value, list) else []
