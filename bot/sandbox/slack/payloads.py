"""The JSON that Slack sends to an app, built from what a person did."""

from typing import Any
from uuid import uuid4

from bot.sandbox.slack.forms import initial_state, value_json
from bot.sandbox.slack.gestures import Gesture
from bot.sandbox.slack.records import APP_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, Channel, Json, Message, User, View

# Slack still sends the deprecated verification token; apps that check it are apps that do not check signatures.
_TOKEN = "verification-token-is-deprecated"  # noqa: S105  # no secret: everybody gets this one


def _common(user: User) -> Json:
    return {
        "token": _TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "api_app_id": APP_ID,
        "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team_id},
    }


def slash_command(gesture: Gesture, user: User, channel: Channel, command: str, text: str, hook_url: str) -> Json:
    """A typed `/command text`."""
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.im_with else channel.name,
        "user_id": user.id,
        "user_name": user.handle,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": hook_url,
        "trigger_id": gesture.trigger_id,
    }


def action_of(block: Json, element: Json, raw: Any, *, now: float) -> Json:
    """The entry of `actions` for one element; `raw` is the chosen value, for a button what it carries."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": f"{now:.6f}",
    }
    if element["type"] != "button":
        return action | value_json(element, raw)
    action["text"] = element["text"]
    for key, value in (("value", raw), ("style", element.get("style")), ("url", element.get("url"))):
        if value is not None:
            action[key] = value
    return action


def message_action(
    gesture: Gesture, user: User, channel: Channel, message: Message, action: Json, hook_url: str
) -> Json:
    """`block_actions` from a message; an ephemeral one is not shown to the app again."""
    ephemeral = message.ephemeral_to is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    if message.thread_ts is not None and message.thread_ts != message.ts:
        container["thread_ts"] = message.thread_ts
    payload = {
        "type": "block_actions",
        **_common(user),
        "container": container,
        "channel": {"id": channel.id, "name": "directmessage" if channel.im_with else channel.name},
        "trigger_id": gesture.trigger_id,
        "response_url": hook_url,
        "state": {"values": initial_state(message.blocks)},
        "actions": [action],
    }
    return payload if ephemeral else payload | {"message": message.as_json()}


def view_action(gesture: Gesture, user: User, view: View, action: Json) -> Json:
    """`block_actions` from a modal or a Home."""
    return {
        "type": "block_actions",
        **_common(user),
        "container": {"type": "view", "view_id": view.id},
        "view": view.as_json(),
        "trigger_id": gesture.trigger_id,
        "actions": [action],
    }


def view_submission(gesture: Gesture, user: User, view: View) -> Json:
    """The modal's submit button."""
    return {
        "type": "view_submission",
        **_common(user),
        "trigger_id": gesture.trigger_id,
        "view": view.as_json(),
        "response_urls": [],
    }


def view_closed(user: User, view: View, *, is_cleared: bool) -> Json:
    """The modal was closed without submitting."""
    return {"type": "view_closed", **_common(user), "view": view.as_json(), "is_cleared": is_cleared}


def home_opened(user: User, view: View | None, now: float) -> Json:
    """The event `app_home_opened`."""
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": f"D{user.id[1:]}",
        "tab": "home",
        "event_ts": f"{now:.6f}",
    }
    if view is not None:
        event["view"] = view.as_json()
    return {
        "token": _TOKEN,
        "team_id": TEAM_ID,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{uuid4().hex[:10].upper()}",
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM_ID,
                "user_id": BOT_USER_ID,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }
