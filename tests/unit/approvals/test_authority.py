"""Whom the last reading of Slack's membership lets do anything at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.approvals.authority import refusal
from dr_core.approvals.model import Actor, Face, Roster, RosterUser

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA", team="T0HOME")


def read(age: timedelta = timedelta(minutes=1), user: RosterUser | None = None, **more: Any) -> Roster:
    known = user or RosterUser(name="ada", team="T0HOME")
    values: dict[str, Any] = {"incident_members": {"U0ADA"}, "approvers": {"U0ADA"}, "team": "T0HOME"}
    return Roster(at=NOW - age, users={"U0ADA": known}, **(values | more))


def test_a_reading_counts_for_a_day_and_no_longer() -> None:
    assert refusal(read(timedelta(hours=24)), ADA, NOW) is None
    assert "older than 24 hours" in str(refusal(read(timedelta(hours=24, seconds=1)), ADA, NOW))
    assert "has not been read" in str(refusal(None, ADA, NOW))


@pytest.mark.parametrize(
    ("roster", "told"),
    [
        (read(incident_channel_shared=True), "shared with another workspace"),
        (read(user=RosterUser(name="ada", team="T0HOME", guest=True)), "Guests"),
        (read(user=RosterUser(name="ada", team="T0HOME", bot=True)), "Bots"),
        (read(user=RosterUser(name="ada", team="T0HOME", deleted=True)), "deactivated"),
        (read(user=RosterUser(name="ada", team="T0OTHER")), "other workspaces"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_some_may_only_look(roster: Roster, told: str) -> None:
    assert told in str(refusal(roster, ADA, NOW))
