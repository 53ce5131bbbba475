"""Durations, ages and foreign text in words."""

from datetime import UTC, datetime, timedelta

import pytest

from commands.rendering.lines import WIDTH, table, wrap
from commands.rendering.words import ago, beside_gates, clock, count, how_long, limit, moment, plain
from dr_core.execution.model import StoreLoss
from dr_core.span import duration

NOW = datetime(2026, 1, 5, 10, 3, 20, tzinfo=UTC)


def lost(name: str, seconds: float | None, *, gate: bool) -> StoreLoss:
    return StoreLoss(
        kind="s3", name=name, gate=gate, seconds=seconds, threshold_s=60, verdict="ok", source="", measured_at=None
    )


@pytest.mark.parametrize(
    ("losses", "seconds", "said"),
    [
        ([lost("db", 71, gate=True), lost("docs", 97, gate=False)], 71, " in stores that gate, s3 docs 1 m 37 s"),
        ([lost("db", 71, gate=True), lost("docs", 12, gate=False)], 71, ""),
        ([lost("db", None, gate=True), lost("docs", 12, gate=False)], None, " in stores that gate, s3 docs 12 s"),
        ([lost("docs", 19, gate=False)], None, " since no store gates, s3 docs 19 s"),
        ([lost("docs", None, gate=False)], None, ""),
    ],
)
def test_a_loss_says_what_it_is_of_where_another_store_lost_more(
    losses: list[StoreLoss], seconds: float | None, said: str
) -> None:
    assert beside_gates(losses, seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.0004, "1 ms"),
        (0.34, "340 ms"),
        (0.9996, "1 s"),
        (4.2, "4.2 s"),
        (4.0, "4 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 m"),
        (72, "1 m 12 s"),
        (3599.7, "1 h"),
        (7500, "2 h 5 m"),
        (86400, "1 d"),
        (3 * 86400 + 4 * 3600 + 59, "3 d 4 h"),
        (-5, "-5 s"),
    ],
)
def test_durations_are_said_in_the_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_unknown_is_said_and_never_zero() -> None:
    assert how_long(None) == "unknown"
    assert how_long(0.0) == "0 s"


def test_limits_are_shown_in_seconds_and_in_words() -> None:
    assert limit(None) == "unknown"
    assert limit(900) == "900 s (15 m)"


def test_times_are_absolute_and_relative() -> None:
    assert moment(NOW - timedelta(seconds=8), NOW) == "10:03:12Z, 8 s ago"
    assert moment(NOW + timedelta(minutes=12), NOW) == "10:15:20Z, in 12 m"
    assert moment(NOW - timedelta(days=1), NOW) == "2026-01-04 10:03:20Z, 1 d ago"
    assert moment(None, NOW) == "never"
    assert ago(NOW, NOW) == "now"
    assert clock(NOW) == "2026-01-05 10:03:20Z"


def test_foreign_text_is_one_short_line_without_control_or_bidirectional_characters() -> None:
    assert plain("a\nb\x1b[31m\u202ec\u200b  d") == "a b[31mc d"
    assert len(plain("x" * 1000)) == 280
    assert count(1, "ack") == "1 ack"
    assert count(2, "ack") == "2 acks"


def test_no_line_is_wider_than_the_page() -> None:
    long = "word " * 60
    rows = [("id-" + "9" * 40, long, "https://example.com/" + "a" * 200), ("x", "", "y")]
    assert all(len(line) <= WIDTH for line in [*table(rows, 4), *wrap(long, 6, 2)])


def test_columns_are_aligned_and_empty_ones_vanish() -> None:
    assert table([("a", "", "bb"), ("ccc", "", "d")], 2) == ["  a    bb", "  ccc  d"]
    assert table([]) == []
