"""Objectives, target, readiness and figures over time in words: nothing is rounded in its own favour."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commands.rendering.objectives import objectives, percent, performance, readiness, short, target
from dr_core.plan.target import TargetLine
from dr_core.readiness.line import ReadinessLine
from dr_core.reports.model import ObjectiveLine
from dr_core.reports.performance import PerformanceLine

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def line(**values: Any) -> ObjectiveLine:
    fields = {
        "name": "rto", "target": 900, "reached": 483.0, "unit": "s", "met": True, "method": "forced run run-a, from x",
        "measured_at": NOW - timedelta(hours=2), "basis": "forced run run-a",
    }  # fmt: skip
    return ObjectiveLine.model_validate(fields | values)


AVAILABILITY = {"name": "availability", "target": 99.9, "unit": "%", "basis": "30 d, 8.0 h of them known, 1.11 %"}


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "unknown"), (100.0, "100 %"), (99.9999, "99.999 %"), (99.9, "99.9 %"), (0.0, "0 %"), (99.8999, "99.899 %")],
)
def test_a_percentage_is_never_rounded_up(value: float | None, told: str) -> None:
    assert percent(value) == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({}, "RTO 8 m 3 s, met (objective 15 m; forced run run-a)"),
        ({"reached": 1000.0, "met": False}, "RTO 16 m 40 s, MISSED (objective 15 m; forced run run-a)"),
        ({"reached": None, "met": None, "reason": "no run yet"}, "RTO not measured (objective 15 m): no run yet"),
        ({"name": "rpo", "target": 60, "reached": 0.0}, "RPO none, met (objective 1 m; forced run run-a)"),
        ({"name": "rpo", "target": 60, "reached": None, "met": True}, "RPO in step, met (objective 1 m)"),
        ({"name": "rpo", "target": 60, "reached": None, "met": False}, "RPO not in step, MISSED (objective 1 m)"),
        (
            AVAILABILITY | {"reached": 99.8999, "met": False},
            "availability 99.899 %, MISSED (objective 99.9 %; 30 d, 8.0 h of them known, 1.11 %)",
        ),
        (
            AVAILABILITY | {"reached": 98.5, "met": None, "reason": "too little measured yet"},
            "availability 98.5 %, too little measured yet (objective 99.9 %; 30 d, 8.0 h of them known, 1.11 %)",
        ),
    ],
)
def test_an_objective_is_told_with_its_basis_or_why_it_was_not_measured(values: dict[str, Any], told: str) -> None:
    assert short(line(**values)) == told


def test_a_terminal_also_tells_method_and_age_and_single_stores_below() -> None:
    found = (line(), line(name="rpo", target=60, reached=2.0, subject="s3 files"))
    assert objectives(found, NOW) == [
        "  RTO 8 m 3 s, met (objective 15 m; forced run run-a)",
        "      forced run run-a, from x, 2 h ago",
        "    s3 files: RPO 2 s, met (objective 1 m; forced run run-a)",
        "        forced run run-a, from x, 2 h ago",
    ]


def test_a_target_has_its_reason_or_there_is_none() -> None:
    told = TargetLine(region="eu-west-1", exposure_seconds=0.4, reason="healthy, exposure 0.4 s; the only standby")
    assert target(told) == "would be proposed now: eu-west-1 (healthy, exposure 0.4 s; the only standby)"
    assert target(told.model_copy(update={"region": None, "reason": "none is up"})) == "none is up"


@pytest.mark.parametrize(
    ("ready", "reason", "begin"),
    [
        (False, "", "NOT READY, "),
        (None, "the last preflight is 3.0 h old", "readiness UNKNOWN, "),
    ],
)
def test_what_is_not_ready_is_counted_with_its_age_and_worst(ready: bool | None, reason: str, begin: str) -> None:
    found = ReadinessLine(
        ready=ready,
        blocking=2,
        warnings=1,
        unknown=3,
        worst="a secret is missing",
        at=NOW,
        age_seconds=60,
        reason=reason,
    )
    told = readiness(found)
    assert told.startswith(f"{begin}2 blocking, 1 warning, 3 unknown, preflight 1 m ago: ")
    assert told.endswith("a secret is missing")
    assert reason in told


def test_what_is_ready_is_not_followed_by_what_looks_like_its_reason() -> None:
    found = ReadinessLine(ready=True, blocking=0, warnings=4, unknown=0, worst="one zone only", at=NOW, age_seconds=60)
    assert readiness(found) == "ready, 4 warnings, preflight 1 m ago"
    assert readiness(found.model_copy(update={"warnings": 0})) == "ready, preflight 1 m ago"


def test_what_was_not_measured_over_time_is_unknown() -> None:
    figures = PerformanceLine(
        window="1h", region="eu-west-1", series="http/https://a/", p50_ms=None, p95_ms=None, error_rate=100.0,
        availability=0.0, results=12, known_s=120.0, since=NOW, until=NOW,
    )  # fmt: skip
    [told, *_] = performance((figures,))
    assert "p50 unknown" in " ".join(told.split())
