"""Which regions serve where every one does; and what a routing control tells of an active region."""

from datetime import UTC, datetime

import pytest

from dr_core.observation.active import active_region, observed_region, serving
from dr_core.observation.model import ControlsState, Observation, TrafficState
from dr_core.topology.model import Application

NOW = datetime(2026, 1, 5, tzinfo=UTC)
A, B, C = "ap-south-1", "ap-east-1", "ap-south-2"
ARC = {
    "arc_routing_controls": {
        "endpoints": [{"region": "us-east-1", "url": "https://a.example.com"}],
        "controls": {A: "arn:a", B: "arn:b", C: "arn:c"},
    }
}
RECORDS = {"route53_records": {"hosted_zone": "Z", "name": "n", "set_identifiers": {A: "a", B: "b", C: "c"}}}


def app(*traffic: dict, everywhere: bool = True) -> Application:
    given = {"primary": A, "standby": [B, C], "active_active": everywhere, "traffic": list(traffic)}
    return Application.model_validate(given)


def seen(
    on: tuple[str, ...] | None = None,
    weights: dict[str, int] | None = None,
    answers: tuple[str, ...] | None = None,
    reason: str = "",
) -> Observation:
    traffic = TrafficState(name="n", answers=answers, weights=weights, ttl_s=None, reason=reason, observed_at=NOW)
    controls = () if on is None else (ControlsState(name="panel", on=on, observed_at=NOW),)
    return Observation(application="x", observed_at=NOW, duration_s=0, traffic=(traffic,), controls=controls)


@pytest.mark.parametrize(
    ("application", "observation", "regions", "words"),
    [
        (app(RECORDS), seen(weights={A: 50, B: 0, C: 1}), (A, C), "shifted away from ap-east-1"),
        (app(RECORDS), seen(weights={A: 1, B: 1, C: 1}, answers=(C,)), (A, B, C), "every region serves, by"),
        (app(ARC, RECORDS), seen(on=(B,), weights={A: 1, B: 1, C: 1}), (B,), "ap-east-1 serves, their routing"),
        (app(ARC, RECORDS), seen(weights={A: 1, B: 1, C: 1}, answers=(A, C)), None, "DNS answers with ap-south-1 and"),
        (app(RECORDS), seen(answers=(B,)), None, "not observed (DNS answers with ap-east-1)"),
        (app(RECORDS), seen(weights={A: 0, B: 0, C: 0}), (), "no region serve"),
        (app(RECORDS), seen(reason="Route 53 is silent"), None, "Route 53 is silent"),
        (app(RECORDS), None, None, "not observed"),
    ],
)
def test_the_regions_that_serve(application, observation, regions, words) -> None:
    told = serving(application, observation)
    assert told.regions == regions
    assert words in told.reason
    assert active_region(application, observation, B, {}) == (None, told.reason), "no region alone is active"
    assert observed_region(application, observation, {}) is None


@pytest.mark.parametrize(
    ("observation", "recorded", "fences", "expected", "words"),
    [
        (seen(on=(B,)), A, {}, B, "routing control is the only one that is on"),
        (seen(on=(B,), answers=(A,)), None, {}, A, "DNS answers with ap-south-1"),
        (seen(on=(B,), answers=(A, B)), None, {}, B, "DNS answers with ap-east-1 and ap-south-1"),
        (seen(on=(A, B)), C, {}, C, "controls for ap-east-1 and ap-south-1 are on"),
        (seen(on=(A, B)), None, {A: "fenced"}, B, "only one that is on"),
    ],
)
def test_a_routing_control_is_evidence_where_dns_tells_of_no_single_region(
    observation, recorded, fences, expected, words
) -> None:
    region, reason = active_region(app(ARC, RECORDS, everywhere=False), observation, recorded, fences)
    assert region == expected
    assert words in reason


def test_silent_endpoints_are_told() -> None:
    silent = ControlsState(name="panel", on=None, reason="no endpoint answered", observed_at=NOW)
    observation = seen().model_copy(update={"controls": (silent,)})
    region, reason = active_region(app(ARC, everywhere=False), observation, None, {})
    assert (region, "no endpoint answered" in reason) == (A, True)
