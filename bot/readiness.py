"""Whether this bot can do its work: the store, Slack and the roster, each with the reason when it cannot. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from bot import scopes
from bot.slack import Contact
from dr_core.approvals.authority import ROSTER_LIFE
from dr_core.clock import Clock
from dr_core.doctor.result import Check, CheckState

_SHUT_OUT = frozenset({"token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive"})
"""Slack's words for a token that opens nothing any more: only another one and a restart help."""


@dataclass(frozen=True)
class Seen:
    """What was looked at just now. `store_problem` and `socket_problem` are empty when there is none."""

    store_problem: str
    socket_problem: str
    roster_at: datetime | None
    unread_approvers: int = 0
    announcer_problem: str = ""


def readiness(seen: Seen, contact: Contact, now: datetime) -> tuple[bool, Mapping[str, JsonValue]]:
    """(ready, body of `/readyz`)."""
    reasons = [reason for reason in (_store(seen), _slack(seen, contact), _roster(seen, now)) if reason]
    age = round((now - seen.roster_at).total_seconds(), 1) if seen.roster_at else None
    body: dict[str, JsonValue] = {
        "ready": not reasons,
        "reasons": list[JsonValue](reasons),
        "store": _store(seen) or "ok",
        "slack": _slack(seen, contact) or contact.problem or "ok",
        "roster_age_seconds": age,
        "announcer": seen.announcer_problem or "ok",
    }
    return not reasons, body


def face_checks(contact: Contact, clock: Clock) -> tuple[Check, ...]:
    """What the doctor is told about Slack by the only one who talks to it."""
    channels = (channel_check(channel, told) for channel, told in contact.channels.items())
    return (_contact(contact, clock), scopes.check(contact.scopes), *channels)


def channel_check(channel: str, told: bool | str) -> Check:
    """Whether the bot is a member; text is Slack's word for why it does not tell."""
    name, way_out = f"Slack channel {channel}", "Invite the bot to the channel: /invite in it."
    if told is True:
        return Check(name=name, state=CheckState.OK, detail="the bot is a member")
    if told is False:
        detail = "the bot is not a member: it cannot post there"
        return Check(name=name, state=CheckState.FAILED, detail=detail, way_out=way_out)
    way_out = "Compare the id in dr.yaml with the channel's details in Slack; a private channel needs an invitation."
    return Check(name=name, state=CheckState.FAILED, detail=f"Slack says {told}", way_out=way_out)


def _contact(contact: Contact, clock: Clock) -> Check:
    if contact.answered_at is None:
        return Check(name="Slack", state=CheckState.UNKNOWN, detail=contact.problem or "not asked yet")
    if contact.problem:
        way_out = "Compare the app's scopes with bot/slack_manifest.yaml, and invite the bot to its channels."
        return Check(name="Slack", state=CheckState.WARNING, detail=contact.problem, way_out=way_out)
    age = clock.monotonic() - contact.answered_at
    known = f", the token belongs to {contact.account}" if contact.account else ""
    return Check(name="Slack", state=CheckState.OK, detail=f"answered {age:.0f} s ago{known}")


def _store(seen: Seen) -> str:
    return f"store: {seen.store_problem}" if seen.store_problem else ""


def _slack(seen: Seen, contact: Contact) -> str:
    if seen.socket_problem:
        return f"slack: {seen.socket_problem}"
    shut_out = contact.problem.rpartition(": ")[2] in _SHUT_OUT
    return f"slack: {contact.problem}" if contact.answered_at is None or shut_out else ""


def _roster(seen: Seen, now: datetime) -> str:
    if seen.roster_at is None:
        return "roster: membership was not read from Slack yet"
    if seen.unread_approvers:
        return f"roster: {seen.unread_approvers} of the approvers were not looked up in Slack yet"
    return f"roster: last read {seen.roster_at:%Y-%m-%d %H:%M} UTC" if now - seen.roster_at > ROSTER_LIFE else ""
