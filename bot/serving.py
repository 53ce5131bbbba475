"""Small HTTP servers inside the bot's own event loop, which leave the signals to the bot."""

import asyncio
import contextlib
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp


class Served(uvicorn.Server):
    """uvicorn without its signal handlers: two of them in one process would end it before it has tidied up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def run(self) -> None:  # type: ignore[override]  # uvicorn's own `run` starts a loop, and one runs already
        """Serve until `stop`."""
        await self.serve()

    def stop(self) -> None:
        self.should_exit = True


def server(app: ASGIApp, host: str, port: int) -> Served:
    """A server that is not started yet."""
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    return Served(config)


async def started(serving: Served, task: asyncio.Task[None]) -> None:
    """Wait until it listens; raises what kept it from listening."""
    while not serving.started:
        if task.done():
            task.result()
            raise OSError("the server stopped before it listened")
        await asyncio.sleep(0.01)
