"""Readings: what was compared, what was measured, and what a reading keeps of the one before."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.errors import DrError, RejectedError, UnreachableError
from dr_core.observation.model import Figure, Reading
from dr_core.replication.history import is_stale, with_history
from dr_core.replication.port import Measurement, SecretView
from dr_core.replication.readings import Towards, timed
from dr_core.replication.secret_readings import secret_reading

NOW = datetime(2026, 1, 5, 10, 3, tzinfo=UTC)


def lag(
    seconds: float | None, measured_at: datetime | None, *, seen: datetime = NOW, source: str = "ca-west-1"
) -> Reading:
    found = Measurement(seconds, measured_at, "CloudWatch", "" if seconds is not None else "no datapoint")
    return timed(Towards("aurora_global", "db", "ca-central-1", source, 60, seen, gate=True), found)


def test_an_error_is_a_reading_without_a_figure() -> None:
    where = Towards("s3", "b", "ca-central-1", "ca-west-1", 60, NOW)
    reading = timed(where, UnreachableError("CloudWatch did not answer."))
    assert reading.seconds is None
    assert reading.reason == "CloudWatch did not answer."


def test_a_pass_without_a_datapoint_keeps_the_last_one_and_says_so() -> None:
    (first,) = with_history([lag(0.4, NOW)], ())
    (second,) = with_history([lag(None, None, seen=NOW + timedelta(seconds=70))], [first])
    assert (second.seconds, second.measured_at) == (0.4, NOW)
    assert second.reason == "no datapoint; the last datapoint is kept"
    assert not second.stale


def test_without_any_datapoint_it_stays_unknown() -> None:
    (first,) = with_history([lag(None, None)], ())
    (second,) = with_history([lag(None, None)], [first])
    assert second.seconds is None
    assert not second.stale


def test_a_datapoint_that_came_in_while_nobody_looked_is_as_old_as_it_says() -> None:
    """The bot was away for ten minutes, and meanwhile the metric stopped."""
    before = with_history([lag(0.4, NOW - timedelta(seconds=600), seen=NOW - timedelta(seconds=600))], ())
    (found,) = with_history([lag(0.4, NOW - timedelta(seconds=250))], before)
    assert found.stale
    (soon,) = with_history([lag(0.4, NOW - timedelta(seconds=90))], before)
    assert not soon.stale


def test_a_timestamp_that_stops_for_three_periods_is_stale_although_the_value_repeats() -> None:
    (reading,) = with_history([lag(0.0, NOW)], ())
    stale_at = None
    for second in range(10, 400, 10):
        (reading,) = with_history([lag(0.0, NOW, seen=NOW + timedelta(seconds=second))], [reading])
        stale_at = stale_at or (second if reading.stale else None)
    assert stale_at == 190


def test_an_idle_database_that_repeats_its_value_with_new_timestamps_is_fresh() -> None:
    (reading,) = with_history([lag(0.0, NOW)], ())
    for second in range(60, 900, 60):
        at = NOW + timedelta(seconds=second)
        (reading,) = with_history([lag(0.0, at - timedelta(seconds=90), seen=at)], [reading])
        assert not reading.stale


def test_a_metric_that_comes_in_two_minutes_late_is_not_stale_at_first_sight() -> None:
    (reading,) = with_history([lag(0.2, NOW - timedelta(seconds=180))], ())
    assert not reading.stale
    assert is_stale(reading, NOW + timedelta(seconds=90))


def test_an_older_datapoint_than_the_known_one_is_not_believed() -> None:
    (first,) = with_history([lag(0.4, NOW)], ())
    (second,) = with_history([lag(9.0, NOW - timedelta(seconds=60))], [first])
    assert (second.seconds, second.measured_at) == (0.4, NOW)


def test_a_datapoint_from_another_source_region_is_forgotten() -> None:
    (first,) = with_history([lag(0.4, NOW)], ())
    (second,) = with_history([lag(None, None, source="us-west-2")], [first])
    assert second.seconds is None


def test_a_datapoint_from_before_the_roles_changed_is_none_of_the_new_source() -> None:
    """Three regions: the third one's lag behind the old writer says nothing of its lag behind the new one."""
    old = lag(0.4, NOW - timedelta(seconds=70))
    (first,) = with_history([old], ())
    for second in (10, 20):
        (first,) = with_history(
            [lag(0.4, NOW - timedelta(seconds=70), seen=NOW + timedelta(seconds=second), source="us-west-2")], [first]
        )
        assert (first.seconds, first.measured_at) == (None, None)
        assert "no datapoint since us-west-2 became the source at 10:03:10Z" in first.reason
    after = lag(7.0, NOW + timedelta(seconds=30), seen=NOW + timedelta(seconds=90), source="us-west-2")
    (found,) = with_history([after], [first])
    assert (found.seconds, found.stale) == (7.0, False)


