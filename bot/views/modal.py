"""Modals as values: title, blocks, inputs with their labels, and what travels with them."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

from bot.views import message as m
from bot.views.text import one_line

View = dict[str, JsonValue]
LONGEST_TITLE = 24
LONGEST_INPUT = 3000


def modal(
    title: str, blocks: Sequence[m.Block], *, callback: str, submit: str | None, metadata: dict[str, JsonValue]
) -> View:
    """A modal. `metadata` names what the modal is about; whoever reads it back trusts the store, not it."""
    made: View = {
        "type": "modal",
        "callback_id": callback,
        "title": m.plain(title, LONGEST_TITLE),
        "close": m.plain("Close", LONGEST_TITLE),
        "private_metadata": json.dumps(metadata, separators=(",", ":")),
        "blocks": list[JsonValue](blocks[: m.MOST_VIEW_BLOCKS]),
    }
    if submit:
        made["submit"] = m.plain(submit, LONGEST_TITLE)
    return made


def text_input(
    block_id: str,
    label: str,
    *,
    hint: str = "",
    placeholder: str = "",
    initial: str = "",
    optional: bool = False,
    many: bool = False,
) -> m.Block:
    """One line of text, or several with `many`."""
    element: m.Block = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": many,
        "max_length": LONGEST_INPUT,
    }
    if placeholder:
        element["placeholder"] = m.plain(placeholder, 150)
    if initial:
        element["initial_value"] = initial[:LONGEST_INPUT]
    return _input(block_id, label, element, hint, optional)


def select(
    block_id: str, label: str, values: Sequence[str], *, initial: str = "", hint: str = "", optional: bool = False
) -> m.Block:
    """One of at most 100 values."""
    options = {value: option(value) for value in values[:100]}
    element: m.Block = {"type": "static_select", "action_id": "value", "options": list[JsonValue](options.values())}
    if initial in options:
        element["initial_option"] = options[initial]
    return _input(block_id, label, element, hint, optional)


def checkboxes(block_id: str, label: str, options: Sequence[m.Block]) -> m.Block:
    """Any number of at most 10 options."""
    element: m.Block = {"type": "checkboxes", "action_id": "value", "options": list[JsonValue](options)}
    return _input(block_id, label, element, "", optional=True)


def option(value: str, text: str = "", description: str = "") -> m.Block:
    """One choice; `value` is what comes back."""
    made: m.Block = {"text": m.plain(one_line(text or value), 75), "value": value}
    if description:
        made["description"] = m.plain(one_line(description), 75)
    return made


def _input(block_id: str, label: str, element: m.Block, hint: str, optional: bool) -> m.Block:
    made: m.Block = {"type": "input", "block_id": block_id, "label": m.plain(label, 2000), "element": element}
    if hint:
        made["hint"] = m.plain(hint, 2000)
    if optional:
        made["optional"] = True
    return made
