"""What concerns everybody is told in the incident channel itself, and pages where somebody must act at once."""

from typing import Any

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.clock import ManualClock
from dr_core.execution import brake
from dr_core.services import Services


@pytest.fixture
def announcer(services: Services, slack: Any, clock: ManualClock) -> Announcer:
    metrics = Metrics()
    return Announcer(services, slack, Election(services.store, clock, "announcer", "me", metrics), metrics)


async def test_the_brake_is_told_when_it_goes_on_and_off_with_who_why_and_the_way_out(
    announcer: Announcer, services: Services, slack: Any, approver: Actor
) -> None:
    brake.engage(services, actor=approver, reason="two <changes>\nat once")
    await announcer.follow()
    brake.release(services, actor=approver)
    await announcer.follow()
    (channel, on, thread, *_), (_, off, *_) = slack.posts
    assert (channel, thread) == ("C0INCIDENT", None)
    assert "Ada put the brake on: two &lt;changes&gt; at once" in on.text
    assert "/dr brake off" in on.text
    assert "<@U0ADA>" not in on.text, "nobody is paged"
    assert "Ada released the brake" in off.text


async def test_a_call_that_no_run_explains_pages_the_approvers(
    announcer: Announcer, services: Services, slack: Any, approver: Actor
) -> None:
    data = {"service": "rds", "operation": "DeleteDBCluster", "region": "eu-west-1", "reason": "no run called it"}
    services.store.write(lambda tx: append_ops(tx, EventKind.CALL_UNEXPLAINED, approver, data))
    await announcer.follow()
    assert slack.posts[-1][1].text.startswith("<@U0ADA> <@U0GRACE> <@U0LINUS>")
    assert "rds DeleteDBCluster eu-west-1: no run called it" in slack.posts[-1][1].text
