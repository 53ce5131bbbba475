"""Scheduled reports: APScheduler only ticks; the slot's row in the store says who posts, and whether it was posted."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import structlog
from pydantic import JsonValue

from bot.election import Election
from bot.held import HeldPosting, NotHeldError
from bot.posting import Mark, Posting
from bot.slack import SlackRefusedError
from bot.slots import due_slots
from bot.views.budget import budget, review
from bot.views.drill import scheduled
from bot.views.health import digest
from bot.views.message import Message, message, section
from bot.views.replication import replication
from bot.views.text import escape
from commands.dispatch import dispatch
from commands.faults import guarded
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.drills.schedule import CARRIED_OUT, crons
from dr_core.errors import ConflictError, DrError, RefusedError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import events, slots
from dr_core.store.engine import Tx
from dr_core.topology.duties import Schedule
from dr_core.topology.model import Topology

GRACE = timedelta(hours=4)
_TOLD_FOR = timedelta(days=1)
"""What was given up or passed by longer ago than this, before anybody looked, is no news."""
_LONGEST_NAME = 64
SCHEDULE = Actor(person="schedule", display="schedule", face=Face.SCHEDULE)
_log = structlog.get_logger()


@dataclass(frozen=True)
class Report:
    """A report with its cron expression (None: switched off), the words it is made by, and how it is drawn.

    `draw` also takes a note, such as that the report is late.
    """

    name: str
    cron: str | None
    words: tuple[str, ...]
    draw: Callable[[Any, str], Message]


def reports(schedule: Schedule) -> tuple[Report, ...]:
    """Everything that is posted by the clock."""
    return (
        Report("health_digest", schedule.health_digest, ("health",), digest),
        Report("replication_report", schedule.replication_report, ("replication",), replication),
        Report("budget_report", schedule.budget_report, ("budget",), budget),
        Report("cost_review", schedule.cost_review, ("budget",), review),
    )


def drills(topology: Topology) -> Iterator[Report]:
    """The drills that are held by the clock, one report an application."""
    for name, cron in crons(topology.schedule):
        for application in topology.applications:
            words = ("drill", application, "--kind", CARRIED_OUT[name].value)
            yield Report(slot_name(name, application), cron, words, scheduled)


def slot_name(name: str, application: str) -> str:
    """At most as long as the store's column: a long name is told apart by its hash."""
    whole = f"{name}:{application}"
    return whole if len(whole) <= _LONGEST_NAME else f"{name}:{sha256(application.encode()).hexdigest()[:40]}"


def _missed_id(name: str, slot: datetime) -> str:
    return f"missed:{name}:{slot.isoformat()}"


