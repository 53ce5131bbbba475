"""conversations.*: which channels there are, who is in them, and what stands in them."""

import re

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import Channel, Json, Message
from bot.sandbox.slack.refusal import SlackRefusalError

_LONGEST_NAME = 80
_NAME = re.compile(r"^[a-z0-9_-]+$")
_LONGEST_TOPIC = 250


def _channel(desk: Desk, arguments: Arguments) -> Channel:
    channel_id = arguments.required("channel")
    if channel_id not in desk.workspace.channels:
        raise SlackRefusalError("channel_not_found")
    return desk.workspace.channels[channel_id]


def info(desk: Desk, arguments: Arguments) -> Json:
    """conversations.info."""
    return {"channel": _channel(desk, arguments).as_json()}


def members(desk: Desk, arguments: Arguments) -> Json:
    """conversations.members, all on one page."""
    return {"members": list(_channel(desk, arguments).members), "response_metadata": {"next_cursor": ""}}


def create(desk: Desk, arguments: Arguments) -> Json:
    """conversations.create."""
    name = arguments.text("name")
    if name is None:
        raise SlackRefusalError("invalid_name_required")
    if len(name) > _LONGEST_NAME:
        raise SlackRefusalError("invalid_name_maxlength")
    if not _NAME.match(name):
        raise SlackRefusalError("invalid_name_specials")
    return {"channel": desk.workspace.create_channel(name, is_private=arguments.flag("is_private")).as_json()}


def invite(desk: Desk, arguments: Arguments) -> Json:
    """conversations.invite."""
    channel, users = desk.workspace.joined(arguments.required("channel")), arguments.ids("users")
    for user in users:
        desk.workspace.user(user)
    if all(user in channel.members for user in users):
        raise SlackRefusalError("already_in_channel")
    desk.workspace.add_members(channel, users)
    return {"channel": channel.as_json()}


def set_topic(desk: Desk, arguments: Arguments) -> Json:
    """conversations.setTopic."""
    channel, topic = desk.workspace.joined(arguments.required("channel")), arguments.text("topic") or ""
    if len(topic) > _LONGEST_TOPIC:
        raise SlackRefusalError("too_long")
    channel.topic = topic
    desk.workspace.tell({"type": "people"})
    return {"channel": channel.as_json()}


def history(desk: Desk, arguments: Arguments) -> Json:
    """conversations.history: the newest first, threads by their first message only."""
    found = [one for one in _all(desk, arguments) if one.thread_ts in (None, one.ts) or one.broadcast]
    return _page(found[::-1], arguments)


def replies(desk: Desk, arguments: Arguments) -> Json:
    """conversations.replies: a thread from its first message on."""
    ts = arguments.required("ts")
    found = [one for one in _all(desk, arguments) if ts in (one.ts, one.thread_ts)]
    if not found:
        raise SlackRefusalError("thread_not_found")
    return _page(found, arguments)


def _all(desk: Desk, arguments: Arguments) -> list[Message]:
    channel = desk.workspace.joined(arguments.required("channel"))
    return [one for one in desk.workspace.messages(channel.id) if one.ephemeral_to is None]


def _page(found: list[Message], arguments: Arguments) -> Json:
    start, limit = int(arguments.text("cursor") or 0), int(arguments.text("limit") or 100)
    shown, rest = found[start : start + limit], found[start + limit :]
    full = arguments.flag("include_all_metadata")
    messages = [{**one.as_json(), **({"metadata": one.metadata} if full and one.metadata else {})} for one in shown]
    cursor = str(start + limit) if rest else ""
    return {"messages": messages, "has_more": bool(rest), "response_metadata": {"next_cursor": cursor}}


METHODS = {
    "conversations.info": Method(info, "channels:read"),
    "conversations.members": Method(members, "channels:read"),
    "conversations.create": Method(create, "channels:manage"),
    "conversations.invite": Method(invite, "channels:manage"),
    "conversations.setTopic": Method(set_topic, "channels:manage"),
    "conversations.history": Method(history, "channels:history"),
    "conversations.replies": Method(replies, "channels:history"),
}
