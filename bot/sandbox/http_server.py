"""The one HTTP server of the sandbox, on loopback: Slack, the API and the page."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bot.sandbox.api import SandboxApi
from bot.sandbox.slack.server import LocalSlack

WEB = Path(__file__).with_name("web")


class QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: one handler, the launcher's, stops everything in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the launcher's."""
        yield


@contextlib.asynccontextmanager
async def serving(slack: LocalSlack, api: SandboxApi, listener: socket.socket) -> AsyncIterator[None]:
    """Serve until the block ends; then let go of pages and sockets first."""
    page = Mount("/", StaticFiles(directory=WEB, html=True))
    server = QuietServer(_config([*api.routes(), *slack.routes(), page]))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    pulse = asyncio.create_task(api.pulse.run())
    try:
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        yield
    finally:
        pulse.cancel()
        api.stream.close()
        await slack.stop()
        server.should_exit = True
        await running


def _config(routes: Sequence[BaseRoute]) -> uvicorn.Config:
    # Other web sites must not reach the sandbox through a name of their own that resolves to loopback.
    guard = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return uvicorn.Config(
        Starlette(routes=list(routes), middleware=[guard]),
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
