"""A local Slack with its API on a real port, a world that only remembers, and small unmodified Bolt apps."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Browser, Page, expect
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.api import SandboxApi
from bot.sandbox.faults import Faults
from bot.sandbox.http_server import serving
from bot.sandbox.processes import Processes
from bot.sandbox.slack.delivery import RequestUrl
from bot.sandbox.slack.manifest import read_manifest
from bot.sandbox.slack.records import BOT_USER_ID, Channel, User, UserGroup
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.slack.workspace import Population
from dr_core.clock import Clock, SystemClock

MANIFEST = Path(__file__).parents[2] / "bot" / "slack_manifest.yaml"
PATIENCE_MS = 120_000
"""A page on a busy machine gets there later; Playwright's own five seconds are for an idle one."""
PEOPLE = (("U0ADA", "Ada Byron"), ("U0BEN", "Ben Okoro"), ("U0REQUESTER", "Robin Vale"))


expect.set_options(timeout=PATIENCE_MS)


def population() -> Population:
    """Three people, a bot, one group and two channels."""
    users = [User(one, name.split()[0].lower(), name) for one, name in PEOPLE]
    users.append(User(BOT_USER_ID, "dr-bot", "DR bot", is_bot=True))
    members = [user.id for user in users]
    channels = (Channel("C0INCIDENT", "dr-incident", list(members)), Channel("C0DIGEST", "dr-digest", list(members)))
    return Population(
        tuple(users), (UserGroup("S0APPROVERS", "dr-approvers", "DR approvers", ("U0ADA", "U0BEN")),), channels
    )


def local_slack(url: str, clock: Clock, **options: Any) -> LocalSlack:
    """A Slack in which the bot's own manifest is installed; nobody serves it yet."""
    return LocalSlack(url, population(), read_manifest(MANIFEST), clock, **options)


class RememberingWorld:
    """Answers the sandbox's questions about AWS and remembers what it was told."""

    def __init__(self) -> None:
        self.broken: dict[str, dict[str, Any]] = {}
        self.speed = 60.0

    def snapshot(self) -> dict[str, Any]:
        up = {"eu-central-1": True, "eu-west-1": True}
        for fault in self.broken.values():
            if fault["kind"] == "region_down":
                up[fault["region"]] = False
        shop = {
            "writers": ["eu-central-1"],
            "answers": ["eu-central-1"],
            "weights": {"eu-central-1": 100, "eu-west-1": 0},
            "lag_seconds": {"eu-west-1": 0.8},
            "running": {"eu-central-1": 4, "eu-west-1": 1},
        }
        regions = {region: {"up": state} for region, state in up.items()}
        return {"now": "2026-11-22T12:00:00Z", "regions": regions, "applications": {"shop": shop}}

    def calls(self) -> list[dict[str, Any]]:
        return [{"time": "2026-11-22T12:00:00Z", "region": "eu-west-1", "service": "ecs", "operation": "UpdateService"}]

    def permissions(self) -> dict[str, list[dict[str, str]]]:
        return {"used": [], "refused": []}

    def add_fault(self, kind: str, **rest: Any) -> str:
        if kind not in ("region_down", "region_hangs", "replication_stops"):
            raise ValueError(f"unknown fault kind {kind}")
        fault_id = f"world-{len(self.broken) + 1}"
        self.broken[fault_id] = {"id": fault_id, "kind": kind, **rest}
        return fault_id

    def remove_fault(self, fault_id: str | None) -> None:
        if fault_id is None:
            self.broken.clear()
        else:
            self.broken.pop(fault_id)

    def faults(self) -> list[dict[str, Any]]:
        return list(self.broken.values())

    def set_speed(self, speed: float) -> None:
        self.speed = speed


class Place:
    """One running local Slack, and an HTTP client that speaks its API."""

    def __init__(self, slack: LocalSlack, world: RememberingWorld, http: aiohttp.ClientSession) -> None:
        self.slack = slack
        self.world = world
        self.url = slack.desk.base_url
        self._http = http

    def client(self, token: str | None = None) -> AsyncWebClient:
        return AsyncWebClient(token=token or self.slack.desk.tokens.bot, base_url=self.slack.desk.api_url)

    async def get(self, path: str, status: int = 200) -> dict[str, Any]:
        async with self._http.get(self.url + path) as answer:
            assert answer.status == status, await answer.text()
            body: dict[str, Any] = await answer.json()
        return body

    async def post(self, path: str, body: Any, status: int = 200) -> dict[str, Any]:
        async with self._http.post(self.url + path, json=body) as answer:
            assert answer.status == status, await answer.text()
            answered: dict[str, Any] = await answer.json()
        return answered

    async def said_to(self, path: str, body: bytes, status: int = 200) -> str:
        """The text with which a raw body is answered."""
        async with self._http.post(self.url + path, data=body, headers={"Content-Type": "application/json"}) as answer:
            text = await answer.text()
            assert answer.status == status, text
        return text

    async def delete(self, path: str, status: int = 200) -> dict[str, Any]:
        async with self._http.delete(self.url + path) as answer:
            assert answer.status == status, await answer.text()
            body: dict[str, Any] = await answer.json()
        return body

    async def type_text(self, user: str, text: str, channel: str = "C0INCIDENT") -> dict[str, Any]:
        return await self.post("/api/commands", {"user": user, "channel": channel, "text": text})

    async def messages(self, channel: str = "C0INCIDENT") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get(f"/api/channels/{channel}/messages"))["messages"]
        return found

    async def until(self, holds: Callable[[], bool], seconds: float = 60.0) -> None:
        """Poll what a real process or socket does, with a deadline."""
        async with asyncio.timeout(seconds):
            while not holds():
                await asyncio.sleep(0.01)

    def bolt(self) -> AsyncApp:
        """An unmodified Bolt app that talks to this Slack."""
        return AsyncApp(client=self.client(), process_before_response=True)

    @contextlib.asynccontextmanager
    async def connected(self, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
        """The app over Socket Mode, from hello to close."""
        handler = AsyncSocketModeHandler(app, self.slack.desk.tokens.app, ping_interval=1)
        handler.client.web_client = self.client(self.slack.desk.tokens.app)
        before = self.slack.desk.delivery.sockets
        await handler.connect_async()
        await self.until(lambda: self.slack.desk.delivery.sockets > before)
        try:
            yield handler
        finally:
            await handler.close_async()


@contextlib.asynccontextmanager
async def opened(
    *,
    request_url: RequestUrl | None = None,
    ack_seconds: float = 60.0,
    told: Callable[[], dict[str, Any]] = dict,
) -> AsyncIterator[Place]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    world = RememberingWorld()
    slack = local_slack(url, SystemClock(), request_url=request_url, ack_seconds=ack_seconds)
    processes = Processes([], print)
    faults = Faults(world, slack, processes)
    states = processes.states
    api = SandboxApi(slack, world, faults, missing=processes.missing, states=states, speed=60, told=told)
    async with serving(slack, api, listener), aiohttp.ClientSession(trust_env=False) as http:
        yield Place(slack, world, http)
    listener.close()


@contextlib.asynccontextmanager
async def looking(browser: Browser, place: Place) -> AsyncIterator[Page]:
    """The page in a window of its own; a script error fails the test that caused it."""
    window = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(place.url)
    yield page
    await window.close()
    assert errors == []
