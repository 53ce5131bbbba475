"""Two regions that consume are as loud as two writers; nothing is concluded from the silence of one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.views import status as slack
from commands.rendering import consumers as words
from dr_core.observation.model import ConsumerState, Flow, Observation
from dr_core.reports.consumers import consumer_lines, consuming_findings
from dr_core.reports.health import application_findings
from dr_core.reports.model import ApplicationStatus, StatusReport
from dr_core.standing.model import Standing
from tests.unit.bot.lint import message_problems

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SEEN = NOW - timedelta(seconds=7)


def state(region: str, flow: Flow | None, name: str = "orders") -> ConsumerState:
    detail, reason = ("", f"{region} did not answer") if flow is None else (f"it is {flow.value}", "")
    return ConsumerState(
        region=region, kind="eventbridge_rule", name=name, flow=flow, detail=detail, reason=reason, observed_at=SEEN
    )


def standing(*states: ConsumerState, active: str | None = "a", fresh: bool = True) -> Standing:
    seen = Observation(application="shop", observed_at=SEEN, duration_s=0.1, consumers=states, writers=("a",))
    return Standing(
        name="shop",
        active=active,
        active_reason="",
        observation=seen,
        fresh=fresh,
        age_s=7.0,
        roles={"a": "active", "b": "standby"},
        regions={},
        stores=(),
        exposure_s=None,
    )


ON, OFF = Flow.ON, Flow.OFF
CASES: list[tuple[str, dict[str, Flow | None], str | None, str, tuple[str, ...] | None, list[tuple[str, str]]]] = [
    ("one", {"a": ON, "b": OFF}, "a", "ok", ("a",), []),
    ("two", {"a": ON, "b": ON}, "a", "two", ("a", "b"), [("two-consume", "blocking")]),
    ("two for now", {"a": Flow.STOPPING, "b": ON}, "b", "two", ("a", "b"), [("two-consume", "blocking")]),
    ("none", {"a": OFF, "b": OFF}, "a", "none", (), [("none-consumes", "blocking")]),
    ("the wrong one", {"a": OFF, "b": ON}, "a", "elsewhere", ("b",), [("consumed-elsewhere", "warning")]),
    ("nobody knows which is active", {"a": OFF, "b": ON}, None, "ok", ("b",), []),
    ("one, and one is silent", {"a": ON, "b": None}, "a", "unknown", None, []),
    ("none, and one is silent", {"a": OFF, "b": None}, "a", "unknown", None, []),
    ("two, and a third is silent", {"a": ON, "b": ON, "c": None}, "a", "two", None, [("two-consume", "blocking")]),
]


@pytest.mark.parametrize(
    ("flows", "active", "verdict", "consuming", "found"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_exactly_one_region_consumes_and_it_is_the_active_one(
    flows: dict[str, Flow | None],
    active: str | None,
    verdict: str,
    consuming: tuple[str, ...] | None,
    found: list[tuple[str, str]],
) -> None:
    at = standing(*(state(region, flow) for region, flow in flows.items()), active=active)
    [line] = consumer_lines(at, NOW)
    assert (line.verdict, line.consuming) == (verdict, consuming)
    assert {region: one.age_seconds for region, one in line.regions.items()} == dict.fromkeys(flows, 7.0)
    assert all(one.detail for one in line.regions.values())
    told = list(consuming_findings(at))
    assert [(finding.code, finding.severity) for finding in told] == found
    assert all(finding.way_out and "orders" in finding.message for finding in told)


def test_what_is_too_old_says_nothing_about_now() -> None:
    old = standing(state("a", ON), state("b", ON), fresh=False)
    [line] = consumer_lines(old, NOW)
    assert (line.verdict, line.consuming) == ("unknown", None)
    assert [finding.code for finding in application_findings(old)] == ["not-observed"]


def test_the_health_report_finds_two_that_consume() -> None:
    found = application_findings(standing(state("a", ON), state("b", ON)))
    assert [finding.code for finding in found] == ["two-consume"]


def shown(at: Standing) -> Any:
    app = ApplicationStatus(
        name="shop", active_region=at.active, writers=("a",), regions={}, stores=(), exposure_seconds=0.0,
        consumers=consumer_lines(at, NOW),
    )  # fmt: skip
    return slack.status(StatusReport(at=NOW, brake=False, applications=(app,)))


def test_what_is_well_is_one_line_and_what_is_not_comes_first() -> None:
    many = [state(region, flow, f"job{n}") for n in range(30) for region, flow in (("a", ON), ("b", OFF))]
    two = [state("a", ON, "billing"), state("b", ON, "billing")]
    at = standing(*many, *two)
    lines = words.lines(consumer_lines(at, NOW))
    assert lines == [
        "BLOCKING: 2 regions consume billing: a, b (a: it is on, 7 s ago; b: it is on, 7 s ago)",
        "consumed: 30 consumers in a alone",
    ]
    message = shown(at)
    assert message_problems(message) == ()
    texts = str(message.blocks)
    assert texts.index("2 regions consume billing") < texts.index("30 consumers in a alone")
    assert "1 consumer in two regions" in message.text


def test_any_number_of_consumers_that_are_amiss_fits_and_is_counted() -> None:
    two = [state(region, ON, f"job{n}") for n in range(90) for region in ("a", "b")]
    message = shown(standing(*two))
    assert message_problems(message) == ()
    assert "82 more" in str(message.blocks)
    assert "90 consumers in two regions" in message.text
