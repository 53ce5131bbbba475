"""A status message tells what is reached against what is aimed at; a finished run what each store lost."""

from datetime import UTC, datetime
from typing import Any

from bot.views import run, status
from dr_core.plan.target import TargetLine
from dr_core.readiness.line import ReadinessLine
from dr_core.reports.model import LossView, ObjectiveLine

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)


def objective(**values: Any) -> ObjectiveLine:
    fields = {
        "name": "rto",
        "target": 900,
        "reached": 483.0,
        "unit": "s",
        "met": True,
        "method": "m",
        "measured_at": AT,
    }
    return ObjectiveLine.model_validate(fields | values)


def test_objectives_target_and_readiness_stand_below_the_regions(samples: Any) -> None:
    report = samples.status()
    ready = ReadinessLine(
        ready=False, blocking=1, warnings=0, unknown=0, worst="no image in eu-west-1", at=AT, age_seconds=60
    )
    app = report.applications[0].model_copy(
        update={
            "objectives": (objective(), objective(name="rpo", subject="s3 files", reached=95.0, met=False)),
            "target": TargetLine(region="eu-west-1", exposure_seconds=0.4, reason="healthy"),
            "readiness": ready,
        }
    )
    shown = str(status.application(app, report.at))
    assert "Objectives: RTO 8 m 3 s, met (objective 15 m)" in shown
    assert "s3 files" not in shown, "single stores are for terminals and for the run"
    assert "would be proposed now: eu-west-1 (healthy)" in shown
    assert "NOT READY, 1 blocking" in shown
    assert "no image in eu-west-1" in shown


def test_what_each_store_lost_is_told_with_its_threshold() -> None:
    lost = LossView(
        kind="s3", name="files", gate=False, seconds=95.0, threshold_seconds=60, verdict="over", source="CloudWatch",
        measured_at=AT, reason="a rule was off",
    )  # fmt: skip
    assert run.store_loss(lost) == "s3 files 1 m 35 s (threshold 1 m): a rule was off"
    unknown = lost.model_copy(update={"seconds": None, "verdict": "stale", "reason": "no newer datapoint"})
    assert run.store_loss(unknown) == "s3 files stale (threshold 1 m): no newer datapoint"
