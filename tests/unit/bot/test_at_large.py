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
from dr_core.errors import UnreachableError
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


async def test_what_to_type_stands_in_the_message_and_not_in_its_fallback_only(
    announcer: Announcer, services: Services, slack: Any, approver: Actor
) -> None:
    """Slack shows the blocks; several long lines are several messages, of which none loses its end."""
    data = {"application": "shop", "reason": "long " * 90}
    for number in range(8):
        item = {**data, "item": f"l-{number}"}
        services.store.write(lambda tx, item=item: append_ops(tx, EventKind.RECONCILIATION_OPENED, approver, item))
    await announcer.follow()
    shown = [str(block["text"]["text"]) for _, made, *_ in slack.posts for block in made.blocks]
    assert len(shown) == 2
    for number in range(8):
        assert sum(f"typed /dr reconcile sign l-{number} --note TEXT" in text for text in shown) == 1


async def test_what_was_told_before_slack_asked_for_silence_is_not_told_again(
    announcer: Announcer, services: Services, slack: Any, approver: Actor
) -> None:
    for number in range(25):
        data = {"application": "shop", "reason": "why", "item": f"l-{number:02}"}
        services.store.write(lambda tx, data=data: append_ops(tx, EventKind.RECONCILIATION_OPENED, approver, data))
    post, left = slack.post, iter((True, False))

    async def silent(*arguments: Any, **more: Any) -> Any:
        if not next(left, True):
            raise UnreachableError("Slack asks for silence.")
        return await post(*arguments, **more)

    slack.post = silent
    with pytest.raises(UnreachableError):
        await announcer.follow()
    await announcer.follow()
    told = " ".join(str(made.blocks) for _, made, *_ in slack.posts)
    assert [told.count(f"reconcile sign l-{number:02}") for number in range(25)] == [1] * 25


async def test_a_call_that_no_run_explains_pages_the_approvers(
    announcer: Announcer, services: Services, slack: Any, approver: Actor
) -> None:
    data = {"service": "rds", "operation": "DeleteDBCluster", "region": "eu-west-1", "reason": "no run called it"}
    services.store.write(lambda tx: append_ops(tx, EventKind.CALL_UNEXPLAINED, approver, data))
    await announcer.follow()
    assert slack.posts[-1][1].text.startswith("<@U0ADA> <@U0GRACE> <@U0LINUS>")
    assert "rds DeleteDBCluster eu-west-1: no run called it" in slack.posts[-1][1].text
