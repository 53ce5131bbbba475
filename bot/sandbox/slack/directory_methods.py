"""auth.*, apps.*, users.* and usergroups.*: who is there."""

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.method import Method
from bot.sandbox.slack.records import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID, TEAM_NAME, Json
from bot.sandbox.slack.refusal import SlackRefusalError


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


def group_users(desk: Desk, arguments: Arguments) -> Json:
    """usergroups.users.list, without deactivated people."""
    group = desk.workspace.groups.get(arguments.required("usergroup"))
    if group is None:
        raise SlackRefusalError("no_such_subteam")
    return {"users": [user for user in group.users if not desk.workspace.user(user).deleted]}


METHODS = {
    "auth.test": Method(auth_test),
    "apps.connections.open": Method(open_connection, "connections:write", app_token=True),
    "users.info": Method(user_info, "users:read"),
    "users.list": Method(user_list, "users:read"),
    "usergroups.users.list": Method(group_users, "usergroups:read"),
}
