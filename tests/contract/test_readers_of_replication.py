"""One suite for each replication reader: the simulated AWS over HTTP and the fake in memory must say the same.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
"""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from dr_core.errors import DrError
from dr_core.observation.model import Verdict
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Metrics
from tests.contract import replication_subjects as subjects
from tests.contract.replication_subjects import CLUSTERS, HERE, THERE, Subject, Theatre, Watched, theatre

Made = Callable[[Theatre], Subject]
SUBJECTS = [
    subjects.cluster_in_aws, subjects.cluster_in_memory, subjects.bucket_in_aws, subjects.bucket_in_memory,
]  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("world")) as found:
        yield found


@pytest.fixture(params=SUBJECTS, ids=[make.__name__ for make in SUBJECTS])
def watched(request: pytest.FixtureRequest, stage: Theatre) -> Iterator[Watched]:
    found = Watched(request.param(stage))
    # A heartbeat has to cross once before anything is proven.
    for _ in range(3):
        found.look()
        found.subject.wait(8)
    yield found
    stage.tidy()


def test_present_it_is_in_seconds_with_the_datapoints_own_time_and_source(watched: Watched) -> None:
    reading = watched.passes(60)
    assert reading.seconds is not None
    assert 0 <= reading.seconds < 30
    assert reading.measured_at is not None
    assert reading.measured_at <= watched.subject.clock.now()
    assert watched.subject.clock.now() - reading.measured_at < timedelta(minutes=3)
    assert reading.source
    assert watched.exposure().verdict == "ok"


def test_missing_it_is_unknown_with_a_reason(watched: Watched) -> None:
    found = watched.subject.ask_for_what_is_not_there()
    assert (found.seconds, found.measured_at) == (None, None)
    assert found.reason


def test_stale_it_is_no_longer_believed_three_periods_after_its_timestamp_stopped(watched: Watched) -> None:
    watched.passes(60)
    watched.subject.silence()
    # CloudWatch tells of a minute when it is over, so that one more comes in.
    watched.passes(120)
    assert watched.exposure().verdict == "ok"
    watched.passes(150)
    stale = watched.exposure()
    assert stale.verdict == "stale"
    assert stale.exposure_seconds is not None, "the value stays to be seen, with its age"
    assert stale.age_seconds is not None
    assert stale.age_seconds > 180
    assert "no newer datapoint since" in stale.reason


def test_idle_the_same_value_with_fresh_timestamps_is_believed(watched: Watched) -> None:
    watched.subject.behind(0.5)
    watched.passes(200, every=20)
    seen = set()
    for _ in range(30):
        reading = watched.passes(20, every=20)
        assert watched.exposure().verdict == "ok", reading.reason
        seen.add(reading.measured_at)
    assert len(seen) > 8


def test_far_behind_it_is_over_with_its_threshold(watched: Watched) -> None:
    watched.passes(60)
    watched.subject.behind(90)
    watched.passes(300, every=30)
    over = watched.exposure()
    assert over.verdict == "over"
    assert over.exposure_seconds is not None
    assert over.exposure_seconds >= 60 == over.threshold_seconds


@pytest.mark.parametrize(("trouble", "word"), [("throttle", "throttled"), ("deny", "permission is missing")])
def test_a_refusal_is_unknown_and_keeps_the_last_datapoint_until_that_is_stale(
    watched: Watched, trouble: str, word: str
) -> None:
    before = watched.passes(60)
    getattr(watched.subject, trouble)()
    # Nobody is asked before there can be a newer datapoint.
    kept = watched.passes(60)
    assert _reason(watched.subject).count(word) == 1
    assert (kept.seconds, kept.measured_at) == (before.seconds, before.measured_at)
    assert word in kept.reason
    assert "the last datapoint is kept" in kept.reason
    watched.passes(240, every=20)
    assert watched.exposure().verdict == "stale"


def test_with_the_copys_region_down_it_is_unknown_with_a_reason(watched: Watched) -> None:
    watched.subject.lose(THERE)
    assert _reason(watched.subject)
    watched.passes(240, every=20)
    assert watched.exposure().verdict == "stale"


def test_with_the_sources_region_down_it_is_the_last_fresh_figure_plus_the_time_since(watched: Watched) -> None:
    before = watched.passes(60)
    watched.subject.lose(HERE)
    watched.passes(600, every=30)
    lost = watched.exposure(Verdict.DOWN)
    assert lost.exposure_seconds is not None
    assert before.seconds is not None
    assert lost.exposure_seconds >= 600 - 60
    assert "last fresh lag" in lost.reason


