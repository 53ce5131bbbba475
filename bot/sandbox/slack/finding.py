"""Finds the element a person means by an action id, in what their screen shows or showed."""

from typing import Any

from bot.sandbox.slack.records import Json
from bot.sandbox.slack.workspace import acting_elements


def found_action(versions: list[list[Json]], action_id: str, value: Any = None) -> tuple[Json, Json] | str:
    """(block, element) from the first version that has the action, or a sentence saying what there is instead.

    `approve` also finds `approve:REQ-7`. Of several buttons the one that carries `value` is meant.
    """
    for blocks in versions:
        pairs = [(block, element) for block in blocks for element in acting_elements(block)]
        exact = [pair for pair in pairs if pair[1]["action_id"] == action_id]
        named = exact or [pair for pair in pairs if pair[1]["action_id"].split(":")[0] == action_id]
        if named:
            return next((pair for pair in named if value is not None and pair[1].get("value") == value), named[0])
    known = [element["action_id"] for block in versions[0] for element in acting_elements(block)]
    return f"there is no action {action_id} there; it has {', '.join(known) or 'none'}"
