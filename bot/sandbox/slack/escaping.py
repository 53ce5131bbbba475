"""`should_escape`: names of people, groups and channels in a typed command become ids, as Slack's client makes them."""

import re

from bot.sandbox.slack.workspace import Workspace

_MENTION = re.compile(r"(?<![\w<])([@#])([\w.-]+)")


def escaped(text: str, workspace: Workspace) -> str:
    """`@ada in #dr-incident` -> `<@U0ADA|ada> in <#C0INCIDENT|dr-incident>`; unknown names stay as typed."""
    people = {user.handle: f"<@{user.id}|{user.handle}>" for user in workspace.users.values()}
    groups = {group.handle: f"<!subteam^{group.id}|@{group.handle}>" for group in workspace.groups.values()}
    channels = {one.name: f"<#{one.id}|{one.name}>" for one in workspace.channels.values() if one.name}
    named = {"@": groups | people, "#": channels}
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub(lambda hit: named[hit[1]].get(hit[2], hit[0]), plain)
