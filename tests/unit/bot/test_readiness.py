"""Ready means: store, Slack and roster are there, and every approver is known."""

from datetime import timedelta

import pytest

from bot.readiness import Seen, channel_check, readiness
from bot.sandbox.slack.workspace import BOT_USER_ID
from bot.slack import Contact
from dr_core.clock import ManualClock
from dr_core.doctor.result import CheckState
from dr_core.store import replicas
from tests.unit.bot.place import Place

ANSWERED = Contact(answered_at=0.0, problem="")


def test_everything_there_is_ready(clock: ManualClock) -> None:
    ready, body = readiness(Seen("", "", clock.now()), ANSWERED, clock.now())
    assert (ready, body["reasons"]) == (True, [])


def test_approvers_who_were_not_looked_up_are_waited_for(clock: ManualClock) -> None:
    ready, body = readiness(Seen("", "", clock.now(), unread_approvers=2), ANSWERED, clock.now())
    assert not ready
    assert body["reasons"] == ["roster: 2 of the approvers were not looked up in Slack yet"]


@pytest.mark.parametrize(
    ("problem", "ready"), [("chat.postMessage: token_revoked", False), ("chat.postMessage: is_archived", True)]
)
def test_what_slack_last_refused_is_told_and_a_token_that_opens_nothing_is_not_ready(
    clock: ManualClock, problem: str, ready: bool
) -> None:
    """A bot in HTTP mode has no socket to lose."""
    told, body = readiness(Seen("", "", clock.now()), Contact(answered_at=0.0, problem=problem), clock.now())
    assert told is ready
    assert problem in str(body["slack"])


def test_an_old_roster_is_not_ready(clock: ManualClock) -> None:
    ready, _ = readiness(Seen("", "", clock.now() - timedelta(hours=25)), ANSWERED, clock.now())
    assert not ready


@pytest.mark.parametrize(
    ("told", "state"),
    [(True, CheckState.OK), (False, CheckState.FAILED), ("channel_not_found", CheckState.FAILED)],
)
def test_a_channel_that_the_bot_is_not_in_is_named_with_the_way_out(told: bool | str, state: CheckState) -> None:
    check = channel_check("C0DIGEST", told)
    assert (check.name, check.state) == ("Slack channel C0DIGEST", state)
    assert bool(check.way_out) is (state is not CheckState.OK)


async def test_the_bot_asks_slack_who_it_is_and_whether_it_is_in_its_channels(place: Place) -> None:
    """What it hears, the doctor tells: in Slack at once, in a terminal by the bot's beat."""
    await place.bot.contact()
    assert place.bot.slack.contact.channels == {"C0INCIDENT": True, "C0DIGEST": True}
    place.slack.desk.workspace.channels["C0DIGEST"].members.remove(BOT_USER_ID)
    await place.bot.contact()
    await place.bot.beat()
    [beat] = place.services.store.read(replicas.all)
    checks = {check["name"]: check for check in beat.state["checks"]}
    assert checks["Slack channel C0INCIDENT"]["state"] == "ok"
    assert checks["Slack channel C0DIGEST"]["state"] == "failed"
    assert "the token belongs to " in checks["Slack"]["detail"]
    assert beat.state["keys"].keys() == {"ack", "workers"}
