"""Ready means: store, Slack and roster are there, and every approver is known."""

from datetime import timedelta

from bot.readiness import Seen, readiness
from bot.slack import Contact
from dr_core.clock import ManualClock

ANSWERED = Contact(answered_at=0.0, problem="")


def test_everything_there_is_ready(clock: ManualClock) -> None:
    ready, body = readiness(Seen("", "", clock.now()), ANSWERED, clock.now())
    assert (ready, body["reasons"]) == (True, [])


def test_approvers_who_were_not_looked_up_are_waited_for(clock: ManualClock) -> None:
    ready, body = readiness(Seen("", "", clock.now(), unread_approvers=2), ANSWERED, clock.now())
    assert not ready
    assert body["reasons"] == ["roster: 2 of the approvers were not looked up in Slack yet"]


def test_an_old_roster_is_not_ready(clock: ManualClock) -> None:
    ready, _ = readiness(Seen("", "", clock.now() - timedelta(hours=25)), ANSWERED, clock.now())
    assert not ready
