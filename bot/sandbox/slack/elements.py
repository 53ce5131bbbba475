"""What Slack accepts inside blocks: texts, options, confirm dialogs, buttons, menus, pickers and inputs."""

from typing import Any

from bot.sandbox.slack.shapes import (
    Check,
    anything,
    both,
    by_type,
    flag,
    integer,
    items,
    one_of,
    problem,
    record,
    string,
)

ACTION_ID = string(255)


def plain_text(longest: int = 3000) -> Check:
    """A plain_text object; headers, labels, titles and buttons take nothing else."""
    return record({"type": one_of("plain_text"), "text": string(longest)}, {"emoji": flag})


def any_text(longest: int = 3000) -> Check:
    """A plain_text or mrkdwn object."""
    markdown = record({"type": one_of("mrkdwn"), "text": string(longest)}, {"verbatim": flag})
    return by_type({"plain_text": plain_text(longest), "mrkdwn": markdown})


def _option(text: Check) -> Check:
    return record({"text": text, "value": string(150)}, {"description": any_text(75), "url": string(3000)})


MENU_OPTION = _option(plain_text(75))
CHOICE_OPTION = _option(any_text(75))
OPTION_GROUP = record({"label": plain_text(75), "options": items(MENU_OPTION, most=100)})
CONFIRM = record(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)
SLACK_FILE = record({}, {"id": string(64), "url": string(3000)})
PLACEHOLDER = plain_text(150)
DISPATCH = record({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), most=2)})


def _offered(element: dict[str, Any]) -> list[Any]:
    groups = element.get("option_groups") or []
    return [*(element.get("options") or []), *(option for group in groups for option in group["options"])]


def _values_known(element: dict[str, Any], at: str) -> list[str]:
    """Initial options must be among the offered ones, and values must differ."""
    values = [option["value"] for option in _offered(element)]
    if len(set(values)) != len(values):
        return problem("option values must be unique", at)
    first = element.get("initial_option")
    chosen = [first] if first else (element.get("initial_options") or [])
    missing = [option for option in chosen if option["value"] not in values]
    return problem("initial option must match one of the options", at) if missing else []


def _has_options(element: dict[str, Any], at: str) -> list[str]:
    given = [key for key in ("options", "option_groups") if element.get(key)]
    return [] if len(given) == 1 else problem("exactly one of options and option_groups is required", at)


def image_source(element: dict[str, Any], at: str) -> list[str]:
    """An image stands on the web or in Slack, not both and not nowhere."""
    given = [key for key in ("image_url", "slack_file") if element.get(key)]
    return [] if len(given) == 1 else problem("exactly one of image_url and slack_file is required", at)


def _element(kind: str, required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return record({"type": one_of(kind), **required}, {"action_id": ACTION_ID, **optional})


_ASKS: dict[str, Check] = {"confirm": CONFIRM, "focus_on_load": flag}
_MENU: dict[str, Check] = {**_ASKS, "placeholder": PLACEHOLDER}
_MANY: dict[str, Check] = {**_MENU, "max_selected_items": integer(1, 1000)}
_TYPED: dict[str, Check] = {"placeholder": PLACEHOLDER, "focus_on_load": flag, "dispatch_action_config": DISPATCH}


def _static(kind: str, initial: dict[str, Check], rest: dict[str, Check]) -> Check:
    options: dict[str, Check] = {
        "options": items(MENU_OPTION, most=100),
        "option_groups": items(OPTION_GROUP, most=100),
    }
    return both(both(_element(kind, {}, {**rest, **options, **initial}), _has_options), _values_known)


def _choices(kind: str, initial: dict[str, Check]) -> Check:
    return both(_element(kind, {"options": items(CHOICE_OPTION, most=10)}, {**_ASKS, **initial}), _values_known)


def _typed(kind: str, rest: dict[str, Check] | None = None, required: dict[str, Check] | None = None) -> Check:
    return _element(kind, required or {}, {**_TYPED, "initial_value": string(3000, shortest=0), **(rest or {})})


IMAGE = both(
    record(
        {"type": one_of("image"), "alt_text": string(2000)},
        {"image_url": string(3000), "slack_file": SLACK_FILE},
    ),
    image_source,
)
BUTTON = _element(
    "button",
    {"text": plain_text(75)},
    {
        "value": string(2000),
        "url": string(3000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)
_IDS = items(string(64), most=100)

CHOOSERS: dict[str, Check] = {
    "static_select": _static("static_select", {"initial_option": MENU_OPTION}, _MENU),
    "multi_static_select": _static("multi_static_select", {"initial_options": items(MENU_OPTION, most=100)}, _MANY),
    "users_select": _element("users_select", {}, {**_MENU, "initial_user": string(64)}),
    "multi_users_select": _element("multi_users_select", {}, {**_MANY, "initial_users": _IDS}),
    "channels_select": _element(
        "channels_select", {}, {**_MENU, "initial_channel": string(64), "response_url_enabled": flag}
    ),
    "conversations_select": _element(
        "conversations_select",
        {},
        {
            **_MENU,
            "initial_conversation": string(64),
            "response_url_enabled": flag,
            "default_to_current_conversation": flag,
            "filter": anything,
        },
    ),
    "datepicker": _element("datepicker", {}, {**_MENU, "initial_date": string(10)}),
    "timepicker": _element("timepicker", {}, {**_MENU, "initial_time": string(5), "timezone": string(64)}),
    "datetimepicker": _element("datetimepicker", {}, {**_ASKS, "initial_date_time": integer(0, 9_999_999_999)}),
    "checkboxes": _choices("checkboxes", {"initial_options": items(CHOICE_OPTION, most=10)}),
    "radio_buttons": _choices("radio_buttons", {"initial_option": CHOICE_OPTION}),
}
INPUTS: dict[str, Check] = {
    "plain_text_input": _typed(
        "plain_text_input",
        {"multiline": flag, "min_length": integer(0, 3000), "max_length": integer(1, 3000)},
    ),
    "email_text_input": _typed("email_text_input"),
    "url_text_input": _typed("url_text_input"),
    "number_input": _typed(
        "number_input", {"min_value": string(32), "max_value": string(32)}, {"is_decimal_allowed": flag}
    ),
}
OVERFLOW = both(
    _element("overflow", {"options": items(MENU_OPTION, most=5)}, {"confirm": CONFIRM}),
    _values_known,
)

IN_ACTIONS = by_type({"button": BUTTON, "overflow": OVERFLOW, **CHOOSERS})
IN_SECTION = by_type({"button": BUTTON, "overflow": OVERFLOW, "image": IMAGE, **CHOOSERS})
IN_CONTEXT = by_type({"image": IMAGE, "plain_text": plain_text(), "mrkdwn": any_text()})
IN_INPUT = by_type({**CHOOSERS, **INPUTS})
