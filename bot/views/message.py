"""Messages as values, and the blocks they are made of, within Slack's limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pydantic import JsonValue

from bot.views.text import LONGEST_QUOTE, cut, escape, one_line

Block = dict[str, JsonValue]

MOST_BLOCKS = 50
MOST_VIEW_BLOCKS = 100
LONGEST_TEXT = 4000
LONGEST_SECTION = 3000
LONGEST_FIELD = 2000
LONGEST_HEADER = 150
LONGEST_BUTTON = 75
LONGEST_BLOCKS = 12_000
"""Characters in all blocks of a posted message together; over it Slack answers `msg_blocks_too_long`. Its pages name no
number, this one is what its people say: github.com/slackapi/bolt-js/issues/2509."""
MOST_FIELDS = 10
MOST_ROWS = 100
MOST_CELLS = 20
MOST_TASKS = 50
_LONGEST_TASK = 280
_ROOM_TO_COUNT = 100


@dataclass(frozen=True)
class Message:
    """What is posted. `text` is the fallback that screen readers and notifications use; it is escaped already."""

    text: str
    blocks: tuple[Block, ...] = ()


def plain(text: str, longest: int = LONGEST_SECTION) -> Block:
    """A plain_text object: Slack shows it as it is."""
    return {"type": "plain_text", "text": cut(text, longest) or "-", "emoji": True}


def mrkdwn(text: str, longest: int = LONGEST_SECTION) -> Block:
    """A mrkdwn object; what comes from outside must be escaped by the caller."""
    return {"type": "mrkdwn", "text": cut(text, longest) or "-"}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(one_line(text), LONGEST_HEADER)}


def section(text: str) -> Block:
    """A section of mrkdwn that we wrote."""
    return {"type": "section", "text": mrkdwn(text)}


def quoted(label: str, text: str) -> Block:
    """Text from a person or from AWS: labelled, one line, shown as it is."""
    return {"type": "section", "text": plain(f"{label}: {one_line(text) or '-'}")}


def lines(texts: Iterable[str], longest: int = LONGEST_QUOTE) -> Block:
    """Several lines shown as they are; each is made one safe line."""
    return {"type": "section", "text": plain("\n".join(one_line(text, longest) for text in texts))}


def fields(pairs: Sequence[tuple[str, str]]) -> Block:
    """Labelled values that we measured or configured, two a row."""
    shown = [mrkdwn(f"*{label}*\n{escape(value)}", LONGEST_FIELD) for label, value in pairs[:MOST_FIELDS]]
    return {"type": "section", "fields": list[JsonValue](shown)}


def context(*texts: str) -> Block:
    """Small print in mrkdwn that we wrote."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def divider() -> Block:
    return {"type": "divider"}


def preformatted(text: str) -> Block:
    """Plain lines in a fixed-width font, literally: no markup in it is read."""
    element: Block = {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": cut(text, LONGEST_SECTION) or "-"}],
    }
    return {"type": "rich_text", "elements": [element]}


def rich(text: str) -> Block:
    """One paragraph, literally."""
    element: Block = {"type": "rich_text_section", "elements": [{"type": "text", "text": text or "-"}]}
    return {"type": "rich_text", "elements": [element]}


def button(
    label: str,
    action: str,
    value: str,
    *,
    style: str | None = None,
    confirm: Block | None = None,
    spoken: str | None = None,
) -> Block:
    """A button whose value is one opaque token."""
    made: Block = {"type": "button", "text": plain(label, LONGEST_BUTTON), "action_id": action, "value": value}
    if style:
        made["style"] = style
    if confirm:
        made["confirm"] = confirm
    if spoken:
        made["accessibility_label"] = cut(spoken, LONGEST_BUTTON)
    return made


