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
from dr_core.reports.request import request_view
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


async def test_what_ended_before_its_first_card_pages_nobody(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    request = open_planned()
    seen = iter([request_view(services, request.id)])
    monkeypatch.setattr("bot.announcer.request_view", lambda *asked: next(seen, None) or request_view(*asked))
    ack.cancel(services, request.id, actor=approver)
    await announcer.follow()
    card = slack.posts[0][1]
    assert "cancelled" in card.text
    assert "<@" not in card.text + str(card.blocks)


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
    started = (EventKind.RUN_STARTED, {}, {"run": run.id}, None)
    change = Change([started, entry], {"state": "running"}, StepChange(name, {"state": "running", "attempt": 1}))
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


def thread_lines(slack: Any) -> list[str]:
    """Every line told in threads, in order."""
    told = [block["text"]["text"] for _, made, thread, _ in slack.posts if thread for block in made.blocks]
    return [line for text in told for line in text.split("\n") if " UTC " in line]


def notes(services: Services, request: Request, count: int) -> None:
    """A long story in the request's own chain."""
    run = services.store.read(runs.unfinished)[0]
    for number in range(count):
        data = {"run": run.id, "step": f"s{number}", "title": f"step {number}", "detail": "x" * 150}
        entry = (EventKind.STEP_DONE, {}, data, None)
        services.store.write(lambda tx, entry=entry: runs.transition(tx, run.id, run.epoch, Change([entry], {})))


async def test_a_long_outage_is_caught_up_in_order_with_one_card_and_few_messages(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request]
) -> None:
    slack.down = True
    request = open_planned()
    ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    notes(services, request, 60)
    with pytest.raises(UnreachableError):
        await announcer.follow()
    slack.down = False
    await announcer.follow()
    steps = [line for line in thread_lines(slack) if "step " in line]
    assert [line.split("step ")[1].split(":")[0] for line in steps] == [str(number) for number in range(60)]
    assert sum(thread is None for _, _, thread, _ in slack.posts) == 1, "one card"
    assert len(slack.posts) <= 9
    assert slack.updates == []


async def test_a_slack_that_is_away_is_asked_once_a_pass(
    announcer: Announcer, services: Services, slack: Any, open_planned: Callable[[], Request]
) -> None:
    open_planned()
    services.store.write(lambda tx: append_ops(tx, EventKind.VERDICT_CHANGED, WORKER, {"verdict": "down"}))
    asked: list[str] = []
    slack._answer = lambda method: asked.append(method) or (_ for _ in ()).throw(UnreachableError("away"))
    with pytest.raises(UnreachableError):
        await announcer.follow()
    assert asked == ["chat.postMessage"]


async def test_an_error_in_the_middle_of_catching_up_repeats_at_most_one_message(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request]
) -> None:
    """Slack took the message and its answer was lost; the messages before it are not told again."""
    request = open_planned()
    await announcer.follow()
    ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    notes(services, request, 40)
    slack.loses = 1
    with pytest.raises(UnreachableError):
        await announcer.follow()
    lost = len(slack.posts)
    await announcer.follow()
    told = [line for line in thread_lines(slack) if "step " in line]
    repeated = len(told) - len(set(told))
    assert 0 < repeated <= 10
    assert slack.posts[lost - 1][1] == slack.posts[lost][1], "the message whose answer was lost, and no other"


@pytest.mark.parametrize("restarted", [False, True])
async def test_nothing_is_told_twice_where_the_bot_may_read_its_own_messages(
    services: Services,
    slack: Any,
    clock: ManualClock,
    approver: Actor,
    open_planned: Callable[[], Request],
    announcer: Announcer,
    restarted: bool,
) -> None:
    slack.readable = True
    request = open_planned()
    slack.loses = 1  # of the card itself
    with pytest.raises(UnreachableError):
        await announcer.follow()
    ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    notes(services, request, 40)
    for _ in range(3):
        slack.loses = 1
        with pytest.raises(UnreachableError):
            await announcer.follow()
        if restarted:
            announcer = Announcer(services, slack, announcer._lease, Metrics())
    slack.loses = 0
    await announcer.follow()
    assert sum(thread is None for _, _, thread, _ in slack.posts) == 1, "one card"
    told = thread_lines(slack)
    assert len(told) == len(set(told))
    assert sum("step " in line for line in told) == 40


async def test_a_thread_whose_card_was_deleted_goes_on_under_a_new_card(
    announcer: Announcer, services: Services, slack: Any, approver: Actor, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    await announcer.follow()
    ack.approve(services, request.id, round=1, actor=approver, typed_limit=None, evidence={})
    post = slack.post

    async def gone(channel: str, made: Any, *, thread: str | None = None, **more: Any) -> str:
        if thread == "1.000":
            slack.refuse = "thread_not_found"
        try:
            return str(await post(channel, made, thread=thread, **more))
        finally:
            slack.refuse = None

    slack.post = gone
    await announcer.follow()
    *_, (_, card, parent, _), (_, told, thread, _) = slack.posts
    assert parent is None
    assert "approved by Ada" in str(card.blocks)
    assert thread == f"{len(slack.posts) - 1}.000"
    assert "quorum is complete" in told.text


async def test_cards_of_many_runs_are_redrawn_in_turn(announcer: Announcer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack takes 50 updates a minute: two cards every three seconds are 40."""
    drawn: list[str] = []

    async def show(request: Any) -> None:
        drawn.append(request)

    many = [type("Run", (), {"request": f"r-{letter}"}) for letter in "edcba"]
    monkeypatch.setattr("bot.announcer.runs.unfinished", lambda tx: many)
    monkeypatch.setattr("bot.announcer.request_view", lambda services, request: request)
    monkeypatch.setattr(announcer, "_show", show)
    for _ in range(3):
        announcer._redraw_at = 0.0
        await announcer._redraw(set())
    assert drawn == ["r-a", "r-b", "r-c", "r-d", "r-e", "r-a"]
