"""What Slack accepts inside blocks, as far as the bot draws it: texts, options, confirm dialogs, buttons, inputs."""

# https://docs.slack.dev/reference/block-kit/block-elements and https://docs.slack.dev/reference/block-kit/composition-objects
# have a page for each; what does not stand here is refused.

from typing import Any

from bot.sandbox.slack.shapes import Check, both, by_type, flag, integer, items, one_of, problem, record, string


def plain_text(longest: int = 3000) -> Check:
    """A plain_text object; headers, labels, titles and buttons take nothing else."""
    return record({"type": one_of("plain_text"), "text": string(longest)}, {"emoji": flag})


def any_text(longest: int = 3000) -> Check:
    """A plain_text or mrkdwn object."""
    markdown = record({"type": one_of("mrkdwn"), "text": string(longest)}, {"verbatim": flag})
    return by_type({"plain_text": plain_text(longest), "mrkdwn": markdown})


def _option(text: Check) -> Check:
    return record({"text": text, "value": string(150)}, {"description": any_text(75)})


MENU_OPTION = _option(plain_text(75))
CHOICE_OPTION = _option(any_text(75))
CONFIRM = record(
    {"title": plain_text(100), "text": any_text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)


def _values_known(element: dict[str, Any], at: str) -> list[str]:
    """Initial options must be among the offered ones, and values must differ."""
    values = [option["value"] for option in element["options"]]
    if len(set(values)) != len(values):
        return problem("option values must be unique", at)
    first = element.get("initial_option")
    chosen = [first] if first else (element.get("initial_options") or [])
    missing = [option for option in chosen if option["value"] not in values]
    return problem("initial option must match one of the options", at) if missing else []


def _element(kind: str, required: dict[str, Check], optional: dict[str, Check]) -> Check:
    return record({"type": one_of(kind), **required}, {"action_id": string(255), **optional})


def _menu(kind: str, option: Check, most: int, initial: dict[str, Check]) -> Check:
    asks: dict[str, Check] = {"confirm": CONFIRM, "focus_on_load": flag}
    return both(_element(kind, {"options": items(option, most=most)}, {**asks, **initial}), _values_known)


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
CHOOSERS: dict[str, Check] = {
    "static_select": _menu(
        "static_select", MENU_OPTION, 100, {"initial_option": MENU_OPTION, "placeholder": plain_text(150)}
    ),
    "checkboxes": _menu("checkboxes", CHOICE_OPTION, 10, {"initial_options": items(CHOICE_OPTION, most=10)}),
    "radio_buttons": _menu("radio_buttons", CHOICE_OPTION, 10, {"initial_option": CHOICE_OPTION}),
}
TYPED = _element(
    "plain_text_input",
    {},
    {
        "placeholder": plain_text(150),
        "focus_on_load": flag,
        "initial_value": string(3000, shortest=0),
        "multiline": flag,
        "min_length": integer(0, 3000),
        "max_length": integer(1, 3000),
    },
)

IN_ACTIONS = by_type({"button": BUTTON, **CHOOSERS})
IN_INPUT = by_type({"plain_text_input": TYPED, **CHOOSERS})
