"""Expected durations, and the loss that people are asked to accept."""

import pytest

from dr_core.plan.estimate import at_least_s, estimate_plan, estimate_step, promotion_estimate_s
from dr_core.plan.failover import build
from dr_core.plan.loss import loss_limit
from dr_core.plan.step import Mode

HOME, AWAY = "ap-south-1", "ap-south-2"


@pytest.fixture
def forced(topology):
    return build(topology, "pay", source=HOME, target=AWAY, mode=Mode.FORCED)


def every_kind(plan, seconds: float, **other: float) -> dict[str, tuple[float, ...]]:
    return {step.kind: (other.get(step.kind.replace("-", "_"), seconds),) for step in plan.steps}


def test_recorded_durations_give_median_p90_and_their_number(forced):
    estimate = estimate_step(forced.step("promote"), tuple(float(n) for n in range(1, 11)))
    assert (estimate.median_s, estimate.p90_s, estimate.samples) == (5.5, 9.0, 10)


def test_without_samples_the_published_figure_is_shown_with_its_source(forced):
    estimate = estimate_step(forced.step("promote"), ())
    assert (estimate.median_s, estimate.p90_s, estimate.samples) == (480.0, None, 0)
    assert "published" in estimate.source


def test_without_samples_and_without_a_published_figure_nothing_is_shown(forced):
    estimate = estimate_step(forced.step("verify-writer"), ())
    assert (estimate.median_s, estimate.p90_s, estimate.source) == (None, None, "no samples")


def test_a_plan_takes_as_long_as_its_longest_path(forced):
    estimate = estimate_plan(
        forced, every_kind(forced, 1.0, failover_aurora=300.0, compare_parameters=50.0, verify_dns=30.0)
    )
    assert estimate.median_s == 1 + 1 + 300 + 1 + 30
    assert "compare-parameters" not in estimate.source
    assert "no samples" not in estimate.source


def test_a_published_figure_on_the_longest_path_is_told_with_its_source(forced):
    estimate = estimate_plan(forced, {**every_kind(forced, 1.0), "failover-aurora": ()})
    assert (estimate.median_s, estimate.samples) == (484.0, 0)
    assert "failover-aurora 480 s with no samples; published" in estimate.source


def test_a_plan_with_an_unknown_step_has_no_estimate_and_says_why(forced):
    estimate = estimate_plan(forced, {})
    assert estimate.median_s is None
    assert "scale-target" in estimate.source
    assert "failover-aurora 480 s" in estimate.source


def test_what_is_known_of_a_plan_is_a_bound_along_its_longest_known_path(forced):
    assert at_least_s(forced, {}) >= 480.0
    known = every_kind(forced, 1.0, failover_aurora=300.0)
    assert at_least_s(forced, known) == estimate_plan(forced, known).median_s
    assert at_least_s(forced, {**known, "verify-writer": ()}) <= estimate_plan(forced, known).median_s


def test_the_time_to_promotion_is_the_path_to_its_start(forced):
    assert promotion_estimate_s(forced, every_kind(forced, 7.0)) == 14.0


def test_a_step_without_a_figure_counts_with_its_deadline(forced):
    assert promotion_estimate_s(forced, {}) == 900.0 + 20.0


@pytest.mark.parametrize(
    ("exposure_s", "limit"),
    [(0.0, 60), (10.0, 60), (10.1, 300), (250.0, 300), (300.0, 900), (3550.0, 3600), (3550.1, None), (None, None)],
)
def test_a_limit_covers_the_wait_and_is_rounded_up(exposure_s, limit):
    assert loss_limit(exposure_s, expires_after_s=40, promote_estimate_s=10) == limit


def test_a_planned_failover_asks_for_no_loss():
    assert loss_limit(None, expires_after_s=900, promote_estimate_s=0, mode=Mode.PLANNED) == 0
