"""What the announcer and the schedule need of Slack: messages with marks, pins and files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.views.message import Message

CONSUMER = "slack"
"""Whose cursor of the trail says what Slack was told."""


@dataclass(frozen=True)
class Mark:
    """What a message tells of the trail: everything of `chain` up to `seq`; 0 is the card. It travels as metadata."""

    chain: str
    seq: int


@dataclass(frozen=True)
class File:
    """A text file to be uploaded. `name` ends as its kind does."""

    name: str
    title: str
    text: str


class Posting(Protocol):
    """What the announcer and the schedule need of Slack."""

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread: str | None = None,
        broadcast: bool = False,
        mark: Mark | None = None,
    ) -> str:
        """Post and answer the message's ts; in a thread, and with `broadcast` in the channel too."""
        ...

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message."""
        ...

    async def marked(self, channel: str, thread: str | None = None) -> Mapping[str, Mark] | None:
        """Our marks by ts, of a thread or of the newest messages of a channel; None where we may not read them."""
        ...

    async def pin(self, channel: str, ts: str, *, pinned: bool) -> None:
        """Pin a message, or take its pin away; nothing where it is so already."""
        ...

    async def upload(self, channel: str, thread: str, files: Sequence[File], comment: str) -> None:
        """One message in a thread (empty: in the channel) with these files; `comment` is mrkdwn that was escaped."""
        ...
