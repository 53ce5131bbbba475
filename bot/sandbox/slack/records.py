"""What a workspace consists of: people, groups, channels, messages, views and files, with their Slack JSON."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEAM_ID = "T0SANDBOX"
TEAM_DOMAIN = "sandbox"
TEAM_NAME = "DR sandbox"
APP_ID = "A0DRBOT"
BOT_ID = "B0DRBOT"
BOT_USER_ID = "U0DRBOT"


@dataclass(frozen=True)
class User:
    """A person or the bot. Guests are `is_restricted` (several channels) or `is_ultra_restricted` (one)."""

    id: str
    handle: str
    real_name: str
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    team_id: str = TEAM_ID

    def as_json(self) -> Json:
        """As `users.info` shows it."""
        body: Json = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.handle,
            "deleted": self.deleted,
            "real_name": self.real_name,
            "tz": "Etc/UTC",
            "tz_label": "Coordinated Universal Time",
            "tz_offset": 0,
            "profile": {"real_name": self.real_name, "display_name": self.handle, "team": self.team_id},
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": self.is_restricted,
            "is_ultra_restricted": self.is_ultra_restricted,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1735689600,
        }
        if self.is_stranger:
            body["is_stranger"] = True
        return body


@dataclass(frozen=True)
class UserGroup:
    """A user group with the ids of its members."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]

    def as_json(self) -> Json:
        """As `usergroups.list` shows it."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "is_usergroup": True,
            "name": self.name,
            "handle": self.handle,
            "user_count": len(self.users),
            "users": list(self.users),
        }


@dataclass
class Channel:
    """A channel or, with `im_with`, the bot's direct messages with one person."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)
    topic: str = ""
    created: int = 0
    is_private: bool = False
    is_ext_shared: bool = False
    im_with: str | None = None

    def as_json(self) -> Json:
        """As `conversations.info` shows it."""
        if self.im_with is not None:
            return {"id": self.id, "is_im": True, "user": self.im_with, "created": self.created}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": True,
            "is_im": False,
            "is_private": self.is_private,
            "is_archived": False,
            "is_member": BOT_USER_ID in self.members,
            "is_ext_shared": self.is_ext_shared,
            "is_shared": self.is_ext_shared,
            "created": self.created,
            "num_members": len(self.members),
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }


@dataclass
class Message:
    """A message; `earlier` keeps the blocks of former versions, which a stale screen still shows."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    ephemeral_to: str | None = None
    broadcast: bool = False
    edited_ts: str | None = None
    files: list[Json] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    pinned: bool = False
    earlier: list[list[Json]] = field(default_factory=list)
    metadata: Json | None = None

    def as_json(self) -> Json:
        """As Slack sends it in payloads and answers."""
        body: Json = {"type": "message", "ts": self.ts, "user": self.user, "team": TEAM_ID, "text": self.text}
        if self.user == BOT_USER_ID:
            body |= {"bot_id": BOT_ID, "app_id": APP_ID}
        if self.blocks:
            body["blocks"] = self.blocks
        if self.thread_ts is not None:
            body["thread_ts"] = self.thread_ts
        if self.edited_ts is not None:
            body["edited"] = {"user": self.user, "ts": self.edited_ts}
        if self.files:
            body["files"] = self.files
        return body


@dataclass
class View:
    """A modal in somebody's stack, or a Home tab."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    state: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """As `views.open` answers and payloads carry it."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "title": None,
            "submit": None,
            "close": None,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            **self.body,
            "state": {"values": self.state},
            "hash": self.hash,
            "root_view_id": self.root_id,
            "previous_view_id": self.previous_id,
        }


@dataclass
class StoredFile:
    """A file on its way or arrived."""

    id: str
    name: str
    length: int
    content: bytes | None = None
    title: str = ""
    alt_text: str = ""
    media_type: str = "application/octet-stream"
