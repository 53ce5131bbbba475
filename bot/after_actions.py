"""Posts after-action reports: of each run and incident when it has ended, and of what somebody asks for."""

import asyncio
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import structlog

from bot.election import Election
from bot.posting import File, Posting
from bot.views.after_action import comment
from commands.faults import guarded
from commands.rendering.after_action import Form, in_form
from dr_core.approvals.model import BOT
from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import DrError, UnreachableError
from dr_core.failpoints import Point
from dr_core.reports.after_action import AfterAction
from dr_core.reports.after_action_reading import after_action
from dr_core.services import Services
from dr_core.store import after_actions, cards, drills, events, runs
from dr_core.store.cards import Carded
from dr_core.store.engine import Tx

_WITHIN = timedelta(hours=24)
"""What ended longer ago is posted only when somebody asks: nobody reads what comes a day late by itself."""
_ASKED_WITHIN = timedelta(hours=1)
"""Whoever waits for longer asks again."""
_AFTER = timedelta(seconds=3)
"""The end itself is told first."""
_AGAIN_S = 60.0
_log = structlog.get_logger()


class AfterActions:
    """Works only while its process holds the announcer's lease.

    Making a report asks the buckets of the anchors, of which one may be in a dead region: so it has a loop of its own,
    and nothing that people wait for waits for it. `uploading` is held while Slack takes the files, so that a process
    that ends does not stop between the post and its record.
    """

    def __init__(
        self,
        services: Services,
        slack: Posting,
        lease: Election,
        uploading: AbstractAsyncContextManager[None],
    ) -> None:
        self._services, self._slack, self._lease = services, slack, lease
        self._uploading = uploading
        self._channel = services.topology.slack.incident_channel
        self._not_before: dict[str, float] = {}

    async def post(self) -> None:
        """Everything that is owed now. What cannot be posted is tried again a minute later; it keeps no other back."""
        if not await asyncio.to_thread(self._lease.hold):
            return
        for key, subject in await asyncio.to_thread(self._services.store.read, self._owed):
            if self._services.clock.monotonic() < self._not_before.get(key, 0.0):
                continue
            self._not_before[key] = self._services.clock.monotonic() + _AGAIN_S
            try:
                await self._post(key, subject)
            except UnreachableError:
                raise
            except DrError as error:
                _log.warning("report not posted", subject=subject, problem=str(error))
            else:
                self._not_before.pop(key, None)

    def _owed(self, tx: Tx) -> tuple[tuple[str, str], ...]:
        """(the id under which its post is recorded, what it is about): what has ended, then what was asked for."""
        since, until = tx.now() - _WITHIN, tx.now() - _AFTER
        ended = ((after_actions.key(subject), subject) for subject in after_actions.owed(tx, since, until))
        asked = (
            (f"{event.cmd_id}:posted", _subject(event))
            for event in events.of_kind(tx, EventKind.REPORT_ASKED, tx.now() - _ASKED_WITHIN)
        )
        return (*ended, *((key, subject) for key, subject in asked if events.known(tx, key) is None))

    async def _post(self, key: str, subject: str) -> None:
        thread = await asyncio.to_thread(self._services.store.read, lambda tx: _thread(tx, subject))
        if thread is None:
            return  # its card is not posted yet
        report = await asyncio.to_thread(guarded, "report after-action", lambda: after_action(self._services, subject))
        files = await asyncio.to_thread(guarded, "report after-action", lambda: files_of(report))
        async with self._uploading:
            if not await asyncio.to_thread(self._lease.hold):
                return
            await self._slack.upload(self._channel, thread, files, comment(report))
            await asyncio.to_thread(
                self._services.store.write,
                lambda tx: append_ops(tx, EventKind.REPORT_POSTED, BOT, {"subject": subject}, cmd_id=key),
                Point.REPORT_POSTED,
            )


def _thread(tx: Tx, subject: str) -> str | None:
    """The card of the incident, or of the run's or live drill's request; empty for a drill that has none."""
    if subject.startswith("i-"):
        place = cards.place(tx, Carded.INCIDENT, subject)
        return None if place is None else place.ts
    request = drills.get(tx, subject).request if subject.startswith("d-") else runs.get(tx, subject).request
    if request is None:
        return ""
    card = cards.get(tx, request)
    return None if card is None else card.ts


def _subject(event: Event) -> str:
    return str(event.data.get("subject", ""))


def files_of(report: AfterAction) -> tuple[File, ...]:
    """One to read in Slack, one to keep and to print."""
    return tuple(
        File(f"after-action-{report.id}.{form}", f"After-action report of {report.id} ({form})", in_form(report, form))
        for form in (Form.MARKDOWN, Form.HTML)
    )
