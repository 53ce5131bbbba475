"""chat.*, pins, bookmarks and reactions: what the bot says and how it marks it."""

from bot.sandbox.slack.arguments import Arguments, missing
from bot.sandbox.slack.blocks import message_problems
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import BOT_USER_ID, Channel, Json, Message
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.workspace import Content

LONGEST_TEXT = 40_000


def content_of(arguments: Arguments) -> Content:
    """Text and blocks of a message, refused as Slack refuses them."""
    text, blocks = arguments.text("text") or "", arguments.structure("blocks") or []
    if not text and not blocks:
        raise SlackRefusalError("no_text")
    if len(text) > LONGEST_TEXT:
        raise SlackRefusalError("msg_too_long")
    wrong = message_problems(blocks)
    if wrong:
        raise SlackRefusalError("invalid_blocks", wrong)
    return Content(text, blocks)


def _place(desk: Desk, arguments: Arguments) -> Channel:
    channel = desk.workspace.channel(arguments.required("channel"))
    if BOT_USER_ID not in channel.members:
        raise SlackRefusalError("not_in_channel")
    return channel


def _message(desk: Desk, arguments: Arguments, field: str = "ts") -> Message:
    channel = desk.workspace.channel(arguments.required("channel"))
    found = desk.workspace.message(channel.id, arguments.required(field))
    if found is None or found.ephemeral_to is not None:
        raise SlackRefusalError("message_not_found")
    return found


def post(desk: Desk, arguments: Arguments) -> Json:
    """chat.postMessage."""
    channel, content = _place(desk, arguments), content_of(arguments)
    thread, broadcast = arguments.text("thread_ts"), arguments.flag("reply_broadcast")
    metadata = _metadata(arguments)
    message = desk.workspace.post(channel, BOT_USER_ID, content, thread_ts=thread, broadcast=broadcast)
    message.metadata = metadata
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json()}


def _metadata(arguments: Arguments) -> Json | None:
    """What an app attaches for itself: https://docs.slack.dev/messaging/message-metadata."""
    found = arguments.structure("metadata")
    if found is None:
        return None
    if not isinstance(found, dict) or not found.get("event_type") or not isinstance(found.get("event_payload"), dict):
        raise SlackRefusalError("invalid_metadata_format")
    return found


def post_ephemeral(desk: Desk, arguments: Arguments) -> Json:
    """chat.postEphemeral: only that person sees it, and only in a channel where they are."""
    channel, user = _place(desk, arguments), desk.workspace.user(arguments.required("user"))
    if user.id not in channel.members:
        raise SlackRefusalError("user_not_in_channel")
    message = desk.workspace.post(
        channel, BOT_USER_ID, content_of(arguments), thread_ts=arguments.text("thread_ts"), ephemeral_to=user.id
    )
    return {"message_ts": message.ts}


def update(desk: Desk, arguments: Arguments) -> Json:
    """chat.update on (channel, ts); text without blocks takes the blocks away."""
    message = _message(desk, arguments)
    if message.user != BOT_USER_ID:
        raise SlackRefusalError("cant_update_message")
    content = content_of(arguments)
    desk.workspace.update(message, content)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.as_json()}


def delete(desk: Desk, arguments: Arguments) -> Json:
    """chat.delete, of the bot's own messages."""
    message = _message(desk, arguments)
    if message.user != BOT_USER_ID:
        raise SlackRefusalError("cant_delete_message")
    desk.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(desk: Desk, arguments: Arguments) -> Json:
    """chat.getPermalink: an address that this page opens."""
    message = _message(desk, arguments, "message_ts")
    stamp = message.ts.replace(".", "")
    return {"channel": message.channel, "permalink": f"{desk.base_url}/archives/{message.channel}/p{stamp}"}


def pin(desk: Desk, arguments: Arguments) -> Json:
    """pins.add."""
    message = _message(desk, arguments, "timestamp")
    if message.pinned:
        raise SlackRefusalError("already_pinned")
    message.pinned = True
    desk.workspace.touched(message)
    return {}


def bookmark(desk: Desk, arguments: Arguments) -> Json:
    """bookmarks.add of links."""
    channel = desk.workspace.channel(arguments.required("channel_id"))
    title, kind, link = arguments.required("title"), arguments.required("type"), arguments.text("link")
    if kind != "link":
        raise SlackRefusalError("invalid_bookmark_type")
    if link is None:
        raise missing("link")
    made = {"id": desk.workspace.next_id("Bk"), "channel_id": channel.id, "title": title, "type": kind, "link": link}
    desk.workspace.bookmarks.setdefault(channel.id, []).append(made)
    desk.workspace.tell({"type": "people"})
    return {"bookmark": made}


def react(desk: Desk, arguments: Arguments) -> Json:
    """reactions.add."""
    message, name = _message(desk, arguments, "timestamp"), arguments.required("name")
    people = message.reactions.setdefault(name, [])
    if BOT_USER_ID in people:
        raise SlackRefusalError("already_reacted")
    people.append(BOT_USER_ID)
    desk.workspace.touched(message)
    return {}


METHODS = {
    "chat.postMessage": Method(post, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.getPermalink": Method(permalink),
    "pins.add": Method(pin, "pins:write"),
    "bookmarks.add": Method(bookmark, "bookmarks:write"),
    "reactions.add": Method(react, "reactions:write"),
}
