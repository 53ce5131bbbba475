"""What Slack delivered, as a value: who did what where, an id that stays the same over retries, and the evidence."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One command, press, submission or event. `id` is the same when Slack sends it again.

    `name` is the handle; `full_name` is known once the roster was asked, else empty.
    """

    kind: str
    id: str
    user: str
    name: str
    team: str | None
    channel: str | None
    trigger: str | None = None
    response_url: str | None = None
    full_name: str = ""
    evidence: dict[str, str] = field(default_factory=dict)


def command(body: Body) -> Delivery:
    """A slash command."""
    return _delivery(
        "slash",
        body,
        user=str(body["user_id"]),
        name=str(body.get("user_name") or body["user_id"]),
        team=body.get("team_id"),
        channel=body.get("channel_id"),
        seen={"command": f"{body.get('command', '')} {body.get('text', '')}".strip()[:280]},
    )


def action(body: Body) -> Delivery:
    """A pressed button or a choice."""
    pressed = body["actions"][0]
    container = body.get("container") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
    seen = {
        "action": pressed.get("action_id"),
        "action_ts": pressed.get("action_ts"),
        "message_ts": container.get("message_ts"),
    }
    return _of_person("action", body, channel, seen)


def submission(body: Body, channel: str | None) -> Delivery:
    """A sent modal; `channel` is where its command or button was."""
    view = body["view"]
    return _of_person("view", body, channel, {"view": view.get("id"), "callback": view.get("callback_id")})


def event(body: Body) -> Delivery:
    """An event such as an opened Home."""
    about = body["event"]
    user = str(about["user"])
    return _delivery("event", body, user=user, name=user, team=body.get("team_id"), channel=None, seen={})


def _of_person(kind: str, body: Body, channel: str | None, seen: Mapping[str, Any]) -> Delivery:
    user = body["user"]
    return _delivery(
        kind,
        body,
        user=str(user["id"]),
        name=str(user.get("username") or user.get("name") or user["id"]),
        # In a channel shared between workspaces `team` is ours and `user.team_id` the person's own.
        team=user.get("team_id") or (body.get("team") or {}).get("id"),
        channel=channel,
        seen=seen,
    )


def _delivery(
    kind: str, body: Body, *, user: str, name: str, team: str | None, channel: str | None, seen: Mapping[str, Any]
) -> Delivery:
    trigger = body.get("trigger_id")
    same = str(trigger or body.get("event_id") or _digest(body))
    told = {"kind": kind, "delivery": same, "user": user, "team": team, "channel": channel, **seen}
    return Delivery(
        kind=kind,
        id=f"slack:{same}",
        user=user,
        name=name,
        team=team,
        channel=channel,
        trigger=str(trigger) if trigger else None,
        response_url=body.get("response_url"),
        evidence={key: str(value) for key, value in told.items() if value},
    )


def _digest(body: Body) -> str:
    """Where Slack gives no id: the same bytes are the same delivery."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:32]
