"""Follows the audit trail and tells Slack: one card a request, details in its thread, verdicts in the channel.

The trail is the outbox. The cursor moves after Slack has answered, so everything is told at least once; a crash between
Slack's answer and the cursor tells it once more. A run never waits for any of this.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from bot.election import Election
from bot.metrics import Metrics
from bot.slack import Posting, SlackRefusedError
from bot.views import thread
from bot.views.card import card
from bot.views.message import Message, lines, message, section
from dr_core.approvals import tokens
from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import advance, pending
from dr_core.errors import DrError, NotFoundError
from dr_core.reports.model import RequestView, RunView
from dr_core.reports.request import request_view
from dr_core.reports.run import run_view
from dr_core.services import Services
from dr_core.store import cards, runs
from dr_core.store.cards import Card
from dr_core.store.engine import Tx
from dr_core.topology.model import Group

CONSUMER = "slack"
_BATCH = 200
_REDRAW_EVERY_S = 3.0
_LINES_A_POST = 10
_GONE = ("message_not_found", "cant_update_message")
_OPS = "ops"
_MEASURED = {"segments", "owner"}
T = TypeVar("T")
_log = structlog.get_logger()


class Announcer:
    """Tells Slack what happened; acts only while it holds the lease `announcer`."""

    def __init__(self, services: Services, slack: Posting, lease: Election, metrics: Metrics) -> None:
        self._services, self._slack, self._lease, self._metrics = services, slack, lease, metrics
        self._channel = services.topology.slack.incident_channel
        self.problem = ""
        self._redraw_at = 0.0

    async def follow(self) -> bool:
        """One pass over what was not told yet; True when there was something. Raises the first DrError at its end.

        What Slack refuses for one request does not keep the others waiting.
        """
        if not await asyncio.to_thread(self._lease.hold):
            self.problem = ""
            return False
        events = await self._read(lambda tx: pending(tx, CONSUMER, _BATCH))
        self._metrics.pending.set(len(events))
        problems = [error for chain in _by_chain(events) if (error := await self._tell(chain)) is not None]
        problems += await self._redraw({event.chain for event in events})
        self.problem = problems[0].message if problems else ""
        if problems:
            raise problems[0]
        return bool(events)

    async def _redraw(self, told: set[str]) -> list[DrError]:
        """Cards of runs under way, every few seconds: what a step waits for is no event, and people watch the card."""
        now = self._services.clock.monotonic()
        if now < self._redraw_at:
            return []
        self._redraw_at = now + _REDRAW_EVERY_S
        problems: list[DrError] = []
        for run in await self._read(runs.unfinished):
            if run.request in told:
                continue
            try:
                await self._show(await asyncio.to_thread(request_view, self._services, run.request))
            except DrError as error:
                problems.append(error)
        return problems

    async def _tell(self, events: Sequence[Event]) -> DrError | None:
        chain = events[0].chain
        try:
            if not await asyncio.to_thread(self._lease.hold):
                return None
            events = _gapless(events)
            if chain == _OPS:
                await self._tell_channel(events)
            else:
                await self._tell_request(chain, events)
        except DrError as error:
            _log.warning("not announced", chain=chain, problem=str(error))
            return error
        await self._write(lambda tx: advance(tx, CONSUMER, chain, events[-1].seq))
        return None

    async def _tell_channel(self, events: Sequence[Event]) -> None:
        told = thread.verdicts(events)
        for start in range(0, len(told), _LINES_A_POST):
            part = told[start : start + _LINES_A_POST]
            await self._post(message("; ".join(part), lines(part)))
        changes = [thread.roster(event.data) for event in events if event.kind == EventKind.ROSTER_CHANGED]
        for change in changes:
            if change is not None:
                await self._post(Message(change, (section(change),)))

    async def _tell_request(self, request_id: str, events: Sequence[Event]) -> None:
        try:
            request = await asyncio.to_thread(request_view, self._services, request_id)
        except NotFoundError:
            return  # the root chain, or one that is not a request's
        ts = await self._show(request)
        told = [(event.kind, line) for event in events if (line := thread.line(event)) is not None]
        for start in range(0, len(told), _LINES_A_POST):
            part = told[start : start + _LINES_A_POST]
            await self._reply(ts, [kind for kind, _ in part], [line for _, line in part])

    async def _show(self, request: RequestView) -> str:
        """The card in its latest state; posted once, updated where it changed. Answers its ts."""
        stored = await self._read(lambda tx: cards.get(tx, request.id))
        run = await asyncio.to_thread(run_view, self._services, request.run) if request.run else None
        print_ = _fingerprint(request, run)
        if stored is not None and stored.ts is not None:
            if stored.fingerprint == print_:
                return stored.ts
            try:
                await self._slack.update(stored.channel, stored.ts, await self._draw(request, run))
            except SlackRefusedError as error:
                if error.word not in _GONE:
                    raise  # else somebody deleted it, and it is posted anew
            else:
                return await self._keep(request.id, stored.channel, stored.ts, print_)
        # Written before the post: after a crash in between the row says that a card may stand already.
        await self._write(lambda tx: cards.put(tx, Card(request.id, self._channel, None, "")))
        ts = await self._post(await self._draw(request, run, paging=True))
        return await self._keep(request.id, self._channel, ts, print_)

    async def _draw(self, request: RequestView, run: RunView | None, *, paging: bool = False) -> Message:
        values = await self._read(lambda tx: tokens.tokens(tx, request.id, request.round))
        now, page = self._services.clock.now(), paging and request.state == "open"
        return card(request, run, values, now, mention=self._mention(), paging=page)

    async def _keep(self, request_id: str, channel: str, ts: str, print_: str) -> str:
        self._metrics.posted.inc()
        await self._write(lambda tx: cards.put(tx, Card(request_id, channel, ts, print_)))
        return ts

    async def _reply(self, ts: str, kinds: Sequence[str], told: Sequence[str]) -> None:
        """Several lines in one message: catching up is no flood. In the channel too when everybody must know."""
        made = message("; ".join(told), lines(told))
        if any(kind in thread.PAGING for kind in kinds):
            mention = self._mention()
            made = Message(f"{mention} {made.text}", (section(mention), *made.blocks))
        loud = any(kind in thread.LOUD for kind in kinds)
        await self._slack.post(self._channel, made, thread=ts, broadcast=loud)
        self._metrics.posted.inc()

    async def _post(self, made: Message) -> str:
        ts = await self._slack.post(self._channel, made)
        self._metrics.posted.inc()
        return ts

    def _mention(self) -> str:
        return mention(self._services.topology.approval.approvers)

    async def _read(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.to_thread(self._services.store.read, work)

    async def _write(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.to_thread(self._services.store.write, work)


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
