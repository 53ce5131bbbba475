"""The card of each evacuation, kept at its latest state until it is over, and its thread."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.posting import Mark, Posting
from bot.slack import SlackRefusedError
from bot.views import evacuation as drawn
from bot.views import thread
from bot.views.message import Message, lines, message, section
from dr_core.audit.events import Event, EventKind
from dr_core.errors import DrError, UnreachableError
from dr_core.failpoints import Point
from dr_core.reports.evacuation import EvacuationView, view_of
from dr_core.services import Services
from dr_core.store import evacuations
from dr_core.store.engine import Tx
from dr_core.store.incidents import Place

OF_EVACUATIONS = frozenset(kind for kind in EventKind if kind.value.startswith("evacuation."))
LOUD = thread.LOUD | {EventKind.EVACUATION_HELD, EventKind.EVACUATION_LAPSED, EventKind.EVACUATION_ENDED}
"""What is told in the channel, too."""
PAGING = thread.PAGING | {
    EventKind.EVACUATION_RENEWED,
    EventKind.EVACUATION_HELD,
    EventKind.EVACUATION_LAPSED,
}
_GONE = ("message_not_found", "cant_update_message")
_NO_THREAD = ("thread_not_found", "message_not_found")
_LINES_A_POST = 10
T = TypeVar("T")


@dataclass(frozen=True)
class _Read:
    """What a card is drawn from, and where it stands."""

    view: EvacuationView
    tokens: Mapping[str, str]
    place: Place


class EvacuationCards:
    """Works for the announcer, which holds the lease and says when something was told (`stirred`).

    `mention` names the approvers in mrkdwn.
    """

    def __init__(self, services: Services, slack: Posting, mention: str) -> None:
        self._services, self._slack, self._mention = services, slack, mention
        self._channel = services.topology.slack.incident_channel
        self._sure: set[str] = set()
        self._told: dict[str, int] = {}
        self._owed: dict[str, list[Event]] = {}
        self.stirred = True

    def forget(self) -> None:
        """Another process tells now: what this one knew of Slack may be old by the time it tells again."""
        self._sure.clear()
        self.stirred = True

    async def refresh(self) -> list[DrError]:
        """Show the latest state, where anything was told since the last time: steps of members move the card, too."""
        if not self.stirred:
            return []
        problems = await self.show() + await self.tell(())
        self.stirred = bool(problems)
        return problems

    async def show(self) -> list[DrError]:
        """Every card that may still change; what Slack refuses for one keeps no other back."""
        problems: list[DrError] = []
        for evacuation_id in await self._read(_changing):
            try:
                await self._show(evacuation_id)
            except UnreachableError:
                raise
            except DrError as error:
                problems.append(error)
        return problems

    async def tell(self, events: Sequence[Event]) -> list[DrError]:
        """What happened, in the thread. What Slack refuses is owed, and told with the next redrawing."""
        for event in (one for one in events if one.kind in OF_EVACUATIONS):
            own = self._owed.setdefault(str(event.data["evacuation"]), [])
            if event not in own:
                own.append(event)
        problems: list[DrError] = []
        for evacuation_id, own in list(self._owed.items()):
            try:
                await self._tell(evacuation_id, own)
            except SlackRefusedError as error:
                problems.append(error)
                self.stirred = True
            else:
                del self._owed[evacuation_id]
        return problems

    async def _tell(self, evacuation_id: str, own: Sequence[Event]) -> None:
        ts = await self._show(evacuation_id)
        known = await self._heard(evacuation_id, ts)
        own = [event for event in own if event.seq > known]
        for start in range(0, len(own), _LINES_A_POST):
            part = own[start : start + _LINES_A_POST]
            told = [line for event in part if (line := thread.line(event)) is not None]
            ts = await self._reply(evacuation_id, ts, told, part, Mark(evacuation_id, part[-1].seq))
            self._told[evacuation_id] = part[-1].seq

    async def tell_of(self, evacuation_id: str, found: Sequence[tuple[str, Event]]) -> None:
        """What happened to members before their runs, several in one message; a lost answer has it told once more."""
        ts = await self._show(evacuation_id)
        for start in range(0, len(found), _LINES_A_POST):
            part = found[start : start + _LINES_A_POST]
            told = [f"{name}: {line}" for name, event in part if (line := thread.line(event)) is not None]
            ts = await self._reply(evacuation_id, ts, told, [event for _, event in part], None)

    async def _reply(
        self, evacuation_id: str, ts: str, told: Sequence[str], part: Sequence[Event], mark: Mark | None
    ) -> str:
        """One message in the thread; answers where that begins, which is anew where somebody deleted it."""
        made = message("; ".join(told), lines(told))
        loud = any(event.kind in LOUD for event in part)
        if any(event.kind in PAGING for event in part):
            made = Message(f"{self._mention} {made.text}", (section(self._mention), *made.blocks))
        try:
            await self._slack.post(self._channel, made, thread=ts, broadcast=loud, mark=mark)
        except UnreachableError:
            self._sure.discard(evacuation_id)  # it may have been told
            raise
        except SlackRefusedError as error:
            if error.word not in _NO_THREAD:
                raise
            await self._keep(evacuation_id, Place(self._channel, None, ""))
            ts = await self._show(evacuation_id)
            await self._slack.post(self._channel, made, thread=ts, broadcast=loud, mark=mark)
        return ts

    async def _heard(self, evacuation_id: str, ts: str) -> int:
        """How far the thread tells already: asked once after a start or a lost answer, and remembered."""
        if evacuation_id not in self._sure:
            marks = await self._slack.marked(self._channel, ts) or {}
            self._sure.add(evacuation_id)
            seen = max((mark.seq for mark in marks.values() if mark.chain == evacuation_id), default=0)
            self._told[evacuation_id] = max(seen, self._told.get(evacuation_id, 0))
        return self._told[evacuation_id]

    async def _show(self, evacuation_id: str) -> str:
        """The card in its latest state; posted once, updated where it changed. Answers its ts."""
        read = await self._read(lambda tx: self._look(tx, evacuation_id))
        print_ = hashlib.sha256(read.view.model_dump_json().encode()).hexdigest()
        place = read.place
        if place.ts is not None and place.fingerprint == print_:
            return place.ts
        if place.ts is None or not await self._updated(place, read):
            place = await self._posted(evacuation_id, read)
        assert place.ts is not None
        await self._keep(evacuation_id, Place(place.channel, place.ts, print_))
        return place.ts

    async def _updated(self, place: Place, read: _Read) -> bool:
        """False where somebody deleted it, and its thread with it."""
        assert place.ts is not None
        try:
            made = drawn.card(read.view, read.tokens, mention=self._mention)
            await self._slack.update(place.channel or self._channel, place.ts, made)
        except SlackRefusedError as error:
            if error.word not in _GONE:
                raise
            return False
        return True

    async def _posted(self, evacuation_id: str, read: _Read) -> Place:
        """The card's first post, or the one that a crash kept from being recorded, where its mark can be read."""
        marks = await self._slack.marked(self._channel) or {}
        ts = next((at for at, mark in marks.items() if mark == Mark(evacuation_id, 0)), None)
        if ts is None:
            paging = read.view.state == "open"
            made = drawn.card(read.view, read.tokens, mention=self._mention, paging=paging)
            ts = await self._slack.post(self._channel, made, mark=Mark(evacuation_id, 0))
        shown = Place(self._channel, ts, "")
        await self._keep(evacuation_id, shown)
        return shown

    def _look(self, tx: Tx, evacuation_id: str) -> _Read:
        found, place = evacuations.get(tx, evacuation_id), evacuations.place(tx, evacuation_id)
        assert place is not None
        view = view_of(tx, self._services.topology, found)
        return _Read(view, evacuations.tokens(tx, evacuation_id), place)

    async def _keep(self, evacuation_id: str, shown: Place) -> None:
        write = self._services.store.write
        await asyncio.to_thread(
            write, lambda tx: evacuations.put_place(tx, evacuation_id, shown), Point.EVACUATION_CARD
        )

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.to_thread(self._services.store.read, work)


def _changing(tx: Tx) -> tuple[str, ...]:
    """Those that are not over; the last words of one that is are told by its last event."""
    return tuple(one.id for one in evacuations.unfinished(tx))
