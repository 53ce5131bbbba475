"""The card of each incident: posted once, pinned, kept at its latest state, unpinned at the end; and its thread."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from bot.posting import Mark, Posting
from bot.slack import SlackRefusedError
from bot.views import incident as drawn
from bot.views import thread
from bot.views.message import lines, message
from dr_core.approvals.model import Face
from dr_core.audit.events import Event, EventKind
from dr_core.errors import DrError, UnreachableError
from dr_core.failpoints import Point
from dr_core.incidents.model import Incident
from dr_core.reports.incidents import IncidentView, incident_view
from dr_core.services import Services
from dr_core.store import incidents
from dr_core.store.engine import Tx
from dr_core.store.incidents import SETTLED, Place

IN_THREAD = frozenset({EventKind.INCIDENT_JOINED, EventKind.NOTE_ADDED, EventKind.INCIDENT_CLOSED})
OF_INCIDENTS = IN_THREAD | {EventKind.INCIDENT_OPENED}
_GONE = ("message_not_found", "cant_update_message")
_NO_THREAD = ("thread_not_found", "message_not_found")
_LINES_A_POST = 10
T = TypeVar("T")
_log = structlog.get_logger()


class IncidentCards:
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
        """`show`, where anything was told since the last time: a card tells nothing that no event tells."""
        if not self.stirred:
            return []
        problems = await self.show() + await self.tell(())
        self.stirred = bool(problems)
        return problems

    async def show(self) -> list[DrError]:
        """Every card that does not show its incident's latest state; what Slack refuses for one keeps no other back."""
        problems: list[DrError] = []
        for found, place in await self._read(incidents.untold):
            try:
                await self._show(found, place)
            except UnreachableError:
                raise
            except DrError as error:
                problems.append(error)
        return problems

    async def tell(self, events: Sequence[Event]) -> list[DrError]:
        """Notes, further signals and the end, in the thread of their incident; the end in the channel too.

        What Slack refuses for one incident is owed, and told with the next redrawing; it keeps nothing else back.
        """
        for event in (one for one in events if one.kind in IN_THREAD):
            own = self._owed.setdefault(str(event.data.get("incident", "")), [])
            if event not in own:
                own.append(event)
        problems: list[DrError] = []
        for incident_id, own in list(self._owed.items()):
            try:
                await self._tell(incident_id, own)
            except SlackRefusedError as error:
                problems.append(error)
                self.stirred = True
            else:
                del self._owed[incident_id]
        return problems

    async def _tell(self, incident_id: str, own: Sequence[Event]) -> None:
        ts = await self.thread(incident_id)
        if ts is None:
            return
        known = await self._heard(incident_id, ts)
        own = [event for event in own if event.seq > known]
        for start in range(0, len(own), _LINES_A_POST):
            part = own[start : start + _LINES_A_POST]
            ts = await self._reply(incident_id, ts, part)
            self._told[incident_id] = part[-1].seq

    async def _reply(self, incident_id: str, ts: str, part: Sequence[Event]) -> str:
        """One message in the thread; answers where that begins, which is anew where somebody deleted it."""
        told = [line for event in part if (line := thread.line(event)) is not None]
        over = any(event.kind == EventKind.INCIDENT_CLOSED for event in part)
        made, mark = message("; ".join(told), lines(told)), Mark(incident_id, part[-1].seq)
        try:
            await self._slack.post(self._channel, made, thread=ts, broadcast=over, mark=mark)
        except UnreachableError:
            self._sure.discard(incident_id)  # it may have been told
            raise
        except SlackRefusedError as error:
            if error.word not in _NO_THREAD:
                raise
            await self._keep(incident_id, Place(self._channel, None, ""))
            ts = await self.thread(incident_id) or ts
            await self._slack.post(self._channel, made, thread=ts, broadcast=over, mark=mark)
        return ts

    async def _heard(self, incident_id: str, ts: str) -> int:
        """How far the thread tells already: asked once after a start or a lost answer, and remembered.

        The cursor may lag what was told: it is one for everything that no request is about.
        """
        if incident_id not in self._sure:
            marks = await self._slack.marked(self._channel, ts) or {}
            self._sure.add(incident_id)
            seen = max((mark.seq for mark in marks.values() if mark.chain == incident_id), default=0)
            self._told[incident_id] = max(seen, self._told.get(incident_id, 0))
        return self._told[incident_id]

    async def thread(self, incident_id: str) -> str | None:
        """Where the thread of an incident begins: its card, which is posted first where it does not stand yet."""
        found, place = await self._read(lambda tx: _known(tx, incident_id))
        if found is None or place is None:
            return None
        return place.ts or await self._show(found, place)

    async def _show(self, found: Incident, place: Place) -> str:
        # The view was read later than `found`: what it says is what the card shows.
        view = await asyncio.to_thread(incident_view, self._services, found)
        print_, going_on = _fingerprint(view), view.state == "open"
        if place.ts is None:
            place = await self._posted(found, view)
        elif place.fingerprint == print_ and going_on:
            return place.ts
        else:
            place = await self._updated(found, place, view)
        assert place.ts is not None
        if not place.fingerprint or not going_on:
            await self._pin(place, pinned=going_on)  # at the first showing and at the end: Slack takes few such calls
        # Last of all: a crash before this does the above once more, which changes nothing that is so already.
        await self._keep(found.id, Place(place.channel, place.ts, print_ if going_on else SETTLED))
        return place.ts

    async def _posted(self, found: Incident, view: IncidentView) -> Place:
        """The card's first post, or the one that a crash kept from being recorded, where its mark can be read."""
        channel = self._channel
        marks = await self._slack.marked(channel) or {}
        ts = next((at for at, mark in marks.items() if mark == Mark(found.id, 0)), None)
        if ts is None:
            # Whom detection did not find a way for, it pages: with a request, the request's card does.
            paging = found.by.face is Face.DETECTION and found.request is None and view.state == "open"
            made = drawn.card(view, mention=self._mention if paging else "")
            ts = await self._slack.post(channel, made, mark=Mark(found.id, 0))
        return await self._keep(found.id, Place(channel, ts, ""))

    async def _updated(self, found: Incident, place: Place, view: IncidentView) -> Place:
        assert place.ts is not None
        try:
            await self._slack.update(place.channel or self._channel, place.ts, drawn.card(view))
        except SlackRefusedError as error:
            if error.word not in _GONE:
                raise
            # Somebody deleted it, and its thread with it.
            return await self._posted(found, view)
        return place

    async def _pin(self, place: Place, *, pinned: bool) -> None:
        """A card that cannot be pinned (a hundred are, or the scope is missing) is a card all the same."""
        assert place.ts is not None
        try:
            await self._slack.pin(place.channel or self._channel, place.ts, pinned=pinned)
        except SlackRefusedError as error:
            _log.warning("incident card not pinned" if pinned else "incident card not unpinned", problem=str(error))

    async def _keep(self, incident_id: str, shown: Place) -> Place:
        write = self._services.store.write
        await asyncio.to_thread(write, lambda tx: incidents.put_place(tx, incident_id, shown), Point.INCIDENT_CARD)
        return shown

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.to_thread(self._services.store.read, work)


def _known(tx: Tx, incident_id: str) -> tuple[Incident | None, Place | None]:
    place = incidents.place(tx, incident_id)
    return (None, None) if place is None else (incidents.get(tx, incident_id), place)


def _fingerprint(view: IncidentView) -> str:
    """Of everything that the card tells."""
    return hashlib.sha256(view.model_dump_json().encode()).hexdigest()