def confirm(title: str, text: str, yes: str, no: str) -> Block:
    """The lesser of the two confirmations: a dialog with two buttons."""
    return {"title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30), "deny": plain(no, 30)}


def actions(buttons: Sequence[Block]) -> Block:
    return {"type": "actions", "elements": list[JsonValue](buttons)}


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Block:
    """A table; the columns in `right` hold numbers. Rows over the limit are counted in the last one."""
    kept = list(rows)
    if len(kept) > MOST_ROWS - 1:
        more = len(kept) - (MOST_ROWS - 2)
        kept = [*kept[: MOST_ROWS - 2], (f"\N{HORIZONTAL ELLIPSIS} {more} more, not shown", *[""] * (len(head) - 1))]
    cells = [[_cell(text) for text in row[:MOST_CELLS]] for row in (head, *kept)]
    settings: list[JsonValue] = [
        {"align": "right" if column in right else "left", "is_wrapped": True}
        for column in range(min(len(head), MOST_CELLS))
    ]
    return {"type": "table", "rows": [list[JsonValue](row) for row in cells], "column_settings": settings}


def _cell(text: str) -> Block:
    return {"type": "raw_text", "text": one_line(text) or "-"}


@dataclass(frozen=True)
class Task:
    """One step in a plan block. `status` is pending, in_progress, complete or error."""

    id: str
    title: str
    status: str
    details: str = ""


def plan(title: str, tasks: Sequence[Task]) -> Block:
    """A run's steps; steps over the limit are counted in the title."""
    more = len(tasks) - MOST_TASKS
    shown = f"{title} (\N{HORIZONTAL ELLIPSIS} {more} more, not shown)" if more > 0 else title
    return {"type": "plan", "title": one_line(shown), "tasks": [_task_card(task) for task in tasks[:MOST_TASKS]]}


def _task_card(task: Task) -> Block:
    card: Block = {
        "type": "task_card",
        "task_id": task.id,
        "title": one_line(task.title, _LONGEST_TASK),
        "status": task.status,
    }
    if task.details:
        card["details"] = rich(one_line(task.details))
    return card


def message(text: str, *blocks: Block) -> Message:
    """A message with its fallback text (unescaped here), fitted to Slack's limits."""
    return fit(Message(cut(escape(text), LONGEST_TEXT), blocks))


def fit(made: Message) -> Message:
    """At most 50 blocks and 12,000 characters: lines are cut from the middle and counted, and the buttons stay."""
    if len(made.blocks) <= MOST_BLOCKS and characters(made.blocks) <= LONGEST_BLOCKS:
        return made
    buttons = [block for block in made.blocks if block["type"] == "actions"]
    rest = [block for block in made.blocks if block["type"] != "actions"]
    room = LONGEST_BLOCKS - characters(buttons) - _ROOM_TO_COUNT
    return replace(made, blocks=(*_without_middle(rest, room, MOST_BLOCKS - 1 - len(buttons)), *buttons))


def characters(part: object) -> int:
    """All that is read in blocks, counted as Slack does or a little more."""
    if isinstance(part, dict):
        said = sum(len(part[key]) for key in ("text", "title") if isinstance(part.get(key), str))
        return said + sum(characters(value) for value in part.values())
    return sum(characters(one) for one in part) if isinstance(part, list | tuple) else 0


@dataclass(frozen=True)
class _Line:
    """One line of a block's text, row of its table or task of its plan; of any other block all of it."""

    block: int
    part: JsonValue
    size: int


def _without_middle(blocks: Sequence[Block], room: int, most: int) -> list[Block]:
    """The first and the last lines that `room` characters and `most` blocks hold, and how many stood between."""
    every: list[_Line] = []
    for at, block in enumerate(blocks):
        found = [_Line(at, part, _size(part)) for part in _parts(block)]
        room -= max(0, characters(block) - sum(line.size for line in found))  # heads of tables, titles of plans
        every += found
    first = _as_many(every, room * 2 // 3, most - most // 3)
    left = every[len(first) :]
    last = _as_many(left[::-1], room - sum(line.size for line in first), most // 3)[::-1]
    kept = [
        _with_parts(blocks[at], [line.part for line in found])
        for at, found in groupby((*first, *last), key=lambda line: line.block)
    ]
    gap = len({line.block for line in first})
    more = f"{len(left) - len(last)} more lines than a message holds: `dr` in a terminal shows them"
    return [*kept[:gap], context(f"\N{HORIZONTAL ELLIPSIS} {more}"), *kept[gap:]]


def _size(part: JsonValue) -> int:
    return len(part) + 1 if isinstance(part, str) else characters(part)


def _as_many(given: Sequence[_Line], room: int, most: int) -> list[_Line]:
    kept: list[_Line] = []
    for line in given:
        room -= line.size
        if room < 0 or len({one.block for one in (*kept, line)}) > most:
            break
        kept.append(line)
    return kept


def _parts(block: Block) -> list[JsonValue]:
    rows, tasks, text = block.get("rows"), block.get("tasks"), block.get("text")
    if isinstance(rows, list):
        return rows[1:]
    if isinstance(tasks, list):
        return tasks
    if block["type"] == "section" and isinstance(text, dict):
        return [*str(text["text"]).split("\n")]
    return [block]


def _with_parts(block: Block, parts: list[JsonValue]) -> Block:
    rows, text = block.get("rows"), block.get("text")
    if isinstance(rows, list):
        return {**block, "rows": [rows[0], *parts]}
    if "tasks" in block:
        return {**block, "tasks": parts}
    if block["type"] == "section" and isinstance(text, dict):
        return {**block, "text": {**text, "text": "\n".join(map(str, parts)) or "-"}}
    return block


def without_new_blocks(made: Message) -> Message:
    """The same message in sections only, for a Slack that refuses `plan` or `table` blocks."""
    plainer = [piece for block in made.blocks for piece in _as_sections(block)]
    return fit(Message(made.text, tuple(plainer)))


def _as_sections(block: Block) -> list[Block]:
    if block["type"] == "table":
        rows = block["rows"]
        assert isinstance(rows, list)
        texts = [" | ".join(_text_of(cell) for cell in row) for row in rows if isinstance(row, list)]
        return [lines(texts[start : start + 10]) for start in range(0, len(texts), 10)]
    if block["type"] == "plan":
        tasks = block["tasks"]
        assert isinstance(tasks, list)
        texts = [f"{task['status']}: {task['title']}" for task in tasks if isinstance(task, dict)]
        return [
            section(f"*{escape(str(block['title']))}*"),
            *(lines(texts[at : at + 10]) for at in range(0, len(texts), 10)),
        ]
    return [block]


def _text_of(cell: JsonValue) -> str:
    return str(cell["text"]) if isinstance(cell, dict) else ""
