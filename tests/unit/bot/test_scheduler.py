"""The digest is posted once a slot, by the process with the lease, and a slot that could not be posted is not lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.election import Election
from bot.metrics import Metrics
from bot.posting import Mark
from bot.scheduler import Report, Schedules
from bot.views import thread
from bot.views.message import Message
from dr_core.approvals.model import Request, RequestState
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.clock import ManualClock
from dr_core.observation.model import Verdict
from dr_core.services import Services
from dr_core.store import observations, requests
from tests.unit.approvals.conftest import examined

DUE = datetime(2026, 1, 6, 7, 0, tzinfo=UTC)  # 08:00 in Berlin


def schedules(services: Services, slack: Any, clock: ManualClock, owner: str = "me") -> Schedules:
    return Schedules(services, slack, Election(services.store, clock, "schedule", owner, Metrics()), owner)


def move_to(clock: ManualClock, at: datetime) -> None:
    clock.advance((at - clock.now()).total_seconds())


@pytest.fixture
def ready(services: Services, clock: ManualClock, look: Callable[..., Any]) -> Services:
    """A minute before the digest is due, just observed."""
    move_to(clock, DUE.replace(hour=6, minute=59))
    services.store.write(lambda tx: observations.save(tx, look(clock)))
    return services


async def test_nothing_is_posted_before_its_time(ready: Services, slack: Any, clock: ManualClock) -> None:
    await schedules(ready, slack, clock).tick()
    assert slack.posts == []


async def test_the_digest_is_posted_once_in_the_digest_channel(ready: Services, slack: Any, clock: ManualClock) -> None:
    made = schedules(ready, slack, clock)
    clock.advance(65)
    for _ in range(5):
        await made.tick()
        clock.advance(10)
    ((channel, message, _, _),) = slack.posts
    assert channel == "C0DIGEST"
    assert "shop" in message.text
    posted = [e for e in ready.store.read(listing) if e.kind == EventKind.DIGEST_POSTED]
    assert [event.data["slot"] for event in posted] == [DUE.isoformat()]


async def test_a_slot_that_could_not_be_posted_is_tried_again(ready: Services, slack: Any, clock: ManualClock) -> None:
    made = schedules(ready, slack, clock)
    clock.advance(65)
    slack.down = True
    await made.tick()
    clock.advance(600)
    slack.down = False
    await made.tick()
    await made.tick()
    assert len(slack.posts) == 1
    assert "was due at 2026-01-06 07:00 UTC" in str(slack.posts[0][1].blocks)


async def test_what_another_process_took_and_left_behind_is_posted_by_the_next(
    ready: Services, slack: Any, clock: ManualClock
) -> None:
    clock.advance(65)
    slack.down = True
    await schedules(ready, slack, clock, "first").tick()
    slack.down = False
    clock.advance(30)
    await schedules(ready, slack, clock, "second").tick()
    assert len(slack.posts) == 1


async def test_what_is_too_late_is_told_once_as_given_up(ready: Services, slack: Any, clock: ManualClock) -> None:
    made = schedules(ready, slack, clock)
    clock.advance(65)
    slack.refuse = "not_in_channel"
    await made.tick()
    clock.advance(4 * 3600 + 60)
    slack.refuse = None
    for _ in range(2):
        await made.tick()
    assert slack.posts == []
    [missed] = [event for event in ready.store.read(listing) if event.kind == EventKind.DIGEST_MISSED]
    assert (missed.data["report"], missed.data["slot"]) == ("health_digest", DUE.isoformat())
    assert "health_digest of 2026-01-06T07:00:00+00:00 could not be posted" in str(thread.channel(missed))


async def test_a_slot_that_passed_by_while_no_bot_ran_is_told_once_as_given_up(
    ready: Services, slack: Any, clock: ManualClock
) -> None:
    clock.advance(65)
    await schedules(ready, slack, clock, "first").tick()
    clock.advance((24 + 5) * 3600)
    second = schedules(ready, slack, clock, "second")
    for _ in range(2):
        await second.tick()
    assert len(slack.posts) == 1
    [missed] = [event for event in ready.store.read(listing) if event.kind == EventKind.DIGEST_MISSED]
    assert missed.data["slot"] == DUE.replace(day=7).isoformat()


async def test_another_installations_report_of_the_same_slot_is_not_ours(
    ready: Services, slack: Any, clock: ManualClock
) -> None:
    slack.readable, slack.down = True, True
    clock.advance(65)
    await schedules(ready, slack, clock, "ours").tick()
    slack.down = False
    mark = Mark("slot:health_digest:theirs", int(DUE.timestamp()))
    await slack.post("C0DIGEST", Message("theirs", ()), mark=mark)
    clock.advance(30)
    await schedules(ready, slack, clock, "heir").tick()
    assert [mark.chain for mark in slack.marks] == ["slot:health_digest:theirs", "slot:health_digest:ours"]


async def test_who_lost_the_lease_over_a_slow_report_does_not_post_it(
    ready: Services, slack: Any, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.advance(65)
    first, second = (schedules(ready, slack, clock, owner) for owner in ("first", "second"))
    run = first._run

    async def slow(report: Report, slot: datetime) -> Message:
        clock.advance(30)
        await second.tick()
        return await run(report, slot)

    monkeypatch.setattr(first, "_run", slow)
    await first.tick()
    assert len(slack.posts) == 1
    assert len([event for event in ready.store.read(listing) if event.kind == EventKind.DIGEST_POSTED]) == 1


async def test_two_processes_post_it_once(ready: Services, slack: Any, clock: ManualClock) -> None:
    clock.advance(65)
    for owner in ("first", "second"):
        await schedules(ready, slack, clock, owner).tick()
    assert len(slack.posts) == 1


async def test_trouble_is_told_in_full(
    ready: Services, slack: Any, clock: ManualClock, look: Callable[..., Any]
) -> None:
    clock.advance(65)
    ready.store.write(lambda tx: observations.save(tx, look(clock, source=Verdict.DOWN)))
    await schedules(ready, slack, clock).tick()
    shown = str(slack.posts[0][1].blocks)
    for words in ("eu-central-1 (active)", "down", "http: no connection", "aurora shop"):
        assert words in shown


async def test_all_well_is_one_line(ready: Services, slack: Any, clock: ManualClock, look: Callable[..., Any]) -> None:
    clock.advance(65)
    ready.store.write(lambda tx: observations.save(tx, look(clock)))
    examined(ready)
    await schedules(ready, slack, clock).tick()
    message = slack.posts[0][1]
    assert len(message.blocks) == 1
    assert "all well" in message.text
    assert "not known" not in message.text


async def test_who_is_well_and_not_known_to_be_ready_is_named(
    ready: Services, slack: Any, clock: ManualClock, look: Callable[..., Any]
) -> None:
    clock.advance(65)
    ready.store.write(lambda tx: observations.save(tx, look(clock)))
    await schedules(ready, slack, clock).tick()
    text = slack.posts[0][1].text
    assert "all well" in text
    assert "whether ready for a failover is not known of shop" in text


async def test_a_request_whose_time_is_over_expires_without_anybody_pressing(
    services: Services, slack: Any, clock: ManualClock, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    clock.advance(15 * 60 + 1)
    await schedules(services, slack, clock).tick()
    assert services.store.read(lambda tx: requests.get(tx, request.id)).state is RequestState.EXPIRED
