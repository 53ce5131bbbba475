"""A person's input: what a chosen or typed value looks like in Slack's JSON, and what Slack's own client refuses."""

from typing import Any

from bot.sandbox.slack.records import Json
from bot.sandbox.slack.workspace import acting_elements


class FormError(ValueError):
    """The value does not fit the element; the message names both."""


def value_json(element: Json, raw: Any) -> Json:
    """The element's part of a payload after a person put `raw` in: text, an option's value, or a list of those."""
    kind = element["type"]
    if kind == "plain_text_input":
        return {"type": kind, "value": str(raw) if raw else None}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": [_option(element, one) for one in raw or []]}
    return {"type": kind, "selected_option": _option(element, raw) if raw else None}


def _option(element: Json, raw: Any) -> Json:
    for option in element["options"]:
        if option["value"] == str(raw):
            return dict(option)
    offered = ", ".join(option["value"] for option in element["options"])
    raise FormError(f"{element['action_id']} offers {offered}; not {raw}")


def _initial(element: Json) -> Json:
    if element.get("initial_option"):
        return value_json(element, element["initial_option"]["value"])
    if element.get("initial_options"):
        return value_json(element, [option["value"] for option in element["initial_options"]])
    return value_json(element, element.get("initial_value"))


def initial_state(blocks: list[Json]) -> Json:
    """`state.values` of blocks as they are shown first."""
    state: Json = {}
    for block in blocks:
        for element in acting_elements(block):
            if element["type"] != "button":
                state.setdefault(block["block_id"], {})[element["action_id"]] = _initial(element)
    return state


def kept_state(blocks: list[Json], former: Json) -> Json:
    """The state after a view's blocks changed: what was typed stays where block and action ids are the same."""
    state = initial_state(blocks)
    for block_id, actions in state.items():
        for action_id, value in actions.items():
            before = former.get(block_id, {}).get(action_id)
            if before is not None and before["type"] == value["type"]:
                actions[action_id] = before
    return state


def filled(blocks: list[Json], state: Json, values: dict[str, dict[str, Any]]) -> Json:
    """The state with a person's values in it; FormError names what does not exist or does not fit."""
    elements = {(block["block_id"], one["action_id"]): one for block in blocks for one in acting_elements(block)}
    made = {block_id: dict(actions) for block_id, actions in state.items()}
    for block_id, actions in values.items():
        for action_id, raw in actions.items():
            element = elements.get((block_id, action_id))
            if element is None:
                known = ", ".join(f"{block}/{action}" for block, action in elements) or "none"
                raise FormError(f"no input {block_id}/{action_id} in this view; it has: {known}")
            made.setdefault(block_id, {})[action_id] = value_json(element, raw)
    return made


def client_errors(blocks: list[Json], state: Json) -> dict[str, str]:
    """What Slack's client says about inputs before anything is sent to the bot, by block id."""
    errors = {}
    for block in blocks:
        if block["type"] == "input":
            element = block["element"]
            said = _complaint(block, element, state.get(block["block_id"], {}).get(element["action_id"], {}))
            if said:
                errors[block["block_id"]] = said
    return errors


def _complaint(block: Json, element: Json, value: Json) -> str | None:
    chosen = next((item for key, item in value.items() if key != "type"), None)
    if not chosen:
        return None if block.get("optional") else "Please complete this required field."
    text = value.get("value") or ""
    if text and len(text) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(text) > element.get("max_length", 3000):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    return None
