"""The schedule asks for drills of every application through the same command as people, and says what it may not do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.election import Election
from bot.metrics import Metrics
from bot.scheduler import Schedules, drills, slot_name
from dr_core.approvals.model import Face
from dr_core.clock import ManualClock
from dr_core.drills.model import DrillKind
from dr_core.services import Services
from dr_core.store import drills as stored
from dr_core.store import observations
from dr_core.topology.duties import Schedule

DUE = datetime(2026, 1, 7, 10, tzinfo=UTC)  # a Wednesday
WEEKLY = Schedule(timezone="UTC", drill="0 10 * * wed")


@pytest.fixture
def weekly(services: Services, clock: ManualClock, look: Callable[..., Any]) -> Services:
    """A minute before the drill is due, just observed."""
    clock.advance((DUE - clock.now()).total_seconds() - 60)
    services.store.write(lambda tx: observations.save(tx, look(clock)))
    return replace(services, topology=services.topology.model_copy(update={"schedule": WEEKLY}))


def schedules(services: Services, slack: Any, clock: ManualClock) -> Schedules:
    return Schedules(services, slack, Election(services.store, clock, "schedule", "me", Metrics()), "me")


async def test_a_drill_that_is_due_is_asked_for_once(weekly: Services, slack: Any, clock: ManualClock) -> None:
    made = schedules(weekly, slack, clock)
    await made.tick()
    assert weekly.store.read(stored.unfinished) == ()
    clock.advance(65)
    for _ in range(3):
        await made.tick()
        clock.advance(30)
    [asked] = weekly.store.read(stored.unfinished)
    assert (asked.kind, asked.application, asked.by.face) == (DrillKind.PROBE, "shop", Face.SCHEDULE)
    [(channel, message, _, _)] = slack.posts
    assert channel == "C0DIGEST"
    assert f"probe drill {asked.id} of shop: asked" in message.text


async def test_a_drill_that_has_to_wait_is_told_once_and_left(weekly: Services, slack: Any, clock: ManualClock) -> None:
    made = schedules(weekly, slack, clock)
    clock.advance(65)
    await made.tick()
    clock.advance(7 * 24 * 3600)
    for _ in range(3):
        await made.tick()
        clock.advance(30)
    assert len(slack.posts) == 2
    assert "was not held: Drill" in slack.posts[1][1].text
    assert len(weekly.store.read(stored.unfinished)) == 1


def test_every_application_has_a_slot_of_its_own_that_the_store_can_keep(weekly: Services) -> None:
    both = weekly.topology.model_copy(update={"schedule": Schedule(drill="0 10 * * wed", full_drill="0 10 1 1 *")})
    assert [(one.name, one.words) for one in drills(both)] == [
        ("drill:shop", ("drill", "shop", "--kind", "probe")),
        ("full_drill:shop", ("drill", "shop", "--kind", "isolated")),
    ]
    long = [slot_name("full_drill", "a" * 60 + tail) for tail in "bc"]
    assert len({*long}) == 2
    assert max(map(len, long)) <= 64
