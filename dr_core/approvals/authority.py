"""Who may do what, from the topology and the last reading of Slack's membership. Pure.

An actor of the terminal has a Slack account only where a worker has proven who it is (`terminal/clerk.py`): it is then
judged as that member. Without one it only looks.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from dr_core.approvals.model import Actor, Face, Roster
from dr_core.topology.approval import Group
from dr_core.topology.model import Topology

ROSTER_LIFE = timedelta(hours=24)


class Role(StrEnum):
    VIEWER = "viewer"
    REQUESTER = "requester"
    APPROVER = "approver"
    HOLDER = "holder"


def unread(roster: Roster | None, now: datetime) -> str | None:
    """Why nobody at all may do anything but look, as long as Slack has not been read; None when it was."""
    if roster is None:
        return "Who belongs to the incident channel has not been read from Slack yet; try again in a minute."
    if now - roster.at > ROSTER_LIFE:
        return f"The membership known from Slack is from {roster.at:%Y-%m-%d %H:%M}Z, older than 24 hours."
    return None


def refusal(roster: Roster | None, actor: Actor, now: datetime) -> str | None:
    """Why this identity may do nothing at all but look; None when it may. A sentence for the person."""
    if actor.face not in (Face.SLACK, Face.TERMINAL) or actor.slack_user is None:
        return "The terminal is read-only; use Slack."
    why = unread(roster, now)
    if roster is None or why is not None:
        return why
    if roster.incident_channel_shared:
        return "The incident channel is shared with another workspace; nothing can be requested or approved there."
    user = roster.users.get(actor.slack_user)
    if user is None:
        return "Your membership was not read from Slack yet; try again in a minute."
    if user.bot or user.deleted:
        return "Bots and deactivated accounts cannot do this."
    if user.guest:
        return "Guests cannot do this."
    teams = {team for team in (actor.team, user.team) if team is not None}
    if roster.team is not None and teams - {roster.team}:
        return "People of other workspaces cannot do this."
    return None


def members(group: Group, from_usergroup: frozenset[str] | None) -> frozenset[str]:
    """A group's Slack user ids: those listed, and those of its user group as last read."""
    listed = frozenset(group.users)
    return listed | (from_usergroup or frozenset()) if group.usergroup else listed


def approvers(topology: Topology, roster: Roster | None) -> frozenset[str]:
    """Slack user ids that may approve now, as far as is known; guests, bots and leavers are no approvers."""
    named = members(topology.approval.approvers, roster.approvers if roster else None)
    return _present(named, roster)


def _present(named: frozenset[str], roster: Roster | None) -> frozenset[str]:
    users = roster.users if roster else {}
    return frozenset(u for u in named if u not in users or not (users[u].guest or users[u].bot or users[u].deleted))


def holders(topology: Topology, roster: Roster | None) -> frozenset[str]:
    """Slack user ids that may break the glass now; guests, bots and leavers are none."""
    return _present(members(topology.approval.break_glass, roster.break_glass if roster else None), roster)


def roles(topology: Topology, roster: Roster | None, actor: Actor, now: datetime) -> frozenset[Role]:
    """What this actor may do. Everybody may look."""
    if actor.face is Face.SCHEDULE or refusal(roster, actor, now) is not None or roster is None:
        return frozenset({Role.VIEWER})
    granted = {Role.VIEWER}
    policy = topology.approval
    narrowed = not policy.requesters.empty
    askers = members(policy.requesters, roster.requesters) if narrowed else roster.incident_members
    if actor.slack_user in askers:
        granted.add(Role.REQUESTER)
    if actor.slack_user in approvers(topology, roster):
        granted.add(Role.APPROVER)
    if actor.slack_user in holders(topology, roster):
        granted.add(Role.HOLDER)
    return frozenset(granted)
