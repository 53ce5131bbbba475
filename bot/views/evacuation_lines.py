"""An evacuation in lines: in the status and above the runs; and the mark of where a member is."""

from collections.abc import Iterable

from bot.views import message as m
from bot.views.text import MARKS, marked
from dr_core.reports.evacuation_line import EvacuationLine, MemberLine

_STAGES = {
    "asked": "open",
    "queued": "waiting",
    "under_way": "running",
    "stands": "held",
    "arrived": "done",
    "failed": "failed",
    "dropped": "void",
}


def mark(one: MemberLine) -> str:
    """The sign of its stage; never alone, a sentence follows."""
    return MARKS["held" if one.held else _STAGES[one.stage]]


def lines(found: Iterable[EvacuationLine]) -> list[m.Block]:
    """Evacuations in the status and above the runs: one block each."""
    return [m.lines([_head(one), *(_line(member) for member in one.members)]) for one in found]


def _head(found: EvacuationLine) -> str:
    left = f"; stays behind: {', '.join(found.left)}" if found.left else ""
    return f"{marked(found.state)} evacuation {found.id}, {found.mode}, {found.source} to {found.target}{left}"


def _line(one: MemberLine) -> str:
    return f"wave {one.wave}: {mark(one)} {one.application}: {one.sentence}"
