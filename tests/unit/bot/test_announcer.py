"""The announcer tells everything once and in order, whatever happens to Slack."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from dr_core.approvals import ack
from dr_core.approvals.model import Actor, Face, Request
from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import append_ops, pending
from dr_core.clock import ManualClock
from dr_core.errors import ConflictError, UnreachableError
from dr_core.services import Services
from dr_core.store import cards, observations, runs
from dr_core.store.engine import Tx
from dr_core.store.runs import Change, StepChange

WORKER = Actor(person="worker:w", display="DR worker", face=Face.WORKER)


@pytest.fixture
def announcer(services: Services, slack: Any, clock: ManualClock) -> Announcer:
    metrics = Metrics()
    return Announcer(services, slack, Election(services.store, clock, "announcer", "me", metrics), metrics)


async def test_a_request_gets_one_card_that_pages_the_approvers(
    announcer: Announcer, slack: Any, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    await announcer.follow()
    (channel, card, thread, _), (_, _, reply_to, _) = slack.posts
    assert (channel, thread, reply_to) == ("C0INCIDENT", None, "1.000")
    assert card.text.startswith("<@U0ADA> <@U0GRACE> <@U0LINUS>")
    assert request.application in card.text


async def test_what_was_told_is_not_told_again(
    announcer: Announcer, slack: Any, open_planned: Callable[[], Request]
) -> None:
    open_planned()
    assert await announcer.follow()
    before = len(slack.posts)
    assert not await announcer.follow()
    assert (len(slack.posts), slack.updates) == (before, [])


async def test_a_decision_updates_the_card_and_tells_its_thread(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    await announcer.follow()
    ack.deny(services, request.id, actor=approver, reason="not today")
    await announcer.follow()
    ((channel, ts, card),) = slack.updates
    assert (channel, ts) == ("C0INCIDENT", "1.000")
    assert "denied by Ada" in str(card.blocks)
    assert not any(block["type"] == "actions" for block in card.blocks)
    assert "not today" in slack.posts[-1][1].text
    assert slack.posts[-1][2] == "1.000"


async def test_a_slack_that_was_down_is_caught_up_with_one_card_and_one_thread_message(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request]
) -> None:
    slack.down = True
    request = open_planned()
    with pytest.raises(UnreachableError):
        await announcer.follow()
    assert announcer.problem
    ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    slack.down = False
    await announcer.follow()
    card, thread = slack.posts
    assert "approved by Ada" in str(card[1].blocks)
    assert thread[3], "the quorum is told to the whole channel"
    first, *_ = thread[1].blocks[0]["text"]["text"].split("\n")
    assert "asked by Robin" in first
    assert announcer.problem == ""


async def test_a_card_that_somebody_deleted_is_posted_anew(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    await announcer.follow()
    ack.cancel(services, request.id, actor=approver)
    update = slack.update

    async def gone(*arguments: Any) -> None:
        slack.refuse = "message_not_found"
        try:
            await update(*arguments)
        finally:
            slack.refuse = None

    slack.update = gone
    await announcer.follow()
    stored = services.store.read(lambda tx: cards.get(tx, request.id))
    assert stored is not None
    assert stored.ts == "3.000"


async def test_a_crash_between_post_and_record_posts_the_card_again_and_no_third_time(
    announcer: Announcer, services: Services, slack: Any, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    services.store.write(lambda tx: cards.put(tx, cards.Card(request.id, "C0INCIDENT", None, "")))
    await announcer.follow()
    await announcer.follow()
    assert sum(thread is None for _, _, thread, _ in slack.posts) == 1


async def test_a_verdict_that_changed_twice_is_one_line_in_the_channel(
    announcer: Announcer, services: Services, slack: Any
) -> None:
    for before, now in (("healthy", "degraded"), ("degraded", "down")):
        data = {
            "application": "shop",
            "region": "eu-central-1",
            "before": before,
            "verdict": now,
            "reasons": ["<x> http"],
        }
        services.store.write(lambda tx, data=data: append_ops(tx, EventKind.VERDICT_CHANGED, WORKER, data))
    await announcer.follow()
    ((channel, message, thread, _),) = slack.posts
    assert (channel, thread) == ("C0INCIDENT", None)
    assert "shop eu-central-1" in message.text
    assert "down" in message.text
    assert "&lt;x&gt; http" in message.text


async def test_the_first_reading_of_the_roster_is_no_news_and_a_change_is(
    announcer: Announcer, services: Services, slack: Any
) -> None:
    await announcer.follow()
    assert slack.posts == []
    data = {"group": "approvers", "joined": ["U0NEW"], "left": ["U0ADA"], "members": 3}
    services.store.write(lambda tx: append_ops(tx, EventKind.ROSTER_CHANGED, WORKER, data))
    await announcer.follow()
    assert "joined: <@U0NEW>" in slack.posts[0][1].text


async def test_only_the_process_with_the_lease_announces(
    services: Services, slack: Any, clock: ManualClock, open_planned: Callable[[], Request]
) -> None:
    open_planned()
    first = Election(services.store, clock, "announcer", "first", Metrics())
    assert first.hold()
    other = Announcer(services, slack, Election(services.store, clock, "announcer", "other", Metrics()), Metrics())
    assert not await other.follow()
    assert slack.posts == []
    first.release()
    clock.advance(2)
    assert await other.follow()


async def test_what_lies_behind_a_gap_is_told_only_after_it(
    announcer: Announcer,
    services: Services,
    slack: Any,
    approver: Actor,
    open_planned: Callable[[], Request],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A batch that was cut, or read while somebody wrote, must not move the cursor over what it lacks."""
    request = open_planned()
    ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})

    def with_gap(tx: Tx, consumer: str, limit: int) -> tuple[Event, ...]:
        return tuple(event for event in pending(tx, consumer, limit) if (event.chain, event.seq) != (request.id, 2))

    monkeypatch.setattr("bot.announcer.pending", with_gap)
    await announcer.follow()
    assert [len(made.blocks[0]["text"]["text"].split("\n")) for _, made, thread, _ in slack.posts if thread] == [1]
    monkeypatch.undo()
    await announcer.follow()
    assert "approved by Ada" in slack.posts[-1][1].text
    assert not [event for event in services.store.read(lambda tx: pending(tx, "slack")) if event.chain == request.id]


