"""HTTP mode: requests are signed as Slack signs them, so an unmodified Bolt app with a signing secret accepts them."""

import asyncio
import socket
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.app.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.sandbox.http_server import QuietServer
from bot.sandbox.slack.delivery import RequestUrl
from tests.sandbox.place import opened

SECRET = "sandbox-signing-secret"


def served(app: AsyncApp) -> Starlette:
    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        answer: Response = await handler.handle(request)
        return answer

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"])])


async def answered(secret: str) -> str:
    """What a person reads after `/dr status` when Slack signs with `secret` and the app expects SECRET."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        target = RequestUrl(f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events", secret)
        async with opened(request_url=target) as place:
            app = AsyncApp(client=place.client(), signing_secret=SECRET)

            @app.command("/dr")
            async def dr(ack: Any, command: Any) -> None:
                await ack(f"heard {command['text']}")

            server = QuietServer(uvicorn.Config(served(app), lifespan="off", log_config=None))
            running = asyncio.create_task(server.serve(sockets=[listener]))
            await place.type_text("U0ADA", "/dr status")
            server.should_exit = True
            await running
            [message] = await place.messages()
    return str(message["text"])


async def test_a_signed_command_reaches_an_app_over_http() -> None:
    assert await answered(SECRET) == "heard status"


async def test_a_request_with_another_secret_is_refused_by_the_app() -> None:
    assert "dispatch_failed" in await answered("another-secret")
