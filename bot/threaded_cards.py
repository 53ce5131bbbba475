"""A card with a thread: posted once, kept at its latest state where it stands, and everything about it told once."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import structlog

from bot.owed import Owed
from bot.posting import CONSUMER, Mark, Posting
from bot.slack import SlackRefusedError
from bot.telling import Part, parts
from bot.views import thread
from bot.views.message import Message
from dr_core.audit.events import Event, EventKind
from dr_core.errors import DrError, UnreachableError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import cards
from dr_core.store.cards import Carded, Place
from dr_core.store.engine import Tx

GONE = ("message_not_found", "cant_update_message")
NO_THREAD = ("thread_not_found", "message_not_found")
T = TypeVar("T")
_log = structlog.get_logger()


@dataclass(frozen=True)
class Drawing:
    """A card as it is now: where it stands, and the print and the making of what it tells; `draw(True)` pages.

    `pages`: whether its first post does. `pinned` None: it is never pinned.
    """

    place: Place
    fingerprint: str
    draw: Callable[[bool], Message]
    pages: bool
    pinned: bool | None = None


class ThreadedCards(ABC):
    """Works for the announcer, through what it posts with, and hears from it when something was told (`stirred`).

    `mention` names the approvers in mrkdwn. `loud` is told in the channel, too; `paging` with the mention.
    """

    carded: ClassVar[Carded]
    kinds: ClassVar[frozenset[EventKind]]
    loud: ClassVar[frozenset[EventKind]]
    paging: ClassVar[frozenset[EventKind]]

    def __init__(self, services: Services, slack: Posting, mention: str) -> None:
        self._services, self._slack, self._mention = services, slack, mention
        self._channel = services.topology.slack.incident_channel
        self._heard: dict[str, int] = {}
        self.owed = Owed(services, CONSUMER, self.kinds, self.carded)
        self.stirred = True

    @abstractmethod
    def changing(self, tx: Tx) -> tuple[str, ...]:
        """Whose cards may not show the latest state."""

    @abstractmethod
    def drawing(self, about: str) -> Drawing | None:
        """The card as it is now; None where there is nothing of this id."""

    @abstractmethod
    async def keep(self, about: str, shown: Place) -> None:
        """Note where the card stands and what it shows."""

    def forget(self) -> None:
        """Another process tells now: what this one knew of Slack may be old by the time it tells again."""
        self._heard.clear()
        self.owed.forget()
        self.stirred = True

    async def refresh(self) -> list[DrError]:
        """`show`, where anything was told since the last time: a card tells nothing that no event tells."""
        if not self.stirred:
            return []
        problems = await self.show() + await self.tell(())
        self.stirred = bool(problems)
        return problems

    async def show(self) -> list[DrError]:
        """Every card that may still change; what Slack refuses for one keeps no other back."""
        problems: list[DrError] = []
        for about in await self._read(self.changing):
            try:
                await self._show(about)
            except UnreachableError:
                raise
            except DrError as error:
                problems.append(error)
        return problems

    async def tell(self, events: Sequence[Event]) -> list[DrError]:
        """What happened, in its thread. What Slack refuses is owed, and told with the next redrawing."""
        problems: list[DrError] = []
        for about, own in await self.owed.with_new(events):
            try:
                await self._tell(about, own)
            except SlackRefusedError as error:
                problems.append(error)
                self.stirred = True
        return problems

    async def _tell(self, about: str, own: Sequence[Event]) -> None:
        ts = await self.thread(about)
        if ts is not None:
            known = await self._known(about, ts)
            for part in parts((event, thread.line(event)) for event in own if event.seq > known):
                ts = await self._reply(about, ts, part, Mark(about, part.seq))
                if part.seq < own[-1].seq:
                    await self.owed.told(about, part.seq)
        await self.owed.told(about, own[-1].seq)

    async def thread(self, about: str) -> str | None:
        """Where the thread begins: at the card as it is now, which is posted where it does not stand yet."""
        return await self._show(about)

    async def _reply(self, about: str, ts: str, part: Part, mark: Mark | None) -> str:
        """One message in the thread; answers where that begins, which is anew where somebody deleted it."""
        loud = bool(part.kinds & self.loud)
        made = part.message(self._mention if part.kinds & self.paging else "")
        try:
            await self._slack.post(self._channel, made, thread=ts, broadcast=loud, mark=mark)
        except UnreachableError:
            self._heard.pop(about, None)  # it may have been told
            raise
        except SlackRefusedError as error:
            if error.word not in NO_THREAD:
                raise
            await self.keep(about, Place(self._channel, None, ""))
            ts = await self.thread(about) or ts
            await self._slack.post(self._channel, made, thread=ts, broadcast=loud, mark=mark)
        return ts

    async def _known(self, about: str, ts: str) -> int:
        """How far the thread tells already, asked once after a start or a lost answer: what is noted may lag it."""
        if about not in self._heard:
            marks = await self._slack.marked(self._channel, ts) or {}
            self._heard[about] = max((mark.seq for mark in marks.values() if mark.chain == about), default=0)
        return self._heard[about]

    async def _show(self, about: str) -> str | None:
        """The card in its latest state; posted once, updated where it changed. Answers its ts."""
        now = await asyncio.to_thread(self.drawing, about)
        if now is None:
            return None
        place = now.place
        if place.ts is not None and place.fingerprint == now.fingerprint:
            return place.ts
        if place.ts is None or not await self._updated(place.channel, place.ts, now):
            place = await self._posted(about, now)
        if now.pinned is not None and (not place.fingerprint or not now.pinned):
            await self._pin(place, pinned=now.pinned)  # at the first showing and the end: Slack takes few such calls
        # Last of all: a crash before this does the above once more, which changes nothing that is so already.
        await self.keep(about, Place(place.channel, place.ts, now.fingerprint))
        return place.ts

    async def _updated(self, channel: str | None, ts: str, now: Drawing) -> bool:
        """False where somebody deleted it, and its thread with it."""
        try:
            await self._slack.update(channel or self._channel, ts, now.draw(False))
        except SlackRefusedError as error:
            if error.word not in GONE:
                raise
            return False
        return True

    async def _posted(self, about: str, now: Drawing) -> Place:
        """The card's first post, or the one that a crash kept from being recorded, where its mark can be read."""
        card = Mark(about, 0)
        marks = await self._slack.marked(self._channel) or {}
        ts = next((at for at, mark in marks.items() if mark == card), None)
        if ts is None:
            ts = await self._slack.post(self._channel, now.draw(now.pages), mark=card)
        shown = Place(self._channel, ts, "")
        await self.keep(about, shown)
        return shown

    async def _pin(self, place: Place, *, pinned: bool) -> None:
        """A card that cannot be pinned (a hundred are, or the scope is missing) is a card all the same."""
        assert place.ts is not None
        try:
            await self._slack.pin(place.channel or self._channel, place.ts, pinned=pinned)
        except SlackRefusedError as error:
            _log.warning("card not pinned" if pinned else "card not unpinned", card=self.carded, problem=str(error))

    async def _keep(self, about: str, shown: Place, point: Point) -> None:
        await asyncio.to_thread(
            self._services.store.write, lambda tx: cards.put_place(tx, self.carded, about, shown), point
        )

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.to_thread(self._services.store.read, work)
