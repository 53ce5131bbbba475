"""The bot killed around each of its writes: everything is told, in order, and nothing twice that carries a mark."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.announcer import CONSUMER, Announcer
from bot.election import Election
from bot.metrics import Metrics
from bot.scheduler import Schedules
from dr_core.approvals import ack
from dr_core.approvals.model import Actor, Request
from dr_core.audit.trail import pending, verify
from dr_core.clock import ManualClock
from dr_core.failpoints import Point, When, armed
from dr_core.services import Services
from dr_core.store import observations, roster
from tests.crash.lives import LEASE_OVER_S, KilledError
from tests.unit.bot.conftest import FakeSlack, ada, approver, look, members, observed, open_planned, services, slack

__all__ = ["approver", "look", "open_planned", "services", "slack"]

DUE = datetime(2026, 1, 6, 7, 0, tzinfo=UTC)  # 08:00 in Berlin
ANNOUNCING = frozenset({Point.CARD_KEEP, Point.OUTBOX_ADVANCE, Point.LEASE_HOLD})
POSTING = frozenset({Point.SLOT_TAKE, Point.SLOT_POSTED, Point.LEASE_HOLD})


class Reaper:
    """Kills at the how-manieth of the given points, once."""

    def __init__(self, number: int, points: frozenset[Point]) -> None:
        self._left = number
        self._points = points
        self.at: tuple[Point, When] | None = None

    def __call__(self, point: Point, when: When) -> None:
        if self.at is None and point in self._points:
            self._left -= 1
            if self._left == 0:
                self.at = (point, when)
                raise KilledError(point, when)


async def killed_at(
    number: int, points: frozenset[Point], clock: ManualClock, step: Callable[[int], Awaitable[object]], steps: int
) -> tuple[Point, When] | None:
    """Go on step by step, as process 0 until it is killed, then as process 1 when the lease has run out."""
    reaper, process = Reaper(number, points), 0
    with armed(reaper):
        for _ in range(steps):
            try:
                await step(process)
            except KilledError:
                process = 1
                clock.advance(LEASE_OVER_S)
            clock.advance(6)
    return reaper.at


@pytest.mark.parametrize("number", range(1, 23))
async def test_an_announcer_killed_around_any_write_leaves_nothing_untold_and_nothing_told_twice(
    services: Services, slack: FakeSlack, clock: ManualClock, open_planned: Callable[[], Request], number: int
) -> None:
    """Its successor reads its own marks in the thread, so that not even the message before the crash comes again."""
    slack.readable = True
    request = open_planned()
    made: dict[int, Announcer] = {}
    beats = 0

    async def step(process: int) -> None:
        nonlocal beats
        beats += 1
        if beats == 4:
            ack.deny(services, request.id, actor=ada(), reason="not today")
        if process not in made:
            metrics = Metrics()
            lease = Election(services.store, clock, "announcer", f"bot-{process}", metrics)
            made[process] = Announcer(services, slack, lease, metrics)
        await made[process].follow()

    await killed_at(number, ANNOUNCING, clock, step, steps=14)
    cards = [channel for channel, _, thread, _ in slack.posts if thread is None]
    assert cards == ["C0INCIDENT"]
    assert max(Counter(slack.marks).values()) == 1
    told = " ".join(message.text for _, message, thread, _ in slack.posts if thread is not None)
    assert told.count("not today") == 1
    assert services.store.read(lambda tx: pending(tx, CONSUMER, 50)) == ()
    assert "denied by Ada" in str(slack.updates[-1][2].blocks) or "denied by Ada" in str(slack.posts[0][1].blocks)


async def test_the_announcer_is_killed_before_and_after_each_kind_of_write(
    services: Services, slack: FakeSlack, clock: ManualClock, open_planned: Callable[[], Request]
) -> None:
    """The numbers above reach all of them."""
    open_planned()
    seen: set[tuple[Point, When]] = set()
    metrics = Metrics()
    announcer = Announcer(services, slack, Election(services.store, clock, "announcer", "me", metrics), metrics)
    with armed(lambda point, when: seen.add((point, when))):
        await announcer.follow()
    assert {(point, when) for point in ANNOUNCING for when in When} <= seen


@pytest.mark.parametrize("number", range(1, 13))
async def test_a_scheduler_killed_around_any_write_posts_the_digest(
    services: Services, slack: FakeSlack, clock: ManualClock, number: int
) -> None:
    """Once, also where it died between Slack's answer and the note of it: its successor finds the mark."""
    slack.readable = True
    clock.advance((DUE - clock.now()).total_seconds() - 3)
    services.store.write(lambda tx: observations.save(tx, observed(clock)))
    made: dict[int, Schedules] = {}

    async def step(process: int) -> None:
        if process not in made:
            lease = Election(services.store, clock, "schedule", f"bot-{process}", Metrics())
            made[process] = Schedules(services, slack, lease, f"bot-{process}")
        await made[process].tick()

    await killed_at(number, POSTING, clock, step, steps=20)
    assert len(slack.posts) == 1
    assert services.store.read(verify).ok


@pytest.mark.parametrize("when", list(When))
def test_a_bot_killed_around_the_roster_leaves_the_old_one_or_the_new_one(
    services: Services, clock: ManualClock, when: When
) -> None:
    """Whole, with its event, or not at all."""
    clock.advance(60)
    bot = Actor(person="bot", display="DR bot", face=ada().face)
    new = members(clock).model_copy(update={"approvers": frozenset({"U0ADA"})})

    def hook(point: Point, at: When) -> None:
        if (point, at) == (Point.ROSTER_KEEP, when):
            raise KilledError(point)

    with armed(hook), pytest.raises(KilledError):
        services.store.write(lambda tx: roster.save(tx, new, bot), Point.ROSTER_KEEP)
    kept: Any = services.store.read(roster.load)
    assert (kept.at == clock.now()) is (when is When.AFTER)
    assert services.store.read(verify).ok