def _reason(subject: Subject) -> str:
    try:
        return subject.ask().reason
    except DrError as error:
        return error.message


# -- what only CloudWatch can show -----------------------------------------------------------------------------------


@pytest.fixture
def clean(stage: Theatre) -> Iterator[Theatre]:
    yield stage
    stage.tidy()


def aurora(stage: Theatre) -> AuroraLag:
    return AuroraLag(Metrics(stage.client_of, stage.clock))


def put(stage: Theatre, name: str, value_ms: float, minutes_ago: int, cluster: str, **dimensions: str) -> None:
    at = stage.clock.now().replace(second=0) - timedelta(minutes=minutes_ago)
    named = {"DBClusterIdentifier": cluster, **dimensions}
    stage.client_of("cloudwatch", THERE).put_metric_data(
        Namespace="AWS/RDS",
        MetricData=[{
            "MetricName": name, "Value": value_ms, "Timestamp": at,
            "Dimensions": [{"Name": key, "Value": word} for key, word in named.items()],
        }],
    )  # fmt: skip


def test_every_lag_of_a_global_database_is_a_figure_of_its_own(clean: Theatre) -> None:
    found = aurora(clean).lag(CLUSTERS[THERE], THERE, HERE)
    shown = {figure.name: figure for figure in found.figures}
    assert set(shown) == {"AuroraGlobalDBRPOLag", "AuroraGlobalDBReplicationLag", "AuroraGlobalDBProgressLag"}
    assert all(figure.value is not None and figure.measured_at is not None for figure in shown.values())
    assert shown["AuroraGlobalDBProgressLag"].source == f"CloudWatch AuroraGlobalDBProgressLag, {THERE}"


def test_user_transactions_are_preferred_and_storage_lag_is_the_fallback(clean: Theatre) -> None:
    put(clean, "AuroraGlobalDBReplicationLag", 900, 1, "older", SourceRegion=HERE)
    found = aurora(clean).lag("older", THERE, HERE)
    assert (found.seconds, found.source) == (0.9, f"CloudWatch AuroraGlobalDBReplicationLag, {THERE}")
    missing = {figure.name: figure for figure in found.figures}["AuroraGlobalDBRPOLag"]
    assert (missing.value, missing.reason) == (None, "no datapoint in the last 15 minutes")
    put(clean, "AuroraGlobalDBRPOLag", 300, 3, "older")
    assert aurora(clean).lag("older", THERE, HERE).seconds == 0.3


def test_progress_alone_is_no_measure_of_loss(clean: Theatre) -> None:
    put(clean, "AuroraGlobalDBProgressLag", 200, 1, "storage-only")
    assert aurora(clean).lag("storage-only", THERE, HERE).seconds is None


def test_the_newest_datapoint_counts_and_not_the_largest(clean: Theatre) -> None:
    for minutes, value in ((5, 9000.0), (2, 100.0), (4, 50.0)):
        put(clean, "AuroraGlobalDBRPOLag", value, minutes, "bumpy")
    assert aurora(clean).lag("bumpy", THERE, HERE).seconds == 0.1


def test_a_datapoint_older_than_the_window_is_none(clean: Theatre) -> None:
    put(clean, "AuroraGlobalDBRPOLag", 100, 30, "bygone")
    assert aurora(clean).lag("bygone", THERE, HERE).seconds is None


def test_lag_moves_to_the_other_region_when_the_roles_swap(clean: Theatre) -> None:
    switch_over(clean, HERE, THERE)
    assert aurora(clean).lag(CLUSTERS[THERE], THERE, HERE).seconds is None
    assert aurora(clean).lag(CLUSTERS[HERE], HERE, THERE).seconds is not None
    switch_over(clean, THERE, HERE)


def switch_over(stage: Theatre, source: str, target: str) -> None:
    rds = stage.client_of("rds", source)
    members = rds.describe_global_clusters(GlobalClusterIdentifier="ledger")["GlobalClusters"][0][
        "GlobalClusterMembers"
    ]
    arn = next(m["DBClusterArn"] for m in members if f":{target}:" in m["DBClusterArn"])
    rds.switchover_global_cluster(GlobalClusterIdentifier="ledger", TargetDbClusterIdentifier=arn)
    stage.clock.advance(1500)
