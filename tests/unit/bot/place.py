"""The local Slack with the bot in it, connected as in production, and what people do there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from starlette.applications import Starlette

from bot.process import Bot
from bot.sandbox.people import population_of
from bot.sandbox.slack.delivery import RequestUrl
from bot.sandbox.slack.manifest import read_manifest
from bot.sandbox.slack.server import LocalSlack
from bot.serving import server, started
from bot.slack import connect
from dr_core.approvals.tokens import tokens
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.clock import ManualClock, SystemClock
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import cards, requests
from tests.loopback import unasked_port

MANIFEST = Path(__file__).parents[3] / "bot" / "slack_manifest.yaml"
ANSWER_S = 60.0
"""Somebody answers within this, or the test fails; nothing waits for it to pass."""
INCIDENT, ROBIN, ADA, GRACE = "C0INCIDENT", "U0REQUESTER", "U0ADA", "U0GRACE"


@dataclass
class Place:
    """The local Slack with the bot in it, and what people do there."""

    slack: LocalSlack
    bot: Bot
    services: Services
    clock: ManualClock

    async def said(self, doing: Any, *, channel: str = INCIDENT) -> tuple[Any, list[Any]]:
        """(modal it opened, messages it brought) of one thing a person did."""
        workspace, changed = self.slack.desk.workspace, asyncio.Event()
        before = len(workspace.messages(channel))
        workspace.listen(lambda _: changed.set())
        opened = await doing
        async with asyncio.timeout(ANSWER_S):
            while opened is None and len(workspace.messages(channel)) == before:
                changed.clear()
                await changed.wait()
        return opened, workspace.messages(channel)[before:]

    async def types(self, user: str, text: str, *, channel: str = INCIDENT) -> tuple[Any, list[Any]]:
        return await self.said(self.slack.people.type_text(user, channel, text), channel=channel)

    async def presses(self, user: str, action: str, value: str | None = None) -> tuple[Any, list[Any]]:
        card = await self.card()
        return await self.said(self.slack.people.press(user, INCIDENT, card.ts, action, value))

    async def card(self) -> Any:
        await self.bot.announcer.follow()
        stored = self.services.store.read(lambda tx: cards.get(tx, self.request().id))
        assert stored is not None
        return self.slack.desk.workspace.message(INCIDENT, stored.ts)

    async def presses_old(self, user: str, action: str) -> Any:
        """Press the button of the first round on a screen that still shows it; the one message that answers."""
        card, request = await self.card(), self.request()
        token = self.services.store.read(lambda tx: tokens(tx, request.id, 1))[action]
        _, (told,) = await self.said(self.slack.people.press(user, INCIDENT, card.ts, action, token))
        return told

    def events(self, kind: EventKind) -> list[Any]:
        return [event for event in self.services.store.read(listing) if event.kind == kind]

    def request(self) -> Any:
        return self.services.store.read(requests.recent)[0]


@asynccontextmanager
async def standing(services: Services, clock: ManualClock, *, http: bool = False) -> AsyncIterator[Place]:
    """The local Slack and the bot, connected by a socket or by signed requests."""
    port, events = unasked_port(), unasked_port()
    base, target = f"http://127.0.0.1:{port}", RequestUrl(f"http://127.0.0.1:{events}/slack/events", "shared-secret")
    people, manifest = population_of(services.topology), read_manifest(MANIFEST)
    request_url = target if http else None
    local = LocalSlack(base, people, manifest, SystemClock(), request_url=request_url, ack_seconds=60.0)
    serving = server(Starlette(routes=local.routes()), "127.0.0.1", port)
    task = asyncio.create_task(serving.run())
    await started(serving, task)
    way = {"SLACK_SIGNING_SECRET": "shared-secret", "PORT": str(events)}
    settings = read_settings(
        {
            "SLACK_BOT_TOKEN": local.desk.tokens.bot,
            "SLACK_API_URL": f"{base}/slack/api/",
            "DATABASE_URL": services.store.url,
            **(way if http else {"SLACK_APP_TOKEN": local.desk.tokens.app}),
        }
    )
    async with aiohttp.ClientSession() as session:
        made = replace(services, settings=settings)
        bot = Bot(made, connect(settings.bot_token(), settings.slack_api_url, session, SystemClock()))
        await bot.connection.open()
        while await bot.connection.problem():
            await asyncio.sleep(0.01)
        yield Place(local, bot, made, clock)
        await bot.desk.drain(1)
        await bot.connection.close()
    serving.stop()
    await task


async def closed(doing: Any) -> None:
    """A submission closes the modal; what counts is the message that follows."""
    answer = await doing
    assert not answer.errors
