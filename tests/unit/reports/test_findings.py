"""What an application's standing says against it, and how plans and events are told."""

from datetime import UTC, datetime

from dr_core.observation.model import Observation, TrafficState
from dr_core.plan.failover import build
from dr_core.plan.step import Mode
from dr_core.replication.exposure import StoreExposure
from dr_core.reports.audit import summary
from dr_core.reports.health import application_findings
from dr_core.reports.plan import plan_report, planes
from dr_core.standing.model import Role, Standing

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def standing(
    *,
    writers: tuple[str, ...] | None = ("a",),
    answers: tuple[str, ...] | None = ("a",),
    stores: tuple[StoreExposure, ...] = (),
    fence: Role = "standby",
    fresh: bool = True,
) -> Standing:
    traffic = TrafficState(name="x", answers=answers, weights=None, ttl_s=None, observed_at=NOW)
    seen = Observation(application="shop", observed_at=NOW, duration_s=0.1, writers=writers, traffic=(traffic,))
    return Standing(
        name="shop",
        active="a",
        active_reason="",
        observation=seen,
        fresh=fresh,
        age_s=1.0,
        roles={"a": "active", "b": fence},
        regions={},
        stores=stores,
        exposure_s=None,
    )


def codes(found: Standing) -> list[str]:
    return [finding.code for finding in application_findings(found)]


def test_a_quiet_application_has_no_findings() -> None:
    assert codes(standing()) == []
    assert codes(standing(writers=None, answers=None)) == []


def test_two_writers_and_none_are_found() -> None:
    assert codes(standing(writers=("a", "b"))) == ["two-writers"]
    assert codes(standing(writers=())) == ["no-writer"]


def test_dns_that_answers_with_another_region_is_found() -> None:
    assert codes(standing(answers=("b",))) == ["dns-elsewhere"]
    assert codes(standing(answers=("a", "b"))) == ["dns-elsewhere"]


def test_a_region_that_was_left_behind_is_found() -> None:
    assert codes(standing(fence="unfenced")) == ["unfenced"]
    assert codes(standing(fence="fenced")) == ["fenced"]


def test_an_old_observation_is_one_finding_and_not_many() -> None:
    assert codes(standing(writers=("a", "b"), fresh=False)) == ["not-observed"]


def test_a_store_that_is_not_ok_is_found_by_its_verdict() -> None:
    store = StoreExposure(
        kind="s3",
        name="web",
        region="b",
        gate=False,
        exposure_seconds=None,
        threshold_seconds=60,
        age_seconds=None,
        verdict="unknown",
        source="CloudWatch",
        reason="no datapoint",
    )
    assert codes(standing(stores=(store,))) == ["exposure-unknown"]


def test_planes_name_the_region_that_is_left_first(shop) -> None:
    plan = build(shop, "shop", source="eu-central-1", target="eu-west-1", mode=Mode.PLANNED)
    said = planes(plan)
    assert "eu-central-1 (the region that is left)" in said[0]
    assert sum(int(line.split(": ")[1].split(" ")[0]) for line in said) == len(plan.steps)


def test_a_report_without_samples_says_so_and_invents_nothing(shop) -> None:
    plan = build(shop, "shop", source="eu-central-1", target="eu-west-1", mode=Mode.FORCED)
    report = plan_report(plan, findings=(), stores=(), durations={}, loss_limit_s=None)
    assert report.exposure_seconds is None
    assert report.digest == plan.digest()
    assert all(step.estimate.samples == 0 for step in report.steps)
    assert all(step.estimate.source for step in report.steps)


def test_an_event_is_told_in_words_without_its_proof() -> None:
    data = {
        "mode": "forced",
        "digest": "a" * 64,
        "loss_limit_s": None,
        "missing": 0,
        "proof": "x",
        "people": ["Ada", "Bo"],
    }
    assert summary(data) == "mode forced, digest aaaaaaaaaaaa, missing 0, people Ada Bo"