def secret(region: str, version: str | None, replicas: dict[str, str] | None = None) -> SecretView:
    return SecretView(region, version, "ca-west-1", replicas or {})


@pytest.mark.parametrize(
    ("remark", "source", "copy", "in_step", "words"),
    [
        ("same version", secret("ca-west-1", "v1"), secret("ca-central-1", "v1"), True, "the same current version"),
        ("other version", secret("ca-west-1", "v2", {"ca-central-1": "Failed: no key"}), secret("ca-central-1", "v1"),
         False, "Failed: no key"),
        ("no current version", secret("ca-west-1", "v2"), secret("ca-central-1", None), False, "ca-central-1"),
        ("missing in the standby", secret("ca-west-1", "v2"), RejectedError("no secret s"), False, "no secret s"),
        ("not reachable", UnreachableError("silent"), secret("ca-central-1", "v1"), None, "silent"),
        ("a replica that fails", secret("ca-west-1", "v1", {"ca-central-1": "Failed: no key"}),
         secret("ca-central-1", "v1"), False, "replication fails, although both stand on version v1; replica status "
         "Failed: no key"),
        ("it failed and was never there", secret("ca-west-1", "v1", {"ca-central-1": "Failed: name taken"}),
         RejectedError("no secret s."), False, "no secret s; replica status Failed: name taken"),
        ("the roles are turned", secret("ca-west-1", "v1"), secret("ca-central-1", "v1", {"ca-west-1": "InSync"}),
         True, "replica status InSync"),
        ("marked for deletion", secret("ca-west-1", "v1"), SecretView("ca-central-1", "v1", "ca-west-1", {}, True),
         False, "marked for deletion in ca-central-1"),
        ("two secrets of one name", SecretView("ca-west-1", "v1", None, {}), SecretView("ca-central-1", "v2", None, {}),
         False, "neither is a replica of the other"),
    ],
)  # fmt: skip
def test_secrets_are_in_step_by_version_and_never_by_seconds(
    remark: str, source: SecretView | DrError, copy: SecretView | DrError, in_step: bool | None, words: str
) -> None:
    reading = secret_reading(Towards("secret", "s", "ca-central-1", "ca-west-1", 60, NOW), source, copy)
    assert (reading.in_step, reading.seconds) == (in_step, None), remark
    assert words in reading.reason


def test_a_comparison_that_cannot_be_made_keeps_the_last_one_with_its_time() -> None:
    def compare(copy: SecretView | DrError, at: datetime) -> Reading:
        source = secret("ca-west-1", "v1")
        return secret_reading(Towards("secret", "s", "ca-central-1", "ca-west-1", 60, at), source, copy)

    first = compare(secret("ca-central-1", "v1"), NOW)
    (second,) = with_history([compare(UnreachableError("silent"), NOW + timedelta(seconds=10))], [first])
    (third,) = with_history([compare(UnreachableError("silent"), NOW + timedelta(seconds=20))], [second])
    assert (third.in_step, third.measured_at) == (True, NOW)
    assert third.reason == "silent; last compared at 10:03:00Z"
    (fourth,) = with_history([compare(secret("ca-central-1", "v2"), NOW + timedelta(seconds=30))], [third])
    assert fourth.in_step is False


def test_failed_replicas_are_counted_with_their_reasons_and_unknown_where_nobody_tells() -> None:
    def figure(source: SecretView | DrError, copy: SecretView | DrError) -> Figure:
        reading = secret_reading(Towards("secret", "s", "b", "a", 60, NOW), source, copy)
        return reading.figures[0]

    failing = SecretView("a", "v1", None, {"b": "InSync", "c": "Failed: no key", "d": "Failed: name taken"})
    found = figure(failing, secret("b", "v1"))
    assert (found.value, found.measured_at) == (2, NOW)
    assert found.reason == "c Failed: no key; d Failed: name taken"
    assert figure(secret("a", "v1"), secret("b", "v1")).value is None
    assert figure(UnreachableError("silent"), secret("b", "v1")).reason == "silent"
