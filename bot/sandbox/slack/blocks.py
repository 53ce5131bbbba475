"""What Slack accepts as blocks: the shape of each kind, and the rules over a whole message, modal or Home."""

import re
from typing import Any

from bot.sandbox.slack.elements import (
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_INPUT,
    IN_SECTION,
    SLACK_FILE,
    any_text,
    image_source,
    plain_text,
)
from bot.sandbox.slack.shapes import Check, anything, both, by_type, flag, items, one_of, problem, record, string

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100
MOST_MARKDOWN = 12_000
_HAS_TEXT = re.compile(r"\S")


def _block(kind: str, required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return record({"type": one_of(kind), **required}, {"block_id": string(255), **(optional or {})})


def _text_or_fields(block: dict[str, Any], at: str) -> list[str]:
    return [] if block.get("text") or block.get("fields") else problem("must have text or fields", at)


RICH_TEXT = _block("rich_text", {"elements": items(anything, fewest=0, most=100)})


def _cell(value: Any, at: str) -> list[str]:
    shape = by_type(
        {
            "raw_text": record({"type": one_of("raw_text"), "text": string(3000)}),
            "raw_number": record({"type": one_of("raw_number"), "value": anything, "text": string(3000)}),
            "rich_text": RICH_TEXT,
        }
    )
    wrong = shape(value, at)
    if wrong or value["type"] != "raw_text":
        return wrong
    return [] if _HAS_TEXT.search(value["text"]) else problem("table cells must not be empty", at)


_COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})
_SOURCE = record({"type": one_of("url"), "url": string(3000), "text": string(3000)})
_TASK_TEXT: dict[str, Check] = {"task_id": string(255), "title": string(3000)}
_TASK_REST: dict[str, Check] = {
    "status": one_of("pending", "in_progress", "complete", "error"),
    "details": RICH_TEXT,
    "output": RICH_TEXT,
    "sources": items(_SOURCE, fewest=0, most=50),
}
TASK_CARD = _block("task_card", _TASK_TEXT, _TASK_REST)
# Inside a plan the type goes without saying: Slack's own example leaves it out.
_TASK_OF_PLAN = record(_TASK_TEXT, {"type": one_of("task_card"), "block_id": string(255), **_TASK_REST})


BLOCKS: dict[str, Check] = {
    "section": both(
        _block(
            "section",
            {},
            {
                "text": any_text(3000),
                "fields": items(any_text(2000), most=10),
                "accessory": IN_SECTION,
                "expand": flag,
            },
        ),
        _text_or_fields,
    ),
    "divider": _block("divider", {}),
    "header": _block("header", {"text": plain_text(150)}),
    "context": _block("context", {"elements": items(IN_CONTEXT, most=10)}),
    "actions": _block("actions", {"elements": items(IN_ACTIONS, most=25)}),
    "image": both(
        _block(
            "image",
            {"alt_text": string(2000)},
            {"image_url": string(3000), "slack_file": SLACK_FILE, "title": plain_text(2000)},
        ),
        image_source,
    ),
    "input": _block(
        "input",
        {"label": plain_text(2000), "element": IN_INPUT},
        {"hint": plain_text(2000), "optional": flag, "dispatch_action": flag},
    ),
    "markdown": _block("markdown", {"text": string(MOST_MARKDOWN)}),
    "rich_text": RICH_TEXT,
    "table": _block(
        "table",
        {"rows": items(items(_cell, most=20), most=100)},
        {"column_settings": items(_COLUMN, fewest=0, most=20)},
    ),
    "plan": _block("plan", {"title": string(3000)}, {"tasks": items(_TASK_OF_PLAN, fewest=0, most=50)}),
    "task_card": TASK_CARD,
    "alert": _block(
        "alert", {"text": any_text(3000)}, {"level": one_of("default", "info", "warning", "error", "success")}
    ),
    "card": _block(
        "card",
        {},
        {
            "title": any_text(150),
            "subtitle": any_text(150),
            "body": any_text(200),
            "hero_image": IMAGE,
            "icon": IMAGE,
            "actions": items(IN_ACTIONS, most=5),
        },
    ),
}
_MODAL_ONLY = {"alert"}
_MESSAGE_ONLY = {"plan", "task_card", "table", "card"}
_ANY_BLOCK = by_type(BLOCKS)


def message_problems(blocks: Any) -> list[str]:
    """Everything for which Slack would answer `invalid_blocks`; empty when the blocks are fine."""
    wrong = items(_ANY_BLOCK, fewest=0, most=MOST_IN_MESSAGE)(blocks, "/blocks")
    return wrong or _surface(blocks, _MODAL_ONLY, "messages") or _together(blocks, "/blocks")


def view_problems(view: Any) -> list[str]:
    """Everything for which Slack would refuse a modal or a Home tab."""
    wrong = by_type({"modal": _MODAL, "home": _HOME})(view, "/view")
    if wrong:
        return wrong
    blocks, home = view["blocks"], view["type"] == "home"
    wrong = _surface(blocks, _MESSAGE_ONLY | (_MODAL_ONLY if home else set()), f"{view['type']} views")
    if not wrong and not home and not view.get("submit") and any(block["type"] == "input" for block in blocks):
        wrong = problem("missing required field: submit, as the view has input blocks", "/view")
    return wrong or _together(blocks, "/view/blocks")


_VIEW: dict[str, Check] = {
    "blocks": items(_ANY_BLOCK, fewest=0, most=MOST_IN_VIEW),
}
_VIEW_REST: dict[str, Check] = {
    "private_metadata": string(3000, shortest=0),
    "callback_id": string(255, shortest=0),
    "external_id": string(255, shortest=0),
}
_MODAL = record(
    {"type": one_of("modal"), "title": plain_text(24), **_VIEW},
    {
        **_VIEW_REST,
        "submit": plain_text(24),
        "close": plain_text(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = record({"type": one_of("home"), **_VIEW}, _VIEW_REST)


def _surface(blocks: list[dict[str, Any]], refused: set[str], where: str) -> list[str]:
    return [
        wrong
        for index, block in enumerate(blocks)
        if block["type"] in refused
        for wrong in problem(f"{block['type']} blocks are not allowed in {where}", f"/blocks/{index}")
    ]


def _together(blocks: list[dict[str, Any]], at: str) -> list[str]:
    """Rules that no block breaks alone: ids, one table, the sum of markdown."""
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    wrong = [text for one in twice for text in problem(f'block_id "{one}" already exists', at)]
    if sum(block["type"] == "table" for block in blocks) > 1:
        wrong += problem("only_one_table_allowed", at)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_MARKDOWN:
        wrong += problem(f"markdown blocks together must be less than {MOST_MARKDOWN + 1} characters", at)
    for index, block in enumerate(blocks):
        wrong += _action_ids(block, f"{at}/{index}")
    return wrong


def _action_ids(block: dict[str, Any], at: str) -> list[str]:
    ids = [element["action_id"] for element in block.get("elements") or [] if _acts(block, element)]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    return [text for one in twice for text in problem(f'action_id "{one}" already exists in this block', at)]


def _acts(block: dict[str, Any], element: Any) -> bool:
    return block["type"] == "actions" and isinstance(element, dict) and bool(element.get("action_id"))
