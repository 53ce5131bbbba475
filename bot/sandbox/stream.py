"""Server-sent events for the page: what changed, and the world's state once a second while somebody looks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse

Json = dict[str, Any]
PULSE_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 15.0


class Stream:
    """Everybody who listens, each with a queue."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Queue[Json | None]] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        """How many pages are open."""
        return len(self._listeners)

    def tell(self, event: Json) -> None:
        """Send to every page."""
        for queue in self._listeners:
            queue.put_nowait(event)

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for queue in self._listeners:
            queue.put_nowait(None)

    def response(self, first: Json) -> StreamingResponse:
        """The endless answer to one page, beginning with `first`."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(first), media_type="text/event-stream", headers=headers)

    async def _events(self, first: Json) -> AsyncIterator[str]:
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield _line(first)
            while not self._closed:
                try:
                    event = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if event is None:
                    return
                yield _line(event)
        finally:
            self._listeners.discard(queue)


def _line(event: Json) -> str:
    return f"data: {json.dumps(event, separators=(',', ':'))}\n\n"


class Pulse:
    """Looks at the world while a page is open and tells what changed."""

    def __init__(self, stream: Stream, look: Callable[[], Json]) -> None:
        self._stream = stream
        self._look = look
        self._soon = asyncio.Event()
        self._last: Json | None = None

    def wake(self) -> None:
        """Something was switched: look now."""
        self._soon.set()

    async def state(self) -> Json:
        """The event that describes everything beside the channel."""
        return {"type": "world", **await asyncio.to_thread(self._look)}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._soon.wait(), PULSE_SECONDS)
            self._soon.clear()
            if not self._stream.listeners:
                continue
            state = await self.state()
            if state != self._last:
                self._last = state
                self._stream.tell(state)
