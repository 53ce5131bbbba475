"""What the product does by itself: scheduled reports, the budget watched, anchors and runbooks put away."""

from datetime import date
from typing import Annotated

from pydantic import Field

from dr_core.topology.scalars import Count, Currency, Money, Region, Text, Zone
from dr_core.value import Value


class Schedule(Value):
    """Five-field cron expressions in `timezone`; a missing one is switched off."""

    timezone: Zone = "UTC"
    health_digest: str | None = None
    replication_report: str | None = None
    budget_report: str | None = None
    cost_review: str | None = None
    drill: str | None = None
    full_drill: str | None = None


class UsdRate(Value):
    value: Annotated[Money, Field(gt=0)]
    date: date


class Budget(Value):
    currency: Currency = "EUR"
    monthly: Money
    alerts: tuple[Annotated[Count, Field(ge=1)], ...] = (50, 80)
    burst: Money | None = None
    usd_rate: UsdRate | None = None
    tag: Text | None = None
    aws_budget: Text | None = None


class Anchor(Value):
    region: Region
    bucket: Text


class Audit(Value):
    anchors: tuple[Anchor, ...] = ()


class RunbookPlace(Value):
    region: Region
    bucket: Text
    prefix: Text = "dr-runbook"


class Runbook(Value):
    """Where the commands of every plan are kept for the hour in which the bot is gone."""

    folder: Text | None = None
    buckets: tuple[RunbookPlace, ...] = ()
