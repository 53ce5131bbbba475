"""The steps of a plan in words: nothing is claimed that was not measured, and folding loses no step."""

import pytest

from commands.rendering.steps import facts, listed, marks, never_measured, takes, whole
from dr_core.plan.expected import Estimate
from dr_core.reports.model import PlanReport, PlanStep

UNKNOWN = Estimate(median_s=None, p90_s=None, samples=0, source="no samples")


def step(number: int = 1, **changes: object) -> PlanStep:
    values = {
        "name": f"step-{number}", "kind": "scale-target", "title": f"Scale service {number}", "after": (),
        "segment": "prepare", "plane": "control", "home_region": "eu-west-1", "region": "eu-west-1",
        "irreversible": False, "best_effort": False, "undo": None, "estimate": UNKNOWN,
    }  # fmt: skip
    return PlanStep.model_validate(values | changes)


def report(*steps: PlanStep, estimate: Estimate = UNKNOWN, at_least_s: float | None = None) -> PlanReport:
    return PlanReport(
        digest="0" * 64, mode="forced", application="shop", source="eu-central-1", target="eu-west-1",
        loss_limit_seconds=60, required_acks=2, overrides=(), steps=steps, findings=(), exposure=(),
        exposure_seconds=None, estimate=estimate, at_least_s=at_least_s, planes=(),
    )  # fmt: skip


def figure(median: float | None, p90: float | None = None, samples: int = 0, source: str = "recorded") -> Estimate:
    return Estimate(median_s=median, p90_s=p90, samples=samples, source=source)


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (figure(None), "never measured here"),
        (figure(480, source="no samples; published: a talk"), "takes about 8 m (published: a talk)"),
        (figure(70, 70, 1), "takes about 1 m 10 s (by 1 step of its kind here)"),
        (figure(70, 90, 12), "takes about 1 m 10 s, 9 of 10 within 1 m 30 s (by 12 steps of its kind here)"),
        (figure(70, 75, 3), "takes about 1 m 10 s, at most 1 m 15 s (by 3 steps of its kind here)"),
        (figure(70, None, 3), "takes about 1 m 10 s (by 3 steps of its kind here)"),
    ],
)
def test_an_estimate_names_its_basis(estimate: Estimate, told: str) -> None:
    assert takes(estimate) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ["control plane of eu-west-1", "never measured here"]),
        ({"home_region": None, "plane": "data"}, ["data plane of no single region", "never measured here"]),
        ({"undo": "Scale it back"}, ["control plane of eu-west-1", "never measured here", "undo: Scale it back"]),
        (
            {"irreversible": True, "undo": "?"},
            ["control plane of eu-west-1", "never measured here", "cannot be undone"],
        ),
        (
            {"home_region": "eu-central-1", "best_effort": True},
            ["control plane of eu-central-1, the region that is left", "best effort", "never measured here"],
        ),
    ],
)
def test_a_step_tells_what_people_decide_by(changes: dict[str, object], told: list[str]) -> None:
    made = step(**changes)
    assert facts(made, report(made)) == told


def test_the_whole_is_an_estimate_a_bound_or_unknown() -> None:
    known, unknown = step(1, estimate=figure(60.0)), step(2, kind="verify-dns")
    assert whole(report(known, estimate=figure(60.0))) == "about 1 m along the critical path"
    assert whole(report(known, unknown, at_least_s=60.0)) == "at least 1 m; 1 of 2 steps never measured here"
    assert whole(report(unknown, at_least_s=0.0)) == "unknown: 1 of 1 step never measured here"
    assert never_measured(report(known, unknown, unknown)) == "verify-dns"


def test_few_steps_have_a_line_each() -> None:
    assert [line.place for line in listed([step(1), step(2)], 2)] == ["1.", "2."]


def test_many_steps_are_folded_where_neighbours_are_alike_and_none_is_lost() -> None:
    steps = [step(n) for n in range(1, 5)] + [step(5, irreversible=True), step(6), step(7, kind="verify-dns")]
    lines = listed(steps, 3)
    assert [line.place for line in lines] == ["1 to 4.", "5.", "6.", "7."]
    assert [one for line in lines for one in line.steps] == steps
    assert lines[0].title == "Scale service 1, and 3 more like it"
    assert marks(lines[1].steps[0]) == " (cannot be undone)"
