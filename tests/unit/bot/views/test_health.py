"""A health report fits into one message: of many applications every one is told, without what is well in it."""

from collections.abc import Callable
from types import ModuleType

import pytest

from bot.views.health import digest, health
from bot.views.message import Message
from dr_core.observation.model import SignalState, Vantage, Verdict
from dr_core.reports.health import ApplicationHealth, HealthReport, RegionHealth, SignalView
from dr_core.reports.model import FindingView
from tests.unit.bot.lint import message_problems

Draw = Callable[[HealthReport], Message]


def region(samples: ModuleType, name: str, verdict: Verdict, bad: int) -> RegionHealth:
    signals = tuple(
        SignalView(
            component="https", name=f"https://api.example.com/{number}", vantage=Vantage.PROBE,
            state=SignalState.BAD if number < bad else SignalState.OK, detail="answered 200 and said nothing else",
            latency_ms=12.0, observed_at=samples.NOW, age_seconds=0.335, source="own probe",
        )
        for number in range(12)
    )  # fmt: skip
    return RegionHealth(
        region=name, role="standby", verdict=verdict, reasons=("12 of 12 signals are ok",), since=None,
        observed_at=samples.NOW, signals=signals,
    )  # fmt: skip


def report(samples: ModuleType, applications: int) -> HealthReport:
    regions = (
        region(samples, "eu-central-1", Verdict.HEALTHY, 0),
        region(samples, "eu-west-1", Verdict.DEGRADED, 1),
    )
    made = tuple(
        ApplicationHealth(
            name=f"application-{number}", active_region="eu-central-1", active_reason="", writers=("eu-central-1",),
            writers_reason="", observed_at=samples.NOW, age_seconds=0.913, regions=regions,
            stores=tuple(samples.store(name=f"store-{one}") for one in range(6)), exposure_seconds=0.4,
            exposure_reason="", requests=(), findings=(), well=False,
        )
        for number in range(applications)
    )  # fmt: skip
    return HealthReport(at=samples.NOW, observed_at=samples.NOW, all_well=False, applications=made)


def test_an_exposure_that_nobody_knows_is_not_left_out(samples: ModuleType) -> None:
    two = report(samples, 2).applications
    made = HealthReport(
        at=samples.NOW, observed_at=samples.NOW, all_well=True,
        applications=(two[0], two[1].model_copy(update={"exposure_seconds": None})),
    )  # fmt: skip
    assert digest(made).text.endswith("exposure at most 400 ms, exposure of application-1 not known")


def test_beside_an_unwell_one_it_is_said_whose_readiness_nobody_knows(samples: ModuleType) -> None:
    made = report(samples, 3)
    unsure = FindingView(severity="info", code="readiness-unknown", message="m", evidence="", way_out="")
    well = [app.model_copy(update={"well": True}) for app in made.applications[1:]]
    applications = (made.applications[0], well[0], well[1].model_copy(update={"findings": (unsure,)}))
    shown = str(digest(made.model_copy(update={"applications": applications})).blocks)
    assert "application-2; whether ready for a failover is not known" in shown
    assert "application-1, " not in shown


def test_one_application_has_every_signal(samples: ModuleType) -> None:
    shown = str(health(report(samples, 1)).blocks)
    assert shown.count("https://api.example.com/") == 24


def test_an_age_is_told_in_whole_seconds(samples: ModuleType) -> None:
    shown = str(health(report(samples, 1)).blocks)
    assert "0 s ago" in shown
    assert "observed 1 s before" in shown
    assert "335 ms" not in shown


@pytest.mark.parametrize("draw", [health, digest])
def test_ten_applications_are_all_told_with_what_is_not_well(samples: ModuleType, draw: Draw) -> None:
    made = draw(report(samples, 10))
    assert message_problems(made) == ()
    shown = str(made.blocks)
    assert all(f"*application-{number}*" in shown for number in range(10))
    assert shown.count("https://api.example.com/") == 10
    assert "more lines" not in shown


@pytest.mark.parametrize("draw", [health, digest])
def test_of_more_than_a_message_holds_the_rest_is_counted(samples: ModuleType, draw: Draw) -> None:
    made = draw(report(samples, 40))
    assert message_problems(made) == ()
    assert "more lines than a message holds" in str(made.blocks)
    assert "*application-0*" in str(made.blocks)
