"""The card of each incident: pinned while it is open, unpinned and left alone once it has told the end."""

import hashlib

from bot.threaded_cards import Drawing, ThreadedCards
from bot.views import incident as drawn
from dr_core.approvals.model import Face
from dr_core.audit.events import EventKind
from dr_core.failpoints import Point
from dr_core.incidents.model import Incident
from dr_core.reports.incidents import incident_view
from dr_core.store import cards, incidents
from dr_core.store.cards import Carded, Place
from dr_core.store.engine import Tx
from dr_core.store.incidents import SETTLED

IN_THREAD = frozenset({EventKind.INCIDENT_JOINED, EventKind.NOTE_ADDED, EventKind.INCIDENT_CLOSED})
OF_INCIDENTS = IN_THREAD | {EventKind.INCIDENT_OPENED}


class IncidentCards(ThreadedCards):
    """Notes, further signals and the end are told in the thread; the end in the channel too."""

    carded = Carded.INCIDENT
    kinds = IN_THREAD
    loud = frozenset({EventKind.INCIDENT_CLOSED})
    paging = frozenset()

    def changing(self, tx: Tx) -> tuple[str, ...]:
        return incidents.untold(tx)

    def drawing(self, about: str) -> Drawing | None:
        found = self._services.store.read(lambda tx: _known(tx, about))
        if found is None:
            return None
        incident, place = found
        # The view was read later than `incident`: what it says is what the card shows.
        view = incident_view(self._services, incident)
        going_on = view.state == "open"
        print_ = hashlib.sha256(view.model_dump_json().encode()).hexdigest() if going_on else SETTLED
        # Whom detection did not find a way for, it pages: with a request, the request's card does.
        pages = incident.by.face is Face.DETECTION and incident.request is None and going_on
        return Drawing(
            place, print_, lambda paging: drawn.card(view, mention=self._mention if paging else ""), pages, going_on
        )

    async def thread(self, about: str) -> str | None:
        """Where it stands: `show` keeps every card at its latest state, and a note waits for none that is refused."""
        place = await self._read(lambda tx: cards.place(tx, self.carded, about))
        return (place and place.ts) or await self._show(about)

    async def keep(self, about: str, shown: Place) -> None:
        await self._keep(about, shown, Point.INCIDENT_CARD)


def _known(tx: Tx, incident_id: str) -> tuple[Incident, Place] | None:
    place = cards.place(tx, Carded.INCIDENT, incident_id)
    return None if place is None else (incidents.get(tx, incident_id), place)
