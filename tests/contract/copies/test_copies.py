"""Everything that AWS copies or that is compared by name, through the real look of a pass, towards the standby.

Present, missing, stale, idle, throttled, denied, region down: on the simulated AWS and in memory alike.
"""

import pytest

from dr_core.errors import DeniedError, ThrottledError
from dr_core.observation.asking import ask_all
from dr_core.observation.copies import CopyLook
from dr_core.observation.model import Reading, SignalState, Verdict
from dr_core.replication.exposure import StoreExposure, exposure_of

KINDS = ("key", "dynamodb_global", "elasticache_global", "appconfig", "parameters")
TIMED = ("dynamodb_global", "elasticache_global")
STANDBY = "ca-central-1"
every_kind = pytest.mark.parametrize("kind", KINDS)


def shown(side, reading: Reading) -> StoreExposure:
    return exposure_of(reading, Verdict.HEALTHY, side.clock.now())


@every_kind
def test_what_is_there_is_ok_with_its_age_and_source(side, kind):
    found = side.look()[kind]
    exposure = shown(side, found)
    assert exposure.verdict == "ok", found.reason
    assert exposure.age_seconds is not None
    assert exposure.source
    assert (found.seconds is not None) == (kind in TIMED)
    assert (found.in_step is True) == (kind not in TIMED)


@every_kind
def test_what_the_standby_lacks_is_not_in_step_and_named(side, kind):
    side.take_away(kind)
    found = side.look(name="archive")[kind]
    assert found.in_step is False
    assert shown(side, found).verdict == "over"
    assert STANDBY in found.reason


@every_kind
def test_what_is_not_measured_any_more_is_stale_and_keeps_its_age(side, kind):
    first = side.look()
    side.stop(kind)
    side.clock.advance(400)
    second = side.look(tuple(first.values()))[kind]
    exposure = shown(side, second)
    assert exposure.verdict == "stale"
    assert exposure.age_seconds is not None
    assert exposure.age_seconds >= 339
    assert second.measured_at == first[kind].measured_at


@every_kind
def test_an_idle_store_repeats_itself_and_stays_fresh(side, kind):
    side.steady()
    side.clock.advance(61)
    first = side.look()
    side.clock.advance(400)
    second = side.look(tuple(first.values()))[kind]
    assert shown(side, second).verdict == "ok", second.reason
    assert second.seconds == first[kind].seconds
    assert second.measured_at > first[kind].measured_at


@every_kind
def test_throttling_is_unknown_with_the_reason_and_no_sign_of_ill_health(side, kind):
    side.throttle(kind)
    found = side.look()[kind]
    assert shown(side, found).verdict == "unknown"
    assert "throttled" in found.reason
    assert SignalState.BAD not in {*side.states("cache").values(), *side.states("table").values()}


@every_kind
def test_a_missing_permission_is_unknown_and_named(side, kind):
    side.deny(kind)
    found = side.look()[kind]
    assert (found.in_step, found.seconds) == (None, None)
    assert "permission is missing for" in found.reason
    assert SignalState.BAD not in {*side.states("cache").values(), *side.states("table").values()}


@every_kind
def test_a_region_that_is_down_is_unknown_and_breaks_nothing(side, kind):
    asked_in = "eu-north-1" if kind == "dynamodb_global" else STANDBY
    side.down(asked_in)
    found = side.look()[kind]
    assert shown(side, found).verdict == "unknown"
    assert found.reason
    if kind == "elasticache_global":
        assert side.states("cache")[asked_in] is SignalState.BAD


@pytest.mark.parametrize("kind", TIMED)
def test_a_lag_over_the_objective_is_over_it(side, kind):
    side.late()
    exposure = shown(side, side.look()[kind])
    assert (exposure.verdict, exposure.exposure_seconds) == ("over", 95.0)


def test_names_are_counted_and_values_never_told(side):
    found = side.look()
    figures = {figure.name: figure.value for figure in found["parameters"].figures}
    assert figures["missing"] == figures["different"] == figures["extra"] == 0
    assert figures["equal"] > 0
    assert "sandbox-token" not in " ".join(reading.model_dump_json() for reading in found.values())


REGIONS = ("eu-north-1", STANDBY)


def test_an_open_issue_is_told_with_its_region_and_service_and_gone_when_it_ends(side):
    reader = side.events()
    assert reader.open_issues(REGIONS).events == ()
    side.issue("RDS")
    side.clock.advance(31)
    (event,) = reader.open_issues(REGIONS).events
    assert (event.region, event.service, event.code) == (STANDBY, "RDS", "AWS_RDS_OPERATIONAL_ISSUE")
    assert reader.open_issues(REGIONS[:1]).events == ()
    side.issues_end()
    assert reader.open_issues(REGIONS).events == ()


@pytest.mark.parametrize(("kind", "error"), [("denied", DeniedError), ("throttle", ThrottledError)])
def test_aws_health_that_cannot_be_read_is_an_error_and_never_an_empty_list(side, kind, error):
    side.events_fail(kind)
    with pytest.raises(error):
        side.events().open_issues(REGIONS)


def test_aws_health_answers_while_a_region_is_down(side):
    side.down(STANDBY)
    assert side.events().open_issues(REGIONS).asked_at == side.clock.now()


def test_after_a_change_of_the_active_region_nothing_is_told_of_the_old_direction(side):
    look = CopyLook(side.scope())
    answers = ask_all(look.questions, side.clock, 8.0)
    turned = {reading.kind: reading for reading in look.readings(answers, STANDBY)}
    assert {(reading.source_region, reading.region) for reading in turned.values()} == {(STANDBY, "eu-north-1")}
    assert turned["dynamodb_global"].seconds is None
    assert "the active region changed to" in turned["dynamodb_global"].reason
    assert turned["key"].in_step is None
    assert turned["parameters"].in_step is turned["appconfig"].in_step is True
    assert turned["elasticache_global"].in_step is False
    assert "takes writes in eu-north-1" in turned["elasticache_global"].reason
