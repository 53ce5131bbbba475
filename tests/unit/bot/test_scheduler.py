"""The digest is posted once a slot, by the process with the lease, and a slot that could not be posted is not lost."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.election import Election
from bot.metrics import Metrics
from bot.scheduler import Schedules
from dr_core.approvals.model import Request, RequestState
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.clock import ManualClock
from dr_core.observation.model import Verdict
from dr_core.services import Services
from dr_core.store import observations, requests

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
    await schedules(ready, slack, clock).tick()
    message = slack.posts[0][1]
    assert len(message.blocks) == 1
    assert "all well" in message.text


async def test_a_request_whose_time_is_over_expires_without_anybody_pressing(
    services: Services, slack: Any, clock: ManualClock, open_planned: Callable[[], Request]
) -> None:
    request = open_planned()
    clock.advance(15 * 60 + 1)
    await schedules(services, slack, clock).tick()
    assert services.store.read(lambda tx: requests.get(tx, request.id)).state is RequestState.EXPIRED
