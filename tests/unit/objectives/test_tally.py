"""What samples add up to: time by state, results, latencies; what nobody measured is unknown."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dr_core.objectives.tally import Result, Tally, tally, total

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LONGEST_S = 30.0


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def results(*found: tuple[float, bool | None]) -> list[Result]:
    return [Result(at(seconds), ok, None) for seconds, ok in found]


@pytest.mark.parametrize(
    ("found", "good_s", "bad_s", "unknown_s", "why"),
    [
        ([], 0, 0, 100, "nothing was measured"),
        ([(0, True), (10, True)], 40, 0, 60, "the last result stands 30 s at most"),
        ([(0, True), (10, False), (20, True)], 40, 10, 50, "each stands until the next"),
        ([(0, True), (80, True)], 50, 0, 50, "a gap is unknown, and the last one ends with the span"),
        ([(0, None), (10, True)], 30, 0, 70, "unknown time is unknown"),
        ([(-20, False), (50, True)], 30, 10, 60, "what was measured before stands into the span"),
        ([(-90, False)], 0, 0, 100, "but not for ever"),
    ],
)
def test_time_counts_as_the_last_result_said_and_no_longer(
    found: list[tuple[float, bool | None]], good_s: float, bad_s: float, unknown_s: float, why: str
) -> None:
    made = tally(results(*found), at(0), at(100), LONGEST_S)
    assert (made.good_s, made.bad_s, made.unknown_s) == (good_s, bad_s, unknown_s), why


def test_nothing_known_is_no_availability_and_no_error_rate() -> None:
    made = tally(results((0, None)), at(0), at(100), LONGEST_S)
    assert (made.availability, made.error_rate, made.latency_ms(0.5), made.unknown) == (None, None, None, 1)


def test_availability_is_of_known_time_and_error_rate_of_results() -> None:
    made = tally(results((0, True), (10, False), (15, None), (20, True)), at(0), at(50), LONGEST_S)
    assert made.availability == pytest.approx(100 * 40 / 45)
    assert made.error_rate == pytest.approx(100 / 3)


@given(st.lists(st.floats(min_value=0.2, max_value=60_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_within_2_5_percent_of_a_latency_that_occurred(values: list[float], share: float) -> None:
    made = tally([Result(at(i), True, value) for i, value in enumerate(values)], at(0), at(100), LONGEST_S)
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert made.latency_ms(share) == pytest.approx(exact, rel=0.0251)


@given(
    st.lists(st.tuples(st.floats(-60, 7200), st.sampled_from([True, False, None])), max_size=40),
    st.integers(min_value=1, max_value=7199),
)
def test_a_span_is_the_sum_of_its_parts(found: list[tuple[float, bool | None]], cut: int) -> None:
    """Hours are counted one by one and added: no second is counted twice, and none is lost."""
    made = [Result(at(seconds), ok, 5.0) for seconds, ok in sorted(found, key=lambda entry: entry[0])]
    whole = tally(made, at(0), at(7200), LONGEST_S)
    parts = total((tally(made, at(0), at(cut), LONGEST_S), tally(made, at(cut), at(7200), LONGEST_S)))
    for name, value in whole.model_dump(exclude={"latencies"}).items():
        assert getattr(parts, name) == pytest.approx(value), name
    assert parts.latencies == whole.latencies


def test_what_is_kept_is_read_back_as_it_was() -> None:
    made = tally([Result(at(1), True, 12.5), Result(at(2), False, None)], at(0), at(100), LONGEST_S)
    assert Tally.model_validate_json(made.model_dump_json()) == made
