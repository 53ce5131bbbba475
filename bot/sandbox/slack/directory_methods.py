"""auth, users, user groups and conversations: who is there and where."""

import re

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME, Channel, Json
from bot.sandbox.slack.refusal import SlackRefusalError

_CHANNEL_NAME = re.compile(r"^[a-z0-9_-]{1,80}$")


def auth_test(desk: Desk, arguments: Arguments) -> Json:
    """auth.test."""
    bot = desk.workspace.user(BOT_USER_ID)
    return {
        "url": f"{desk.base_url}/",
        "team": TEAM_NAME,
        "user": bot.handle,
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def open_connection(desk: Desk, arguments: Arguments) -> Json:
    """apps.connections.open: where to connect for Socket Mode."""
    return {"url": f"{desk.socket_url}?ticket={desk.workspace.next_id('ticket')}&app_id={APP_ID}"}


def user_info(desk: Desk, arguments: Arguments) -> Json:
    """users.info."""
    return {"user": desk.workspace.user(arguments.required("user")).as_json()}


def user_list(desk: Desk, arguments: Arguments) -> Json:
    """users.list, all on one page."""
    members = [user.as_json() for user in desk.workspace.users.values()]
    return {"members": members, "cache_ts": int(desk.clock.now().timestamp()), "response_metadata": {"next_cursor": ""}}


def group_list(desk: Desk, arguments: Arguments) -> Json:
    """usergroups.list."""
    return {"usergroups": [group.as_json() for group in desk.workspace.groups.values()]}


def group_users(desk: Desk, arguments: Arguments) -> Json:
    """usergroups.users.list, without deactivated people."""
    group = desk.workspace.groups.get(arguments.required("usergroup"))
    if group is None:
        raise SlackRefusalError("no_such_subteam")
    return {"users": [user for user in group.users if not desk.workspace.user(user).deleted]}


def _channel(desk: Desk, arguments: Arguments) -> Channel:
    channel_id = arguments.required("channel")
    if channel_id not in desk.workspace.channels:
        raise SlackRefusalError("channel_not_found")
    return desk.workspace.channels[channel_id]


def conversation_info(desk: Desk, arguments: Arguments) -> Json:
    """conversations.info."""
    return {"channel": _channel(desk, arguments).as_json()}


def conversation_list(desk: Desk, arguments: Arguments) -> Json:
    """conversations.list, all on one page."""
    channels = [channel.as_json() for channel in desk.workspace.channels.values() if channel.im_with is None]
    return {"channels": channels, "response_metadata": {"next_cursor": ""}}


def conversation_members(desk: Desk, arguments: Arguments) -> Json:
    """conversations.members, all on one page."""
    return {"members": list(_channel(desk, arguments).members), "response_metadata": {"next_cursor": ""}}


def conversation_create(desk: Desk, arguments: Arguments) -> Json:
    """conversations.create."""
    name = arguments.required("name")
    if not _CHANNEL_NAME.match(name):
        raise SlackRefusalError("invalid_name_specials")
    return {"channel": desk.workspace.create_channel(name, is_private=arguments.flag("is_private")).as_json()}


def conversation_invite(desk: Desk, arguments: Arguments) -> Json:
    """conversations.invite."""
    channel, users = _channel(desk, arguments), arguments.ids("users")
    for user in users:
        desk.workspace.user(user)
    if all(user in channel.members for user in users):
        raise SlackRefusalError("already_in_channel")
    desk.workspace.add_members(channel, users)
    return {"channel": channel.as_json()}


def conversation_topic(desk: Desk, arguments: Arguments) -> Json:
    """conversations.setTopic."""
    channel, topic = _channel(desk, arguments), arguments.text("topic") or ""
    if BOT_USER_ID not in channel.members:
        raise SlackRefusalError("not_in_channel")
    if len(topic) > 250:
        raise SlackRefusalError("too_long")
    channel.topic = topic
    desk.workspace.tell({"type": "people"})
    return {"channel": channel.as_json()}


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, "connections:write", app_token=True),
    "users.info": Method(user_info, "users:read"),
    "users.list": Method(user_list, "users:read"),
    "usergroups.list": Method(group_list, "usergroups:read"),
    "usergroups.users.list": Method(group_users, "usergroups:read"),
    "conversations.info": Method(conversation_info, "channels:read"),
    "conversations.list": Method(conversation_list, "channels:read"),
    "conversations.members": Method(conversation_members, "channels:read"),
    "conversations.create": Method(conversation_create, "channels:manage"),
    "conversations.invite": Method(conversation_invite, "channels:manage"),
    "conversations.setTopic": Method(conversation_topic, "channels:manage"),
}
