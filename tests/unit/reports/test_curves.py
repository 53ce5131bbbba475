"""Curves of exposure: the worst of each slice, unknown where nothing was measured, and the text that shows them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.views.replication import replication as message_of
from commands.rendering.curves import curve_line, sparkline
from commands.rendering.figures import figure_line
from commands.rendering.text import render
from dr_core.observation.model import Figure
from dr_core.observation.samples import Sample
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.curves import LONGEST, SLICES, Curve, curve_of, span_of
from dr_core.reports.listing import ApplicationReplication, ReplicationReport
from tests.unit.bot.lint import message_problems

NOW = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sample(minutes_ago: float, value: float | None, ok: bool | None = True, name: str = "s3/docs") -> Sample:
    return Sample("web", "eu-south-1", f"exposure/{name}", NOW - timedelta(minutes=minutes_ago), value, ok)


def curve(samples: list[Sample], span: timedelta = HOUR) -> Curve:
    return curve_of("s3", "docs", "eu-south-1", samples, NOW, span)


def test_a_point_is_the_worst_of_its_slice_and_none_where_nothing_was_measured() -> None:
    found = curve([sample(59, 1.0), sample(58.5, 7.0), sample(58, 2.0), sample(1, 3.0), sample(0.5, None, None)])
    assert found.points[0] == 7.0
    assert found.points[-1] == 3.0
    assert found.points[1:-1] == (None,) * (SLICES - 2)
    assert (found.known, found.unknown, found.unit) == (4, 1, "s")


def test_a_store_that_is_compared_has_no_seconds() -> None:
    found = curve([sample(50, None, True), sample(20, None, False), sample(5, None, None)])
    assert found.unit == "compared"
    assert [point for point in found.points if point is not None] == [0.0, 1.0]
    assert (found.known, found.unknown) == (2, 1)


def test_other_stores_regions_and_times_are_left_out() -> None:
    elsewhere = Sample("web", "eu-north-1", "exposure/s3/docs", NOW, 99.0, True)
    found = curve([sample(5, 99.0, name="s3/other"), sample(90, 99.0), elsewhere, sample(5, 2.0)])
    assert [point for point in found.points if point is not None] == [2.0]
    assert (found.known, found.unknown) == (1, 0)


@pytest.mark.parametrize(
    ("oldest_minutes", "expected"),
    [(None, timedelta(minutes=12)), (11, timedelta(minutes=12)), (40, HOUR), (200, LONGEST), (9999, LONGEST)],
)
def test_the_span_is_the_shortest_that_holds_all(oldest_minutes: float | None, expected: timedelta) -> None:
    samples = [] if oldest_minutes is None else [sample(oldest_minutes, 1.0), sample(1, 1.0)]
    assert span_of(samples, NOW) == expected


@pytest.mark.parametrize(
    ("points", "text"),
    [
        ([0.0, 0.0], "▁▁"),
        ([None, 1.0, 8.0], "·▂█"),
        ([0.4, 0.4], "██"),
        ([], ""),
    ],
)
def test_a_sparkline_has_one_character_a_point(points: list[float | None], text: str) -> None:
    assert sparkline(points) == text


def test_a_curve_says_its_span_its_worst_and_what_is_not_known() -> None:
    line = curve_line(curve([sample(30, 0.4), sample(20, 90.0), sample(5, None, None)]))
    assert line.endswith("last 1 h: worst 1 m 30 s, 1 of 3 samples unknown")
    assert curve_line(curve([])).endswith("nothing was measured")
    assert curve_line(curve([sample(5, None, True)])).endswith("last 1 h: in step")
    assert "not in step at times" in curve_line(curve([sample(5, None, False)]))


def figure(name: str, value: float | None, unit: str, reason: str = "") -> Figure:
    at = None if value is None else NOW - timedelta(seconds=70)
    return Figure(name=name, value=value, unit=unit, measured_at=at, source="CloudWatch X, eu-south-1", reason=reason)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (figure("latency/to-b", 5, "s"), "to-b: latency 5 s, 1 m 10 s old (CloudWatch X, eu-south-1)"),
        (figure("pending_bytes/to-b", 12345678, "bytes"),
         "to-b: pending bytes 12,345,678, 1 m 10 s old (CloudWatch X, eu-south-1)"),
        (figure("rule_drift", 1, "differences", "rule old is disabled"),
         "rule drift 1 difference, 1 m 10 s old (CloudWatch X, eu-south-1): rule old is disabled"),
        (figure("failed_operations/to-b", 2, "operations in 15 m"),
         "to-b: failed operations 2 in 15 m, 1 m 10 s old (CloudWatch X, eu-south-1)"),
        (figure("heartbeat/to-b", None, "s", "permission is missing."),
         "to-b: heartbeat unknown: permission is missing (CloudWatch X, eu-south-1)"),
    ],
)  # fmt: skip
def test_a_figure_has_value_age_and_source_or_its_reason(given: Figure, text: str) -> None:
    assert figure_line(given, NOW) == text


def test_a_source_is_said_once_for_a_store_and_its_figures() -> None:
    given = figure("latency/to-b", 5, "s")
    assert figure_line(given, NOW, under=given.source) == "to-b: latency 5 s, 1 m 10 s old"


def report(stores: int, figures: int) -> ReplicationReport:
    shown = tuple(
        StoreExposure(
            kind="s3", name=f"docs-{number}", region="eu-south-1", gate=False, exposure_seconds=5, threshold_seconds=60,
            age_seconds=70, verdict="ok", source="heartbeat object", reason="",
            figures=tuple(figure(f"latency/rule-{n}", 5, "s") for n in range(figures)),
        )
        for number in range(stores)
    )  # fmt: skip
    drawn = tuple(curve_of("s3", store.name, store.region, [], NOW, HOUR) for store in shown)
    web = ApplicationReplication(
        name="web", active_region="eu-north-1", observed_at=NOW, age_seconds=0, stores=shown, curves=drawn,
        exposure_seconds=None, reason="no store gates a failover",
    )  # fmt: skip
    return ReplicationReport(at=NOW, applications=(web,))


def test_both_faces_show_curve_and_figures_of_every_store() -> None:
    text = render(report(2, 3))
    assert "to eu-south-1  5 s  limit 1 m  age 1 m 10 s  ok" in text
    assert text.count("last 1 h: nothing was measured") == 2
    assert text.count("latency 5 s, 1 m 10 s old") == 6
    drawn = str(message_of(report(2, 3)).blocks)
    assert drawn.count("last 1 h: nothing was measured") == 2
    assert drawn.count("latency 5 s, 1 m 10 s old") == 6


def test_a_message_leaves_out_the_zeros_of_a_store_that_is_in_step() -> None:
    [app] = report(1, 0).applications
    zeros = (figure("missing", 0, "names"), figure("equal", 3, "names"), figure("failed", None, "names", "denied"))
    ok = app.stores[0].model_copy(update={"exposure_seconds": None, "figures": zeros})

    def shown(store: StoreExposure) -> str:
        made = app.model_copy(update={"stores": (store,)})
        return str(message_of(ReplicationReport(at=NOW, applications=(made,))).blocks)

    assert [word in shown(ok) for word in ("missing 0", "equal 3", "failed unknown")] == [False, True, True]
    assert "missing 0" in shown(ok.model_copy(update={"verdict": "over"}))
    assert "missing 0" in shown(ok.model_copy(update={"exposure_seconds": 5}))


def test_of_ten_applications_every_store_is_in_the_table_of_one_message() -> None:
    [app] = report(6, 8).applications
    apps = tuple(app.model_copy(update={"name": f"application-{number}"}) for number in range(10))
    made = message_of(ReplicationReport(at=NOW, applications=apps))
    assert message_problems(made) == ()
    assert [len(block["rows"]) for block in made.blocks if block["type"] == "table"] == [61]
    assert "more store" in str(made.blocks)


@pytest.mark.parametrize(("stores", "figures"), [(1, 0), (24, 20), (60, 40)])
def test_a_large_report_still_fits_into_a_message(stores: int, figures: int) -> None:
    made = message_of(report(stores, figures))
    assert message_problems(made) == ()
    assert ("more store" in str(made.blocks)) == (stores > 1)
    assert len(str(made.blocks)) < 12_000 + 700 * stores, "the table has a row for each"


def test_a_slice_is_not_shorter_than_what_cloudwatch_measures() -> None:
    every_minute = [sample(minute, 1.0) for minute in range(1, 12)]
    assert None not in curve(every_minute, timedelta(minutes=12)).points[1:]
