"""Posting under a lease: asked before each call that people see, so that two processes do not both tell."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from bot.posting import File, Mark, Posting
from bot.views.message import Message


class NotHeldError(Exception):
    """Another process tells now; what was not told yet is its to tell."""


class HeldPosting:
    """`slack` while `hold` answers yes; NotHeldError, and nothing sent, once it does not."""

    def __init__(self, slack: Posting, hold: Callable[[], bool]) -> None:
        self._slack, self._hold = slack, hold

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread: str | None = None,
        broadcast: bool = False,
        mark: Mark | None = None,
    ) -> str:
        await self._ask()
        return await self._slack.post(channel, message, thread=thread, broadcast=broadcast, mark=mark)

    async def update(self, channel: str, ts: str, message: Message) -> None:
        await self._ask()
        await self._slack.update(channel, ts, message)

    async def marked(self, channel: str, thread: str | None = None) -> Mapping[str, Mark] | None:
        return await self._slack.marked(channel, thread)

    async def pin(self, channel: str, ts: str, *, pinned: bool) -> None:
        await self._ask()
        await self._slack.pin(channel, ts, pinned=pinned)

    async def upload(self, channel: str, thread: str, files: Sequence[File], comment: str) -> None:
        await self._ask()
        await self._slack.upload(channel, thread, files, comment)

    async def _ask(self) -> None:
        if not await asyncio.to_thread(self._hold):
            raise NotHeldError
