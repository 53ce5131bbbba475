"""The workspace's state in memory: who is there, what was said. Every change is told to `changed`."""

import itertools
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from bot.sandbox.slack.records import BOT_USER_ID, Channel, Json, Message, StoredFile, User, UserGroup
from bot.sandbox.slack.refusal import SlackRefusalError
from dr_core.clock import Clock

Listener = Callable[[Json], None]


@dataclass(frozen=True)
class Population:
    """Everybody and every place that exists when a workspace starts."""

    users: tuple[User, ...]
    groups: tuple[UserGroup, ...] = ()
    channels: tuple[Channel, ...] = ()


@dataclass(frozen=True)
class Content:
    """What a message says."""

    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)


class Workspace:
    """Not safe for threads: it lives on the event loop of the server."""

    def __init__(self, population: Population, clock: Clock) -> None:
        self.users = {user.id: user for user in population.users}
        self.groups = {group.id: group for group in population.groups}
        self.channels = {channel.id: deepcopy(channel) for channel in population.channels}
        self.files: dict[str, StoredFile] = {}
        self.bookmarks: dict[str, list[Json]] = {}
        self.clock = clock
        self._messages: dict[str, dict[str, Message]] = {}
        self._listeners: list[Listener] = []
        self._last_ts = 0
        self._numbers = itertools.count(1)

    # -- changes --------------------------------------------------------------------------------------------------

    def listen(self, listener: Listener) -> None:
        """Call `listener` with every change from now on."""
        self._listeners.append(listener)

    def tell(self, change: Json) -> None:
        """Something changed."""
        for listener in self._listeners:
            listener(change)

    def next_ts(self) -> str:
        """A message timestamp that no other message has, in order."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now().timestamp() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        """An id of Slack's look, unique in this workspace."""
        return f"{prefix}{next(self._numbers):08d}"

    # -- people and places ----------------------------------------------------------------------------------------

    def add_user(self, user: User) -> None:
        """Add or replace a person; tests make guests and leavers with it."""
        self.users[user.id] = user
        self.tell({"type": "people"})

    def user(self, user_id: str) -> User:
        """The person, or `user_not_found`."""
        if user_id not in self.users:
            raise SlackRefusalError("user_not_found")
        return self.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        """The channel, or `channel_not_found`; a user id means the bot's direct messages with that person."""
        if channel_id in self.users and channel_id != BOT_USER_ID:
            return self._direct(channel_id)
        if channel_id not in self.channels:
            raise SlackRefusalError("channel_not_found")
        return self.channels[channel_id]

    def joined(self, channel_id: str) -> Channel:
        """The channel, when the bot is in it; else `not_in_channel`."""
        channel = self.channel(channel_id)
        if BOT_USER_ID not in channel.members:
            raise SlackRefusalError("not_in_channel")
        return channel

    def _direct(self, user_id: str) -> Channel:
        channel_id = f"D{user_id[1:]}"
        if channel_id not in self.channels:
            self.channels[channel_id] = Channel(channel_id, "", [user_id, BOT_USER_ID], im_with=user_id)
            self.tell({"type": "people"})
        return self.channels[channel_id]

    def create_channel(self, name: str, *, is_private: bool = False) -> Channel:
        """A new channel with the bot as its only member, or `name_taken`."""
        if any(channel.name == name for channel in self.channels.values()):
            raise SlackRefusalError("name_taken")
        made = Channel(
            self.next_id("C"), name, [BOT_USER_ID], created=int(self.clock.now().timestamp()), is_private=is_private
        )
        self.channels[made.id] = made
        self.tell({"type": "people"})
        return made

    def add_members(self, channel: Channel, users: Iterable[str]) -> None:
        """Bring people into a channel."""
        channel.members += [user for user in users if user not in channel.members]
        self.tell({"type": "people"})

    # -- messages -------------------------------------------------------------------------------------------------

    def message(self, channel_id: str, ts: str) -> Message | None:
        """The message with this timestamp, ephemeral ones included."""
        return self._messages.get(channel_id, {}).get(ts)

    def said(self, channel_id: str, ts: str) -> Message:
        """The message that everybody sees, or `message_not_found`."""
        found = self.message(self.channel(channel_id).id, ts)
        if found is None or found.ephemeral_to is not None:
            raise SlackRefusalError("message_not_found")
        return found

    def messages(self, channel_id: str, viewer: str | None = None) -> list[Message]:
        """All messages of a channel in order; with `viewer`, without other people's ephemerals."""
        everything = self._messages.get(channel_id, {}).values()
        return [one for one in everything if viewer is None or one.ephemeral_to in (None, viewer)]

    def post(
        self,
        channel: Channel,
        user: str,
        content: Content,
        *,
        thread_ts: str | None = None,
        ephemeral_to: str | None = None,
        broadcast: bool = False,
    ) -> Message:
        """Say something in a channel, in a thread, or to one person only."""
        if thread_ts is not None:
            self._join_thread(channel, thread_ts)
        ts = self.next_ts()
        message = Message(
            ts, channel.id, user, content.text, [], thread_ts, ephemeral_to, broadcast, files=content.files
        )
        message.blocks = self._with_ids(content.blocks)
        self._messages.setdefault(channel.id, {})[ts] = message
        self._told(message, "posted")
        return message

    def _join_thread(self, channel: Channel, thread_ts: str) -> None:
        parent = self.message(channel.id, thread_ts)
        if parent is None or (parent.thread_ts is not None and parent.thread_ts != parent.ts) or parent.ephemeral_to:
            raise SlackRefusalError("thread_not_found")
        parent.thread_ts = parent.ts

    def update(self, message: Message, content: Content) -> None:
        """Replace text and blocks; text alone removes the blocks, as in Slack."""
        message.earlier.append(message.blocks)
        message.text, message.blocks = content.text, self._with_ids(content.blocks)
        message.edited_ts = self.next_ts()
        self._told(message, "updated")

    def delete(self, message: Message) -> None:
        """Take a message away."""
        self._messages[message.channel].pop(message.ts, None)
        self._told(message, "deleted")

    def touched(self, message: Message) -> None:
        """A reaction or a pin changed."""
        self._told(message, "updated")

    def _told(self, message: Message, what: str) -> None:
        change = {"type": "channel", "what": what, "channel": message.channel, "ts": message.ts}
        self.tell({**change, "ephemeral_to": message.ephemeral_to, "user": message.user})

    def _with_ids(self, blocks: list[Json]) -> list[Json]:
        return give_ids(blocks, self.next_id)


def give_ids(blocks: list[Json], next_id: Callable[[str], str]) -> list[Json]:
    """A copy with an id for each block and element that came without one, as Slack adds them."""
    made = deepcopy(blocks)
    for block in made:
        block["block_id"] = block.get("block_id") or next_id("b")
        for element in acting_elements(block):
            element["action_id"] = element.get("action_id") or next_id("a")
    return made


def acting_elements(block: Json) -> list[Json]:
    """The elements of a block that a person can use."""
    if block["type"] == "actions":
        return list(block["elements"])
    return [block["element"]] if block["type"] == "input" else []
