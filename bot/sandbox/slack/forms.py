"""A person's input: what a chosen or typed value looks like in Slack's JSON, and what Slack's own client refuses."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.sandbox.slack.records import Json
from bot.sandbox.slack.workspace import acting_elements

_TYPED = ("plain_text_input", "email_text_input", "url_text_input", "number_input")
_ONE_OPTION = ("static_select", "radio_buttons", "overflow")
_SOME_OPTIONS = ("multi_static_select", "checkboxes")
_ONE_ID = {
    "users_select": "user",
    "channels_select": "channel",
    "conversations_select": "conversation",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "date_time",
}
_SOME_IDS = {"multi_users_select": "users"}
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
_URL = re.compile(r"^https?://\S+$")


class FormError(ValueError):
    """The value does not fit the element; the message names both."""


def is_menu(element: Json) -> bool:
    """True for what a person chooses from or types into; False for buttons."""
    return element["type"] not in ("button", "workflow_button", "icon_button", "feedback_buttons")


def options_of(element: Json) -> list[Json]:
    """Every option the element offers, those of groups too."""
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def value_json(element: Json, raw: Any) -> Json:
    """The element's part of a payload after a person put `raw` in (text, an option's value, an id or a list)."""
    kind = element["type"]
    if kind in _TYPED:
        return {"type": kind, "value": None if raw is None or raw == "" else str(raw)}
    if kind in _ONE_OPTION:
        return {"type": kind, "selected_option": None if raw in (None, "") else _option(element, raw)}
    if kind in _SOME_OPTIONS:
        return {"type": kind, "selected_options": [_option(element, one) for one in _listed(raw)]}
    if kind in _ONE_ID:
        chosen = int(raw) if kind == "datetimepicker" and raw not in (None, "") else (raw or None)
        return {"type": kind, f"selected_{_ONE_ID[kind]}": chosen}
    if kind in _SOME_IDS:
        return {"type": kind, f"selected_{_SOME_IDS[kind]}": _listed(raw)}
    raise FormError(f"{element.get('action_id')} is a {kind}, which takes no value")


def _listed(raw: Any) -> list[Any]:
    if raw in (None, ""):
        return []
    return list(raw) if isinstance(raw, list) else [raw]


def _option(element: Json, raw: Any) -> Json:
    for option in options_of(element):
        if option["value"] == str(raw):
            return option
    offered = ", ".join(option["value"] for option in options_of(element)) or "nothing"
    raise FormError(f"{element.get('action_id')} offers {offered}; not {raw}")


def _initial(element: Json) -> Json:
    for key in ("initial_value", "initial_date", "initial_time", "initial_date_time"):
        if element.get(key) is not None:
            return value_json(element, element[key])
    for key in ("initial_user", "initial_channel", "initial_conversation", "initial_users"):
        if element.get(key) is not None:
            return value_json(element, element[key])
    if element.get("initial_option"):
        return value_json(element, element["initial_option"]["value"])
    return value_json(element, [option["value"] for option in element.get("initial_options", [])] or None)


def initial_state(blocks: list[Json]) -> Json:
    """`state.values` of blocks as they are shown first."""
    state: Json = {}
    for block in blocks:
        for element in acting_elements(block):
            if is_menu(element) and element["type"] != "overflow":
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
    if chosen in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    text = value.get("value")
    return _typed_complaint(element, text) if isinstance(text, str) else None


def _typed_complaint(element: Json, text: str) -> str | None:
    if len(text) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if len(text) > element.get("max_length", 3000):
        return f"Please enter at most {element.get('max_length', 3000)} characters."
    if element["type"] == "email_text_input" and not _EMAIL.match(text):
        return "Please enter a valid email address."
    if element["type"] == "url_text_input" and not _URL.match(text):
        return "Please enter a valid URL."
    return _number_complaint(element, text) if element["type"] == "number_input" else None


def _number_complaint(element: Json, text: str) -> str | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Please enter a whole number."
    if element.get("min_value") is not None and number < Decimal(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if element.get("max_value") is not None and number > Decimal(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
