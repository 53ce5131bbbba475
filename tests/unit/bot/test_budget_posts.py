"""Costs and replication reach Slack: the reports by the clock, a threshold at once, each once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from bot.scheduler import Schedules
from dr_core.budget.costing import Costs
from dr_core.budget.memory import Daily, MemoryBilling, MemoryKeeping
from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.services import Services
from dr_core.topology.duties import Budget, Schedule

Read = Callable[..., None]


@pytest.fixture
def ready(services: Services) -> Services:
    """A Monday, the first of June, 09:00 in UTC: everything is due."""
    schedule = Schedule(
        timezone="UTC", replication_report="0 */6 * * *", budget_report="0 9 * * mon", cost_review="0 9 1 * *"
    )
    budget = Budget.model_validate(
        {"currency": "EUR", "monthly": "100", "usd_rate": {"value": 1, "date": "2026-05-31"}}
    )
    return replace(services, topology=services.topology.model_copy(update={"schedule": schedule, "budget": budget}))


@pytest.fixture
def read(ready: Services, clock: ManualClock) -> Read:
    def work(a_day: str) -> None:
        billing = MemoryBilling(clock, daily=[Daily("eu-west-1", "Amazon RDS", "InstanceUsage", Decimal(a_day))])
        lease = NamedLease(ready.store, "cost", "w1")
        costs = Costs(ready.store, ready.topology, billing, MemoryKeeping(), lease, clock, owner="w1")
        assert costs.round()

    return work


def at(clock: ManualClock, *when: int) -> None:
    clock.advance((datetime(2026, *when, tzinfo=UTC) - clock.now()).total_seconds())  # type: ignore[misc]  # month, day, ...


def schedules(services: Services, slack: Any, clock: ManualClock) -> Schedules:
    return Schedules(services, slack, Election(services.store, clock, "schedule", "me", Metrics()), "me")


async def test_every_report_is_posted_in_the_digest_channel_when_it_is_due_and_once(
    ready: Services, slack: Any, clock: ManualClock, read: Read
) -> None:
    at(clock, 6, 1, 8, 0)
    read("1")
    at(clock, 6, 1, 9, 1)
    made = schedules(ready, slack, clock)
    for _ in range(3):
        await made.tick()
        clock.advance(10)
    assert {channel for channel, *_ in slack.posts} == {"C0DIGEST"}
    told = sorted(message.text.split(":")[1].split(",")[0].strip() if "June" in message.text else "Replication"
                  for _, message, *_ in slack.posts)  # fmt: skip
    assert told == ["Budget", "Cost review", "Replication"]
    [late] = [message for _, message, *_ in slack.posts if "June" not in message.text]
    assert "This report was due at 2026-06-01 06:00 UTC." in str(late.blocks)


async def test_a_report_nobody_asks_for_is_not_posted(services: Services, slack: Any, clock: ManualClock) -> None:
    at(clock, 6, 1, 9, 1)
    silent = replace(services, topology=services.topology.model_copy(update={"schedule": Schedule()}))
    await schedules(silent, slack, clock).tick()
    assert slack.posts == []


async def test_a_threshold_is_told_in_the_incident_channel_once_a_month(
    ready: Services, slack: Any, clock: ManualClock, read: Read
) -> None:
    at(clock, 6, 29, 12, 0)
    metrics = Metrics()
    announcer = Announcer(ready, slack, Election(ready.store, clock, "announcer", "me", metrics), metrics)
    read("2")
    await announcer.follow()
    clock.advance(6 * 3600)
    read("2")
    await announcer.follow()
    ((channel, message, thread, _),) = slack.posts
    assert (channel, thread) == ("C0INCIDENT", None)
    assert "EUR 56.00 spent in 2026-06: 50 % of the monthly budget of EUR 100 is reached" in message.text
    assert "<@" not in message.text, "nobody is paged for money"
