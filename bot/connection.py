"""How Slack reaches the bot: a socket that the bot opens, or signed requests to an address of its own."""

import asyncio
from typing import Protocol

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.serving import server, started

_STALE_TICKET_S = 12.0
_PING_S = 5.0


class Connection(Protocol):
    """One of the two ways."""

    async def open(self) -> None:
        """Start; returns at once, also while Slack is down."""
        ...

    async def problem(self) -> str:
        """What is wrong with it now; empty when nothing is."""
        ...

    async def close(self) -> None: ...


class SocketMode:
    """A websocket that the bot opens and keeps open; no address of its own, no signing secret."""

    def __init__(self, app: AsyncApp, app_token: str) -> None:
        self._app, self._token = app, app_token
        self._handler: AsyncSocketModeHandler | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        handler = AsyncSocketModeHandler(self._app, self._token, ping_interval=_PING_S)
        self._handler = handler
        self._tasks = [
            asyncio.create_task(handler.client.connect()),  # type: ignore[no-untyped-call]  # slack_sdk has no types here
            asyncio.create_task(self._forget_stale_tickets(handler)),
        ]

    async def problem(self) -> str:
        if self._handler is None or not await self._handler.client.is_connected():
            return "the socket is not connected"
        return ""

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._handler is not None:
            await self._handler.client.close()  # type: ignore[no-untyped-call]  # slack_sdk has no types here

    async def _forget_stale_tickets(self, handler: AsyncSocketModeHandler) -> None:
        """The client tries one address again and again; its ticket is good once and briefly, so ask for a new one."""
        while True:
            await asyncio.sleep(_STALE_TICKET_S)
            if not await handler.client.is_connected():
                handler.client.wss_uri = None


class HttpMode:
    """Signed requests to `/slack/events`; Bolt checks each signature."""

    def __init__(self, app: AsyncApp, host: str, port: int) -> None:
        handler = AsyncSlackRequestHandler(app)

        async def endpoint(request: Request) -> Response:
            return await handler.handle(request)

        self._server = server(Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])]), host, port)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._task = asyncio.create_task(self._server.run())
        await started(self._server, self._task)

    async def problem(self) -> str:
        return "" if self._server.started and not self._server.should_exit else "the HTTP server is not listening"

    async def close(self) -> None:
        self._server.stop()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=2)
