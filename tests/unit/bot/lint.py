"""What Slack would refuse in a whole message or view, found before it is sent; slack_sdk checks single objects only."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from bot.views import message as m

_TABLE_OR_PLAN = ("table", "plan", "task_card")


def message_problems(made: m.Message) -> tuple[str, ...]:
    """Why Slack would refuse the message or show it badly; empty when it is fine."""
    found = list(_blocks(made.blocks, m.MOST_BLOCKS))
    if not made.text.strip():
        found.append("a message needs a fallback text")
    if len(made.text) > m.LONGEST_TEXT:
        found.append(f"the fallback text is over {m.LONGEST_TEXT} characters")
    if m.characters(made.blocks) > m.LONGEST_BLOCKS:
        found.append(f"the blocks are over {m.LONGEST_BLOCKS} characters together")
    if any(block["type"] == "input" for block in made.blocks):
        found.append("inputs belong in modals")
    return tuple(found)


def view_problems(view: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """The same for a modal or a Home tab."""
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    given = [block for block in blocks if isinstance(block, dict)]
    found = list(_blocks(given, m.MOST_VIEW_BLOCKS))
    found += [f"{block['type']} is not allowed in a view" for block in given if block["type"] in _TABLE_OR_PLAN]
    if view["type"] == "modal":
        found += [
            f"{key} is over 24 characters" for key in ("title", "submit", "close") if len(_text(view.get(key))) > 24
        ]
        if any(block["type"] == "input" for block in given) and "submit" not in view:
            found.append("a modal with inputs needs a submit")
    if len(str(view.get("private_metadata", ""))) > 3000:
        found.append("private_metadata is over 3000 characters")
    return tuple(found)


def _blocks(blocks: Sequence[m.Block], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, at most {most}"
    if sum(block["type"] == "table" for block in blocks) > 1:
        yield "more than one table"
    primary = [element for block in blocks for element in _elements(block) if element.get("style") == "primary"]
    if len(primary) > 1:
        yield "more than one primary button"
    ids = [str(block["block_id"]) for block in blocks if "block_id" in block]
    yield from (f"block_id {one} twice" for one in sorted({one for one in ids if ids.count(one) > 1}))
    for block in blocks:
        yield from _one(block)


def _one(block: m.Block) -> Iterator[str]:
    kind = block["type"]
    if kind == "section":
        yield from _section(block)
    elif kind == "header" and len(_text(block["text"])) > m.LONGEST_HEADER:
        yield "header too long"
    elif kind == "table":
        yield from _table(block)
    elif kind == "plan" and len(_items(block, "tasks")) > m.MOST_TASKS:
        yield "plan with too many tasks"
    elif kind == "actions":
        yield from _actions(block)
    elif kind == "context" and not 1 <= len(_items(block, "elements")) <= 10:
        yield "context with a wrong number of elements"
    elif kind == "image" and not block.get("alt_text"):
        yield "image without alt_text"


def _section(block: m.Block) -> Iterator[str]:
    if not block.get("text") and not block.get("fields"):
        yield "empty section"
    if block.get("text") and not 1 <= len(_text(block["text"])) <= m.LONGEST_SECTION:
        yield "section text too long or empty"
    shown = _items(block, "fields")
    if len(shown) > m.MOST_FIELDS or any(not 1 <= len(_text(field)) <= m.LONGEST_FIELD for field in shown):
        yield "section with too many or too long fields"


def _table(block: m.Block) -> Iterator[str]:
    rows = [row for row in _items(block, "rows") if isinstance(row, list)]
    if len(rows) > m.MOST_ROWS or any(len(row) > m.MOST_CELLS for row in rows):
        yield "table too large"
    if any(not _text(cell).strip() for row in rows for cell in row):
        yield "table with an empty cell"
    if len({len(row) for row in rows}) > 1:
        yield "table with rows of different lengths"


def _actions(block: m.Block) -> Iterator[str]:
    elements = list(_elements(block))
    if not 1 <= len(elements) <= 25:
        yield "actions with a wrong number of elements"
    ids = [str(element.get("action_id")) for element in elements]
    if len(set(ids)) != len(ids):
        yield "action_id twice in one block"
    if any(len(_text(element.get("text"))) > m.LONGEST_BUTTON for element in elements):
        yield "button label too long"


def _elements(block: m.Block) -> Iterator[dict[str, JsonValue]]:
    for element in _items(block, "elements"):
        if isinstance(element, dict):
            yield element


def _items(block: m.Block, key: str) -> list[JsonValue]:
    value = block.get(key)
    return value if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    return str(value.get("text", "")) if isinstance(value, dict) else ""