class Schedules:
    """Ticks of one process; it acts only while it holds the lease `schedule`."""

    def __init__(self, services: Services, slack: Posting, lease: Election, owner: str) -> None:
        self._services, self._lease, self._owner = services, lease, owner
        self._slack = HeldPosting(slack, lease.hold)
        self._looked: datetime | None = None
        self._reports = (*reports(services.topology.schedule), *drills(services.topology))

    async def tick(self) -> None:
        """End what expired, take the slots that are due, and post what was taken and is not posted yet."""
        if not await asyncio.to_thread(self._lease.hold):
            return
        await asyncio.to_thread(expire_due, self._services)
        now = self._services.clock.now()
        taken = await asyncio.to_thread(self._services.store.write, lambda tx: self._take(tx, now), Point.SLOT_TAKE)
        self._looked = now
        try:
            for name, slot, owner in await asyncio.to_thread(
                self._services.store.read, lambda tx: slots.unposted(tx, now - GRACE)
            ):
                await self._post(name, slot, owner, fresh=(name, slot) in taken)
        except NotHeldError:
            return
        missed = await asyncio.to_thread(self._services.store.read, lambda tx: self._missed(tx, now))
        for name, slot in missed:
            write = self._services.store.write
            await asyncio.to_thread(write, lambda tx, n=name, s=slot: self._give_up(tx, n, s), Point.SLOT_POSTED)

    def _missed(self, tx: Tx, now: datetime) -> list[tuple[str, datetime]]:
        """What is too late to be posted, and was not told yet as given up."""
        known = {report.name for report in self._reports if report.cron is not None}
        late = [one[:2] for one in slots.unposted(tx, now - GRACE - _TOLD_FOR) if one[1] < now - GRACE]
        return [
            (name, slot) for name, slot in late if name in known and events.known(tx, _missed_id(name, slot)) is None
        ]

    def _give_up(self, tx: Tx, name: str, slot: datetime) -> None:
        channel = self._services.topology.slack.digest_channel
        data: dict[str, JsonValue] = {"report": name, "slot": slot.isoformat(), "channel": channel}
        append_ops(tx, EventKind.DIGEST_MISSED, SCHEDULE, data, cmd_id=_missed_id(name, slot))

    def _take(self, tx: Tx, now: datetime) -> set[tuple[str, datetime]]:
        """What was taken; a slot that passed by while no bot ran is taken, too, and is then told as given up."""
        zone, taken = self._services.topology.schedule.timezone, set()
        away = self._looked is None or now - self._looked >= GRACE
        for report in self._reports:
            if report.cron is None:
                continue
            last = slots.last(tx, report.name)
            back = GRACE + _TOLD_FOR if away and last is not None else GRACE
            for slot in due_slots(report.cron, str(zone), last, now, back):
                if slots.take(tx, report.name, slot, self._owner):
                    taken.add((report.name, slot))
        return taken

    async def _post(self, name: str, slot: datetime, owner: str, *, fresh: bool) -> None:
        """A report that cannot be posted stays unposted, and the next tick tries again until the grace is over.

        Unless it was taken just now (`fresh`), it may stand there already, where an answer or its note was lost: its
        mark tells, where the bot may read it. The mark names who took the slot: another installation that posts in the
        same channel has the same slots. The lease is asked again before the post, since the report may take long.
        """
        report = next((report for report in self._reports if report.name == name), None)
        if report is None or not await asyncio.to_thread(self._lease.hold):
            return
        channel = self._services.topology.slack.digest_channel
        mark = Mark(f"slot:{name}:{owner}", int(slot.timestamp()))
        try:
            ts = None if fresh else await self._stands(channel, mark)
            if ts is None:
                ts = await self._slack.post(channel, await self._run(report, slot), mark=mark)
        except DrError as error:
            _log.warning("report not posted", report=name, slot=slot.isoformat(), problem=str(error))
            return
        stands = ts
        await asyncio.to_thread(
            self._services.store.write, lambda tx: self._posted(tx, name, slot, stands), Point.SLOT_POSTED
        )

    async def _stands(self, channel: str, mark: Mark) -> str | None:
        """Where the message with this mark is; a channel that may not be read keeps nothing from being posted."""
        try:
            marks = await self._slack.marked(channel) or {}
        except SlackRefusedError:
            return None
        return next((at for at, told in marks.items() if told == mark), None)

    def _posted(self, tx: Tx, name: str, slot: datetime, ts: str) -> None:
        channel = self._services.topology.slack.digest_channel
        data: dict[str, JsonValue] = {"report": name, "slot": slot.isoformat(), "channel": channel, "ts": ts}
        slots.posted(tx, name, slot)
        append_ops(tx, EventKind.DIGEST_POSTED, SCHEDULE, data, cmd_id=f"{name}:{slot.isoformat()}")

    async def _run(self, report: Report, slot: datetime) -> Message:
        """The report is what the command answers, asked by the schedule."""
        cmd_id = f"schedule:{report.name}:{slot.isoformat()}"
        try:
            outcome = await asyncio.to_thread(dispatch, self._services, SCHEDULE, report.words, cmd_id=cmd_id)
        except (RefusedError, ConflictError) as refused:
            # Said once: a drill that stands back for a run is held again when its schedule says so.
            told = f"`{' '.join(report.words)}` of {slot:%Y-%m-%d %H:%M} UTC was not held: {refused}"
            return message(told, section(escape(told)))
        late = self._services.clock.now() - slot
        note = f"This report was due at {slot:%Y-%m-%d %H:%M} UTC." if late > timedelta(minutes=5) else ""
        return guarded(report.name, lambda: report.draw(outcome.result, note))
