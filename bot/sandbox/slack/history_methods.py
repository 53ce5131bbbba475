"""conversations.history and conversations.replies: what stands in a channel or a thread, with metadata."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import BOT_USER_ID, Json, Message
from bot.sandbox.slack.refusal import SlackRefusalError


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
    channel = desk.workspace.channel(arguments.required("channel"))
    if BOT_USER_ID not in channel.members:
        raise SlackRefusalError("not_in_channel")
    return [one for one in desk.workspace.messages(channel.id) if one.ephemeral_to is None]


def _page(found: list[Message], arguments: Arguments) -> Json:
    start, limit = int(arguments.text("cursor") or 0), int(arguments.text("limit") or 100)
    shown, rest = found[start : start + limit], found[start + limit :]
    full = arguments.flag("include_all_metadata")
    messages = [{**one.as_json(), **({"metadata": one.metadata} if full and one.metadata else {})} for one in shown]
    cursor = str(start + limit) if rest else ""
    return {"messages": messages, "has_more": bool(rest), "response_metadata": {"next_cursor": cursor}}


METHODS = {
    "conversations.history": Method(history, "channels:history"),
    "conversations.replies": Method(replies, "channels:history"),
}