async def test_why_a_request_is_void_is_told_in_its_thread(
    announcer: Announcer,
    services: Services,
    slack: Any,
    clock: ManualClock,
    approver: Actor,
    look: Callable[..., Any],
    open_planned: Callable[[], Request],
) -> None:
    request = open_planned()
    await announcer.follow()
    moved = look(clock).model_copy(update={"writers": ("eu-west-1",)})
    services.store.write(lambda tx: observations.save(tx, moved))
    with pytest.raises(ConflictError, match="void"):
        ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    await announcer.follow()
    assert "shop is active in eu-west-1 now" in slack.posts[-1][1].text


async def test_a_card_shows_what_a_step_waits_for_although_that_is_no_event(
    announcer: Announcer,
    services: Services,
    slack: Any,
    clock: ManualClock,
    approver: Actor,
    open_planned: Callable[[], Request],
) -> None:
    request = open_planned()
    outcome = ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    await announcer.follow()
    run = services.store.read(lambda tx: runs.get(tx, str(outcome.run_id)))
    name = run.steps[0].name
    entry = (EventKind.STEP_INTENT, {}, {"run": run.id, "step": name, "attempt": 1, "title": name}, None)
    change = Change([entry], {"state": "running"}, StepChange(name, {"state": "running", "attempt": 1}))
    services.store.write(lambda tx: runs.transition(tx, run.id, run.epoch, change))
    await announcer.follow()
    services.store.write(lambda tx: runs.note(tx, run.id, run.epoch, name, "permission is missing"))
    clock.advance(10)
    await announcer.follow()
    assert "permission is missing" in str(slack.updates[-1])
    drawn = len(slack.updates)
    clock.advance(10)
    await announcer.follow()
    assert len(slack.updates) == drawn
