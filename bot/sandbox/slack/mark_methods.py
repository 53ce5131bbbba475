"""pins.*, bookmarks.* and reactions.*: how the bot marks messages and channels."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import BOT_USER_ID, Json
from bot.sandbox.slack.refusal import SlackRefusalError


def pin(desk: Desk, arguments: Arguments) -> Json:
    """pins.add."""
    message = desk.workspace.said(arguments.required("channel"), arguments.required("timestamp"))
    if message.pinned:
        raise SlackRefusalError("already_pinned")
    message.pinned = True
    desk.workspace.touched(message)
    return {}


def unpin(desk: Desk, arguments: Arguments) -> Json:
    """pins.remove."""
    message = desk.workspace.said(arguments.required("channel"), arguments.required("timestamp"))
    if not message.pinned:
        raise SlackRefusalError("no_pin")
    message.pinned = False
    desk.workspace.touched(message)
    return {}


def bookmark(desk: Desk, arguments: Arguments) -> Json:
    """bookmarks.add of links."""
    channel = desk.workspace.channel(arguments.required("channel_id"))
    title, kind, link = arguments.required("title"), arguments.required("type"), arguments.text("link")
    if kind != "link":
        raise SlackRefusalError("invalid_bookmark_type")
    if link is None or not link.startswith(("http://", "https://")):
        raise SlackRefusalError("invalid_link")
    made = {"id": desk.workspace.next_id("Bk"), "channel_id": channel.id, "title": title, "type": kind, "link": link}
    desk.workspace.bookmarks.setdefault(channel.id, []).append(made)
    desk.workspace.tell({"type": "people"})
    return {"bookmark": made}


def react(desk: Desk, arguments: Arguments) -> Json:
    """reactions.add."""
    message, name = (
        desk.workspace.said(arguments.required("channel"), arguments.required("timestamp")),
        arguments.required("name"),
    )
    people = message.reactions.setdefault(name, [])
    if BOT_USER_ID in people:
        raise SlackRefusalError("already_reacted")
    people.append(BOT_USER_ID)
    desk.workspace.touched(message)
    return {}


METHODS = {
    "pins.add": Method(pin, "pins:write"),
    "pins.remove": Method(unpin, "pins:write"),
    "bookmarks.add": Method(bookmark, "bookmarks:write"),
    "reactions.add": Method(react, "reactions:write"),
}
