"""What is still to be told in threads of cards: the trail's cursor may pass it, so the store keeps how far each is."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

from dr_core.audit.events import Event, EventKind
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import events
from dr_core.store.engine import Tx

T = TypeVar("T")


class Owed:
    """Events of `ops` by the card in whose thread they belong, until they are told; each card's in order.

    `key` is where the data of an event names its card. What another process owed is read before anything is told.
    """

    def __init__(self, services: Services, consumer: str, kinds: frozenset[EventKind], key: str) -> None:
        self._services, self._consumer, self._kinds, self._key = services, consumer, kinds, key
        self._by_card: dict[str, list[Event]] = {}
        self._read = False

    def forget(self) -> None:
        """Another process tells now, these too."""
        self._by_card.clear()
        self._read = False

    async def with_new(self, new: Sequence[Event]) -> list[tuple[str, list[Event]]]:
        """Everything that is to be told now, by card."""
        own = [event for event in new if event.kind in self._kinds]
        if own or not self._read:
            for event in await asyncio.to_thread(self._services.store.read, lambda tx: self._untold(tx, own)):
                card = self._by_card.setdefault(self._card(event), [])
                if event not in card:
                    card.append(event)
            self._read = True
        return [(card, list(waiting)) for card, waiting in self._by_card.items()]

    async def told(self, card: str, seq: int) -> None:
        """Everything of a card up to `seq`; noted after each message, so that whoever tells next goes on from there."""
        await self._write(lambda tx: events.advance(tx, self._consumer, card, seq), Point.OUTBOX_ADVANCE)
        left = [event for event in self._by_card.pop(card, []) if event.seq > seq]
        if left:
            self._by_card[card] = left

    def keep(self, tx: Tx) -> None:
        """In the transaction that moves the cursor over them."""
        for card, waiting in self._by_card.items():
            events.pass_over(tx, self._consumer, card, waiting)

    def _untold(self, tx: Tx, new: Sequence[Event]) -> list[Event]:
        kept = () if self._read else events.passed_over(tx, self._consumer, self._kinds, self._key)
        told = {card: events.told(tx, self._consumer, card) for card in {self._card(event) for event in new}}
        return [*kept, *(event for event in new if event.seq > told[self._card(event)])]

    def _card(self, event: Event) -> str:
        return str(event.data.get(self._key, ""))

    async def _write(self, work: Callable[[Tx], T], point: Point) -> T:
        return await asyncio.to_thread(self._services.store.write, work, point)
