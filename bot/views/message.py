"""Messages as values, the blocks they are made of, and the linter that holds them to Slack's limits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from bot.views.text import cut, escape, one_line

Block = dict[str, JsonValue]

MOST_BLOCKS = 50
MOST_VIEW_BLOCKS = 100
LONGEST_TEXT = 4000
LONGEST_SECTION = 3000
LONGEST_FIELD = 2000
LONGEST_HEADER = 150
LONGEST_BUTTON = 75
LONGEST_MARKDOWN = 12_000
MOST_FIELDS = 10
MOST_ROWS = 100
MOST_CELLS = 20
MOST_TASKS = 50
_LONGEST_TASK = 280


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


def lines(texts: Iterable[str]) -> Block:
    """Several lines shown as they are; each is made one safe line."""
    return {"type": "section", "text": plain("\n".join(one_line(text) for text in texts))}


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


def confirm(title: str, text: str, yes: str, no: str, *, style: str | None = None) -> Block:
    """The lesser of the two confirmations: a dialog with two buttons."""
    made: Block = {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }
    if style:
        made["style"] = style
    return made


def actions(buttons: Sequence[Block]) -> Block:
    return {"type": "actions", "elements": list[JsonValue](buttons)}


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Block:
    """A table; the columns in `right` hold numbers. Rows over the limit are counted in the last one."""
    kept = list(rows)
    if len(kept) > MOST_ROWS - 1:
        more = len(kept) - (MOST_ROWS - 2)
        kept = [*kept[: MOST_ROWS - 2], (f"\N{HORIZONTAL ELLIPSIS} {more} more in the thread", *[""] * (len(head) - 1))]
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
    shown = f"{title} (\N{HORIZONTAL ELLIPSIS} {more} more in the thread)" if more > 0 else title
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
    """At most 50 blocks; what is cut is counted, and the buttons stay."""
    if len(made.blocks) <= MOST_BLOCKS:
        return made
    buttons = [block for block in made.blocks if block["type"] == "actions"]
    rest = [block for block in made.blocks if block["type"] != "actions"]
    kept = rest[: MOST_BLOCKS - 1 - len(buttons)]
    more = context(f"\N{HORIZONTAL ELLIPSIS} {len(rest) - len(kept)} more in the thread")
    return replace(made, blocks=(*kept, more, *buttons))


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
