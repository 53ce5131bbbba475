"""Builds `dr.brake/1`: whether the brake is on, who put it on and why, and what it stops."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.reports.model import BrakeView
from dr_core.services import Services
from dr_core.store import brake, runs
from dr_core.store.brake import Brake
from dr_core.store.engine import Tx
from dr_core.value import Shown


class StoppedRun(Shown):
    """An unfinished run, which starts nothing new while the brake is on."""

    id: str
    application: str
    state: str


class BrakeReport(Shown):
    """`since`, `by` and `reason` are those of the brake that is on; while it is off they are empty."""

    schema_: Literal["dr.brake/1"] = Field(default="dr.brake/1", alias="schema")
    at: datetime
    engaged: bool
    since: datetime | None
    by: str
    reason: str
    runs: tuple[StoppedRun, ...]


def brake_report(services: Services) -> BrakeReport:
    """The brake as it is now, with the unfinished runs of all applications."""

    def work(tx: Tx) -> BrakeReport:
        now = brake.get(tx)
        return BrakeReport(
            at=tx.now(),
            engaged=now.engaged,
            since=now.since,
            by=now.by,
            reason=now.reason,
            runs=tuple(StoppedRun.model_validate(run) for run in runs.unfinished(tx)),
        )

    return services.store.read(work)


def brake_view(now: Brake) -> BrakeView | None:
    """Who put it on, when and why; None while it is off."""
    return BrakeView.model_validate(now) if now.engaged else None
