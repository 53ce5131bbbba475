"""Follows the audit trail and tells Slack: one card a request, details in its thread, verdicts in the channel.

The trail is the outbox. The cursor moves after each message that Slack has answered, so everything is told at least
once and in order; what Slack refuses of a thread, past which it moves, is kept as owed. What a crash or a lost answer
leaves open is looked up where the bot may read what it wrote (its messages carry marks); where it may not, and in the
channel itself, that one message is told once more. A run never waits for any of this.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from bot.election import Election
from bot.evacuation_cards import OF_EVACUATIONS, EvacuationCards
from bot.evacuation_members import MemberEvents, news
from bot.held import HeldPosting, NotHeldError
from bot.incident_cards import OF_INCIDENTS, IncidentCards
from bot.metrics import Metrics
from bot.posting import CONSUMER, Mark, Posting
from bot.slack import SlackRefusedError
from bot.telling import Part, parts
from bot.threaded_cards import GONE, NO_THREAD
from bot.views import thread
from bot.views.card import card
from bot.views.message import Message
from dr_core.approvals import tokens
from dr_core.audit.events import Event
from dr_core.audit.trail import advance, pending
from dr_core.errors import DrError, NotFoundError, UnreachableError
from dr_core.failpoints import Point
from dr_core.reports.model import RequestView, RunView
from dr_core.reports.request import request_view
from dr_core.reports.run import run_view
from dr_core.services import Services
from dr_core.store import cards, runs
from dr_core.store.cards import Card
from dr_core.store.engine import Tx
from dr_core.topology.approval import Group

_BATCH = 200
_REDRAW_EVERY_S = 3.0
_CARDS_A_REDRAW = 2
_OPS = "ops"
_MEASURED = {"segments", "owner"}
T = TypeVar("T")
_log = structlog.get_logger()


class Announcer:
    """Tells Slack what happened; acts only while it holds the lease `announcer`, asked before each message."""

    def __init__(self, services: Services, slack: Posting, lease: Election, metrics: Metrics) -> None:
        self._services, self._lease, self._metrics = services, lease, metrics
        self._slack = HeldPosting(slack, lease.hold)
        self._channel = services.topology.slack.incident_channel
        self.problem = ""
        self._redraw_at = 0.0
        self._redrawn = ""
        self._sure: set[str] = set()
        self._members: list[MemberEvents] = []
        self._incidents = IncidentCards(services, self._slack, self._mention())
        self._evacuations = EvacuationCards(services, self._slack, self._mention())

    async def follow(self) -> bool:
        """One pass over what was not told yet; True when there was something. Raises the first DrError at its end.

        What Slack refuses for one request does not keep the others waiting; a Slack that is away or wants silence ends
        the pass at once.
        """
        if not await asyncio.to_thread(self._lease.hold):
            return self._stand_back()
        events = await self._read(lambda tx: pending(tx, CONSUMER, _BATCH))
        self._metrics.pending.set(len(events))
        self._incidents.stirred |= bool(events)
        self._evacuations.stirred |= bool(events)
        problems: list[DrError] = []
        self._members = []
        try:
            for chain in _by_chain(events):
                problems += await self._tell(chain)
            problems += await self._tell_members()
            problems += await self._redraw({event.chain for event in events})
        except UnreachableError as error:
            problems.insert(0, error)
        except NotHeldError:
            return self._stand_back()
        self.problem = problems[0].message if problems else ""
        if problems:
            raise problems[0]
        return bool(events)

    def _stand_back(self) -> bool:
        """Whoever holds the lease now tells more."""
        self.problem = ""
        self._sure.clear()
        self._incidents.forget()
        self._evacuations.forget()
        return False

    async def _redraw(self, told: set[str]) -> list[DrError]:
        """Cards of runs under way, every few seconds: what a step waits for is no event, and people watch the card.

        A few at a time and in turn, so that many runs at once stay below what Slack takes.
        """
        now = self._services.clock.monotonic()
        if now < self._redraw_at:
            return []
        self._redraw_at = now + _REDRAW_EVERY_S
        waiting = sorted({run.request for run in await self._read(runs.unfinished)} - told)
        turn = [one for one in waiting if one > self._redrawn] + [one for one in waiting if one <= self._redrawn]
        problems: list[DrError] = []
        for request in turn[:_CARDS_A_REDRAW]:
            self._redrawn = request
            try:
                await self._show(await asyncio.to_thread(request_view, self._services, request))
            except UnreachableError:
                raise
            except DrError as error:
                problems.append(error)
        return problems + await self._incidents.refresh() + await self._evacuations.refresh()

    async def _tell(self, events: Sequence[Event]) -> list[DrError]:
        chain = events[0].chain
        events = _gapless(events)
        try:
            if chain == _OPS:
                return await self._tell_channel(events)
            await self._tell_request(chain, events)
        except DrError as error:
            self._sure.discard(chain)
            _log.warning("not announced", chain=chain, problem=str(error))
            if isinstance(error, UnreachableError):
                raise
            return [error]
        return []

    async def _tell_channel(self, events: Sequence[Event]) -> list[DrError]:
        problems: list[DrError] = []
        if any(event.kind in OF_INCIDENTS for event in events):
            await self._incidents.show()  # what Slack refuses comes again with the next redrawing
            problems = await self._incidents.tell(events)
        if any(event.kind in OF_EVACUATIONS for event in events):
            problems += await self._evacuations.tell(events)
        await self._tell_at_large(events)
        return problems

    async def _tell_at_large(self, events: Sequence[Event]) -> None:
        """Verdicts, the brake, and what else concerns everybody; it pages where somebody must act at once."""
        for part in parts(thread.at_large(events)):
            await self._post(part.message(self._mention() if part.kinds & thread.PAGING else ""))
            await self._told(_OPS, part.seq)
        await self._told(_OPS, events[-1].seq)

    async def _tell_request(self, request_id: str, events: Sequence[Event]) -> None:
        try:
            request = await asyncio.to_thread(request_view, self._services, request_id)
        except NotFoundError:
            request = None
        if request is None:  # the root chain, or one that is not a request's
            await self._told(request_id, events[-1].seq)
            return
        if request.evacuation is not None and request.run is None:  # its evacuation has the card until it runs
            self._members.append(MemberEvents(request.evacuation, request.application, events))
            return
        ts = await self._show(request)
        known = await self._heard(request_id, ts)
        for part in parts((event, thread.line(event)) for event in events if event.seq > known):
            ts = await self._reply(request, ts, part)
            await self._told(request_id, part.seq)
        await self._told(request_id, events[-1].seq)

    async def _tell_members(self) -> list[DrError]:
        """Members that have no card yet, each evacuation's in its thread: many at once are no flood."""
        waiting, self._members = self._members, []
        problems: list[DrError] = []
        for evacuation_id in dict.fromkeys(one.evacuation for one in waiting):
            own = [one for one in waiting if one.evacuation == evacuation_id]
            try:
                found = await self._read(lambda tx, own=own: news(tx, own))  # type: ignore[misc]
                if found:
                    await self._evacuations.tell_of(evacuation_id, found)
                for one in own:
                    await self._told(one.chain, one.events[-1].seq)
            except UnreachableError:
                raise
            except DrError as error:
                problems.append(error)
        return problems

    async def _heard(self, chain: str, ts: str) -> int:
        """How far the thread tells already, asked once after a start or an error: the cursor may lag one message."""
        if chain in self._sure:
            return 0
        marks = await self._slack.marked(self._channel, ts) or {}
        self._sure.add(chain)
        return max((mark.seq for mark in marks.values() if mark.chain == chain), default=0)

    async def _told(self, chain: str, seq: int) -> None:
        def work(tx: Tx) -> None:
            advance(tx, CONSUMER, chain, seq)
            if chain == _OPS:
                self._incidents.owed.keep(tx)
                self._evacuations.owed.keep(tx)

        await self._write(work, Point.OUTBOX_ADVANCE)

    async def _show(self, request: RequestView, *, anew: bool = False) -> str:
        """The card in its latest state; posted once, updated where it changed. Answers its ts."""
        stored = await self._read(lambda tx: cards.get(tx, request.id))
        run = await asyncio.to_thread(run_view, self._services, request.run) if request.run else None
        print_ = _fingerprint(request, run)
        if stored is not None and not anew:
            ts = stored.ts or await self._posted_before(request.id)
            if ts is not None and stored.fingerprint == print_:
                return ts
            try:
                if ts is not None:
                    await self._slack.update(stored.channel, ts, await self._draw(request, run))
                    return await self._keep(request.id, stored.channel, ts, print_)
            except SlackRefusedError as error:
                if error.word not in GONE:
                    raise  # else somebody deleted it, and it is posted anew
        # Written before the post: after a crash in between the row says that a card may stand already.
        await self._write(lambda tx: cards.put(tx, Card(request.id, self._channel, None, "")), Point.CARD_KEEP)
        # What was decided while others were told pages nobody.
        request = await asyncio.to_thread(request_view, self._services, request.id)
        ts = await self._post(await self._draw(request, run, paging=True), Mark(request.id, 0))
        return await self._keep(request.id, self._channel, ts, _fingerprint(request, run))

    async def _posted_before(self, request_id: str) -> str | None:
        """The card that was posted right before a crash, where its mark can be read."""
        marks = await self._slack.marked(self._channel) or {}
        return next((ts for ts, mark in marks.items() if mark == Mark(request_id, 0)), None)

    async def _draw(self, request: RequestView, run: RunView | None, *, paging: bool = False) -> Message:
        values = await self._read(lambda tx: tokens.tokens(tx, request.id, request.round))
        now, page = self._services.clock.now(), paging and request.state == "open"
        return card(request, run, values, now, mention=self._mention(), paging=page)

    async def _keep(self, request_id: str, channel: str, ts: str, print_: str) -> str:
        self._metrics.posted.inc()
        await self._write(lambda tx: cards.put(tx, Card(request_id, channel, ts, print_)), Point.CARD_KEEP)
        return ts

    async def _reply(self, request: RequestView, ts: str, part: Part) -> str:
        """Several lines in one message: catching up is no flood. In the channel too when everybody must know."""
        made = part.message(self._mention() if part.kinds & thread.PAGING else "")
        loud, mark = bool(part.kinds & thread.LOUD), Mark(request.id, part.seq)
        try:
            await self._slack.post(self._channel, made, thread=ts, broadcast=loud, mark=mark)
        except SlackRefusedError as error:
            if error.word not in NO_THREAD:
                raise
            ts = await self._show(request, anew=True)  # somebody deleted the card, and its thread with it
            await self._slack.post(self._channel, made, thread=ts, broadcast=loud, mark=mark)
        self._metrics.posted.inc()
        return ts

    async def _post(self, made: Message, mark: Mark | None = None) -> str:
        ts = await self._slack.post(self._channel, made, mark=mark)
        self._metrics.posted.inc()
        return ts

    def _mention(self) -> str:
        return mention(self._services.topology.approval.approvers)

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.to_thread(self._services.store.read, work)

    async def _write(self, work: Callable[[Tx], T], point: Point) -> T:
        return await asyncio.to_thread(self._services.store.write, work, point)


def mention(group: Group) -> str:
    """The approvers, so that Slack notifies them."""
    named = [f"<!subteam^{group.usergroup}>"] if group.usergroup else []
    return " ".join([*named, *(f"<@{user}>" for user in group.users)])


def _by_chain(events: Sequence[Event]) -> list[list[Event]]:
    chains: dict[str, list[Event]] = {}
    for event in events:
        chains.setdefault(event.chain, []).append(event)
    return list(chains.values())


def _gapless(events: Sequence[Event]) -> Sequence[Event]:
    """The events before the first missing number: what is passed over now would never be told."""
    first = events[0].seq
    return [event for place, event in enumerate(events) if event.seq == first + place]


def _fingerprint(request: RequestView, run: RunView | None) -> str:
    """Of everything that a card tells, but for measured figures: they alone are no reason to send it again."""
    told = [request.model_dump_json(exclude={"plan"}), run.model_dump_json(exclude=_MEASURED) if run else ""]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
