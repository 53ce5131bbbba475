"""The card of each evacuation, kept at its latest state until it is over, and its thread."""

import hashlib
from collections.abc import Sequence

from bot.telling import parts
from bot.threaded_cards import Drawing, ThreadedCards
from bot.views import evacuation as drawn
from bot.views import thread
from dr_core.audit.events import Event, EventKind
from dr_core.failpoints import Point
from dr_core.reports.evacuation import view_of
from dr_core.store import cards, evacuations
from dr_core.store.cards import Carded, Place
from dr_core.store.engine import Tx

OF_EVACUATIONS = frozenset(kind for kind in EventKind if kind.value.startswith("evacuation."))


class EvacuationCards(ThreadedCards):
    """Everything that happens to it is told in the thread; steps of members move the card, too."""

    carded = Carded.EVACUATION
    kinds = OF_EVACUATIONS
    loud = thread.LOUD | {EventKind.EVACUATION_HELD, EventKind.EVACUATION_LAPSED, EventKind.EVACUATION_ENDED}
    paging = thread.PAGING | {
        EventKind.EVACUATION_RENEWED,
        EventKind.EVACUATION_HELD,
        EventKind.EVACUATION_LAPSED,
    }

    def changing(self, tx: Tx) -> tuple[str, ...]:
        """Those that are not over; the last words of one that is are told by its last event."""
        return tuple(one.id for one in evacuations.unfinished(tx))

    def drawing(self, about: str) -> Drawing | None:
        return self._services.store.read(lambda tx: self._drawn(tx, about))

    def _drawn(self, tx: Tx, about: str) -> Drawing | None:
        place = cards.place(tx, self.carded, about)
        if place is None:
            return None
        view = view_of(tx, self._services.topology, evacuations.get(tx, about))
        tokens, print_ = evacuations.tokens(tx, about), hashlib.sha256(view.model_dump_json().encode()).hexdigest()
        return Drawing(
            place,
            print_,
            lambda paging: drawn.card(view, tokens, mention=self._mention, paging=paging),
            pages=view.state == "open",
        )

    async def tell_of(self, evacuation_id: str, found: Sequence[tuple[str, Event]]) -> None:
        """What happened to members before their runs, several in one message; a lost answer has it told once more."""
        ts = await self._show(evacuation_id)
        if ts is None:
            return
        told = [(event, line, name) for name, event in found if (line := thread.line(event)) is not None]
        for part in parts((event, f"{name}: {line}") for event, line, name in told):
            ts = await self._reply(evacuation_id, ts, part, None)

    async def keep(self, about: str, shown: Place) -> None:
        await self._keep(about, shown, Point.EVACUATION_CARD)
