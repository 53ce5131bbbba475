"""What Slack accepts as blocks, as far as the bot draws them: each kind's shape, and the rules over a whole surface."""

# https://docs.slack.dev/reference/block-kit/blocks has a page for each kind; what does not stand here is refused.

from typing import Any

from bot.sandbox.slack.elements import IN_ACTIONS, IN_INPUT, any_text, plain_text
from bot.sandbox.slack.shapes import Check, both, by_type, flag, items, one_of, problem, record, string

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100


def _block(kind: str, required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return record({"type": one_of(kind), **required}, {"block_id": string(255), **(optional or {})})


def _text_or_fields(block: dict[str, Any], at: str) -> list[str]:
    return [] if block.get("text") or block.get("fields") else problem("must have text or fields", at)


def _image_source(block: dict[str, Any], at: str) -> list[str]:
    """An image stands on the web or in Slack, not both and not nowhere."""
    given = [key for key in ("image_url", "slack_file") if block.get(key)]
    return [] if len(given) == 1 else problem("exactly one of image_url and slack_file is required", at)


def _not_blank(cell: dict[str, Any], at: str) -> list[str]:
    return [] if cell["text"].strip() else problem("table cells must not be empty", at)


_CELL = both(record({"type": one_of("raw_text"), "text": string(3000)}), _not_blank)
_COLUMN = record({}, {"align": one_of("left", "center", "right"), "is_wrapped": flag})
_LITERAL = items(record({"type": one_of("text"), "text": string(3000)}), most=100)
_RICH_KINDS = ("rich_text_section", "rich_text_preformatted")
_RICH_PART = by_type({kind: record({"type": one_of(kind), "elements": _LITERAL}) for kind in _RICH_KINDS})
_RICH_TEXT = _block("rich_text", {"elements": items(_RICH_PART, most=100)})
# Inside a plan the type goes without saying: Slack's own example leaves it out.
_TASK = record(
    {"task_id": string(255), "title": string(3000)},
    {
        "type": one_of("task_card"),
        "block_id": string(255),
        "status": one_of("pending", "in_progress", "complete", "error"),
        "details": _RICH_TEXT,
    },
)

BLOCKS: dict[str, Check] = {
    "section": both(
        _block("section", {}, {"text": any_text(3000), "fields": items(any_text(2000), most=10)}), _text_or_fields
    ),
    "divider": _block("divider", {}),
    "header": _block("header", {"text": plain_text(150)}),
    "context": _block("context", {"elements": items(any_text(), most=10)}),
    "actions": _block("actions", {"elements": items(IN_ACTIONS, most=25)}),
    "image": both(
        _block(
            "image",
            {"alt_text": string(2000)},
            {
                "image_url": string(3000),
                "slack_file": record({}, {"id": string(64), "url": string(3000)}),
                "title": plain_text(2000),
            },
        ),
        _image_source,
    ),
    "input": _block(
        "input",
        {"label": plain_text(2000), "element": IN_INPUT},
        {"hint": plain_text(2000), "optional": flag},
    ),
    "rich_text": _RICH_TEXT,
    "table": _block(
        "table",
        {"rows": items(items(_CELL, most=20), most=100)},
        {"column_settings": items(_COLUMN, fewest=0, most=20)},
    ),
    "plan": _block("plan", {"title": string(3000)}, {"tasks": items(_TASK, fewest=0, most=50)}),
    "alert": _block(
        "alert", {"text": any_text(3000)}, {"level": one_of("default", "info", "warning", "error", "success")}
    ),
}
_MODAL_ONLY = {"alert"}
_MESSAGE_ONLY = {"plan", "table"}
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


_VIEW: dict[str, Check] = {"blocks": items(_ANY_BLOCK, fewest=0, most=MOST_IN_VIEW)}
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
    """Rules that no block breaks alone: ids, and one table."""
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    wrong = [text for one in twice for text in problem(f'block_id "{one}" already exists', at)]
    if sum(block["type"] == "table" for block in blocks) > 1:
        wrong += problem("only_one_table_allowed", at)
    for index, block in enumerate(blocks):
        wrong += _action_ids(block, f"{at}/{index}")
    return wrong


def _action_ids(block: dict[str, Any], at: str) -> list[str]:
    elements = block["elements"] if block["type"] == "actions" else []
    ids = [element["action_id"] for element in elements if element.get("action_id")]
    twice = sorted({one for one in ids if ids.count(one) > 1})
    return [text for one in twice for text in problem(f'action_id "{one}" already exists in this block', at)]
