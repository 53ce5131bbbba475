"""chat.*: what the bot says."""

from typing import Any

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.blocks import message_problems
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import BOT_USER_ID, Json
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.workspace import Content

LONGEST_TEXT = 40_000
LONGEST_UPDATE = 4_000
# Slack's page names the refusal and no number; this one is what its people say: github.com/slackapi/bolt-js/issues/2509
LONGEST_BLOCKS = 12_000


def content_of(arguments: Arguments, longest: int = LONGEST_TEXT) -> Content:
    """Text and blocks of a message, refused as Slack refuses them."""
    text, blocks = arguments.text("text") or "", arguments.structure("blocks") or []
    if not text and not blocks:
        raise SlackRefusalError("no_text")
    if len(text) > longest:
        raise SlackRefusalError("msg_too_long")
    wrong = message_problems(blocks)
    if wrong:
        raise SlackRefusalError("invalid_blocks", wrong)
    return Content(text, blocks)


def _short(content: Content) -> Content:
    """Of a posted message all blocks together are limited; of an answer by a response_url only each block is."""
    if _characters(content.blocks) > LONGEST_BLOCKS:
        raise SlackRefusalError("msg_blocks_too_long")
    return content


def _characters(part: Any) -> int:
    if isinstance(part, list):
        return sum(_characters(one) for one in part)
    if isinstance(part, dict):
        return sum(
            len(one) if key == "text" and isinstance(one, str) else _characters(one) for key, one in part.items()
        )
    return 0


def post(desk: Desk, arguments: Arguments) -> Json:
    """chat.postMessage."""
    channel, content = desk.workspace.joined(arguments.required("channel")), _short(content_of(arguments))
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
    channel, user = desk.workspace.joined(arguments.required("channel")), arguments.required("user")
    if user not in channel.members:
        raise SlackRefusalError("user_not_in_channel")
    message = desk.workspace.post(
        channel, BOT_USER_ID, content_of(arguments), thread_ts=arguments.text("thread_ts"), ephemeral_to=user
    )
    return {"message_ts": message.ts}


def update(desk: Desk, arguments: Arguments) -> Json:
    """chat.update on (channel, ts); text without blocks takes the blocks away."""
    message = desk.workspace.said(arguments.required("channel"), arguments.required("ts"))
    if message.user != BOT_USER_ID:
        raise SlackRefusalError("cant_update_message")
    desk.workspace.update(message, _short(content_of(arguments, LONGEST_UPDATE)))
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": message.as_json()}


def delete(desk: Desk, arguments: Arguments) -> Json:
    """chat.delete, of the bot's own messages."""
    message = desk.workspace.said(arguments.required("channel"), arguments.required("ts"))
    if message.user != BOT_USER_ID:
        raise SlackRefusalError("cant_delete_message")
    desk.workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(desk: Desk, arguments: Arguments) -> Json:
    """chat.getPermalink: an address that this page opens."""
    message = desk.workspace.said(arguments.required("channel"), arguments.required("message_ts"))
    stamp = message.ts.replace(".", "")
    return {"channel": message.channel, "permalink": f"{desk.base_url}/archives/{message.channel}/p{stamp}"}


METHODS = {
    "chat.postMessage": Method(post, "chat:write"),
    "chat.postEphemeral": Method(post_ephemeral, "chat:write"),
    "chat.update": Method(update, "chat:write"),
    "chat.delete": Method(delete, "chat:write"),
    "chat.getPermalink": Method(permalink),
}
