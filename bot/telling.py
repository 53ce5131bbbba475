"""Messages that tell events of the trail: several lines in one, in order, and no more than Slack shows."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.views.message import LONGEST_SECTION, Message, lines, message, section
from dr_core.audit.events import Event, EventKind

_LINES_A_POST = 10
_CHARACTERS_A_POST = LONGEST_SECTION - 100
_NAMING_PEOPLE = frozenset({EventKind.ROSTER_CHANGED})
"""Their lines are mrkdwn of ours, so that Slack shows names; each is a message of its own."""


@dataclass(frozen=True)
class Part:
    """What one message tells: events, and a line of each, which `views/thread.py` made safe."""

    events: tuple[Event, ...]
    told: tuple[str, ...]

    @property
    def seq(self) -> int:
        return self.events[-1].seq

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(event.kind for event in self.events)

    def message(self, mention: str = "") -> Message:
        """The whole of every line; `mention` (mrkdwn) pages."""
        if self.kinds & _NAMING_PEOPLE:
            return Message("; ".join(self.told), (section("\n".join(self.told)),))
        made = message("; ".join(self.told), lines(self.told, LONGEST_SECTION))
        return Message(f"{mention} {made.text}", (section(mention), *made.blocks)) if mention else made


def parts(told: Iterable[tuple[Event, str | None]]) -> list[Part]:
    """The messages that tell these; what has no line is not told."""
    made: list[Part] = []
    some: list[tuple[Event, str]] = []
    for event, text in told:
        if text is None:
            continue
        size = sum(len(line) + 1 for _, line in some)
        full = len(some) == _LINES_A_POST or size + len(text) > _CHARACTERS_A_POST
        if some and (full or event.kind in _NAMING_PEOPLE or some[-1][0].kind in _NAMING_PEOPLE):
            made.append(_part(some))
            some = []
        some.append((event, text))
    return [*made, _part(some)] if some else made


def _part(some: list[tuple[Event, str]]) -> Part:
    return Part(tuple(event for event, _ in some), tuple(line for _, line in some))
