"""Every examination, asked over HTTP of the simulated AWS and of an account in memory, must say the same.

The shapes are those of the API references that the examinations name; whole preflights are made, so that one world
serves every case.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.world import World
from dr_core.aws.clients import observing_clients
from dr_core.aws.faults import AwsDeniedError, AwsThrottledError, AwsUnreachableError
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.readiness.catalogue import EXAMINATIONS
from dr_core.readiness.examination import Subject
from dr_core.readiness.handshake import handshakes
from dr_core.readiness.model import Check, CheckState, Sheet
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from dr_core.settings import parse_connect_to
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from tests.contract.account_in_memory import HEALTH_CHECK, WHO, account, gone

HOME, AWAY = "eu-central-1", "eu-west-1"
SHOP = Path(__file__).parent.parent / "topologies" / "shop.yaml"


def topology_with_a_key() -> Topology:
    topology = load_topology(SHOP)
    shop = topology.applications["shop"].model_copy(update={"keys": ("alias/shop",)})
    return topology.model_copy(update={"applications": {"shop": shop}})


@dataclass
class Bench:
    """Makes preflights; `brk` breaks something by name on whichever side this is."""

    examine: Callable[[], Sheet]
    brk: Callable[[str], None]


@contextmanager
def world() -> Iterator[Bench]:
    topology, clock = topology_with_a_key(), ManualClock(datetime.now(UTC).replace(microsecond=0))
    folder = Path(tempfile.mkdtemp(prefix="dr-readiness-"))
    simulated = World(topology, data_dir=folder, clock=clock, speed=1.0)
    ends = simulated.start()
    key, secret = simulated.credentials(WHO)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        sessions = AwsSessions.for_topology(topology, ends.aws_url)
        clients = observing_clients(sessions, None)
        shake = handshakes(parse_connect_to(ends.connect_to), ends.ca_path)

        def examine() -> Sheet:
            around = Surroundings(shake, store_host=None)
            subject = Subject("shop", topology, clients, None, HOME, clock.now(), around)
            return preflight(subject, EXAMINATIONS, clock)

        def client(service: str, region: str) -> Any:
            return boto3.client(service, region_name=region, endpoint_url=ends.aws_url)

        def broken(what: str) -> None:
            _break_world(simulated, client, what)
            clock.advance(150)  # an instance of RDS is deleted in two minutes

        try:
            yield Bench(examine, broken)
        finally:
            simulated.stop()
            sessions.close()
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def memory() -> Iterator[Bench]:
    topology, clock = topology_with_a_key(), ManualClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    aws = account(topology, "shop", clock.now())

    def examine() -> Sheet:
        good = ServedCertificate(clock.now() + timedelta(days=365), "a friend")
        around = Surroundings(lambda *asked: good, store_host=None)
        subject = Subject("shop", topology, aws.client_of, None, HOME, clock.now(), around)
        return preflight(subject, EXAMINATIONS, clock)

    yield Bench(examine, lambda what: _break_memory(aws, what))


def _break_world(world: World, client: Callable[[str, str], Any], what: str) -> None:
    if what == "missing":
        client("secretsmanager", HOME).remove_regions_from_replication(
            SecretId="shop/api/keys", RemoveReplicaRegions=[AWAY]
        )
        client("kms", AWAY).delete_alias(AliasName="alias/shop")
        client("ecs", AWAY).delete_service(cluster="shop", service="api", force=True)
        client("s3", HOME).delete_bucket_replication(Bucket="shop-web-eu-central-1")
        client("ssm", AWAY).delete_parameter(Name="/shop/config/page-size")
        client("cloudtrail", HOME).stop_logging(Name="organization-trail")
        rds = client("rds", AWAY)
        rds.delete_db_instance(DBInstanceIdentifier="shop-eu-west-1-1", SkipFinalSnapshot=True)
        rds.create_db_cluster_parameter_group(
            DBClusterParameterGroupName="held", DBParameterGroupFamily="aurora-postgresql16", Description="held"
        )
        wanted = {"ParameterName": "rds.global_db_rpo", "ParameterValue": "60", "ApplyMethod": "immediate"}
        rds.modify_db_cluster_parameter_group(DBClusterParameterGroupName="held", Parameters=[wanted])
        rds.modify_db_cluster(DBClusterIdentifier="shop-eu-west-1", DBClusterParameterGroupName="held")
    elif what == "refused":
        world.add_fault("throttle", service="secretsmanager")
        world.add_fault("denied", service="kms")
        world.add_fault("denied", service="rds", operation="FailoverGlobalCluster")
        world.add_fault("quota_short", region=AWAY, value=1)
    elif what == "dark":
        world.remove_fault(None)
        world.add_fault("region_down", region=HOME)
    else:
        world.remove_fault(None)


def _break_memory(aws: Any, what: str) -> None:
    if what == "missing":
        aws.put("secretsmanager", "DescribeSecret", _secrets_without_a_copy, AWAY)
        aws.put("kms", "DescribeKey", _keys_without_the_alias, AWAY)
        aws.put("ecs", "DescribeServices", {"services": [], "failures": [{"reason": "MISSING"}]}, AWAY)
        aws.put("s3", "GetBucketReplication", gone("ReplicationConfigurationNotFoundError"), HOME)
        aws.put("ssm", "DescribeParameters", {"Parameters": []}, AWAY)
        aws.put("cloudtrail", "GetTrailStatus", {"IsLogging": False})
        cluster = aws.ask("rds", AWAY, "describe_db_clusters", {})["DBClusters"][0]
        bare = {**cluster, "DBClusterMembers": [], "DBClusterParameterGroup": "held"}
        aws.put("rds", "DescribeDBClusters", {"DBClusters": [bare]}, AWAY)
        aws.put("rds", "DescribeDBInstances", {"DBInstances": []}, AWAY)
        held = {"ParameterName": "rds.global_db_rpo", "ParameterValue": "60"}
        aws.put("rds", "DescribeDBClusterParameters", {"Parameters": [held]}, AWAY)
    elif what == "refused":
        aws.fail(AwsThrottledError("throttled"), "secretsmanager")
        aws.fail(AwsDeniedError("permission is missing for kms:DescribeKey"), "kms")
        aws.put("iam", "SimulatePrincipalPolicy", _one_denied)
        quota = aws.ask("service-quotas", HOME, "get_service_quota", {})["Quota"]
        aws.put("service-quotas", "GetServiceQuota", {"Quota": {**quota, "Value": 1.0}}, AWAY)
    elif what == "dark":
        aws.fail(AwsUnreachableError("no answer"), region=HOME)


def _secrets_without_a_copy(**asked: Any) -> dict[str, Any]:
    if asked["SecretId"] == "shop/api/keys":
        gone()()
    return {"VersionIdsToStages": {"v1": ["AWSCURRENT"]}}


def _keys_without_the_alias(**asked: Any) -> dict[str, Any]:
    if asked["KeyId"] == "alias/shop":
        gone("NotFoundException")()
    return {"KeyMetadata": {"KeyId": "mrk-1", "KeyState": "Enabled", "MultiRegion": True}}


def _one_denied(**asked: Any) -> dict[str, Any]:
    results = [
        {"EvalActionName": one, "EvalDecision": "implicitDeny" if "Failover" in one else "allowed"}
        for one in asked["ActionNames"]
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def said(sheet: Sheet, *states: CheckState) -> set[tuple[str, str | None, str]]:
    """(code, region, severity) of the checks in these states."""
    return {(check.code, check.region, check.severity.value) for check in sheet.checks if check.state in states}


@pytest.fixture(scope="module", params=["memory", "world"])
def sheets(request: pytest.FixtureRequest) -> dict[str, Sheet]:
    """The preflight of each state, one after the other: healthy, then with things missing, then refused, then dark."""
    # A ground of its own each time: what was broken stays broken, and another order may ask for it again.
    with {"memory": memory, "world": world}[request.param]() as bench:
        made = {"healthy": bench.examine()}
        for state in ("missing", "refused", "dark"):
            bench.brk(state)
            made[state] = bench.examine()
    return made


def test_nothing_blocks_in_a_well_kept_account_and_nothing_is_unknown(sheets: dict[str, Sheet]) -> None:
    sheet = sheets["healthy"]
    assert sheet.complete
    assert [check for check in sheet.checks if check.state is CheckState.UNKNOWN] == []
    assert said(sheet, CheckState.FINDING) == {
        ("single-az", AWAY, "warning"),
        ("health-check-slow", HOME, "info"),
        ("health-check-slow", AWAY, "info"),
        ("key-not-multi-region", HOME, "info"),
        ("key-not-multi-region", AWAY, "info"),
        ("no-batch-role", HOME, "info"),
        ("no-batch-role", AWAY, "info"),
        ("leans-on-us-east-1", None, "warning"),
        ("writer-endpoint-unseen", None, "info"),
        ("store-on-one-machine", None, "warning"),
        ("never-rehearsed", None, "warning"),
    }


def test_every_answer_says_where_it_comes_from_and_when(sheets: dict[str, Sheet]) -> None:
    for check in sheets["healthy"].checks:
        assert check.source
        assert check.checked_at.tzinfo is not None


@pytest.mark.parametrize(
    ("code", "region", "severity"),
    [
        ("missing:secret", AWAY, "blocking"),
        ("missing:key", AWAY, "blocking"),
        ("missing:service", AWAY, "blocking"),
        ("no-replication-rule", AWAY, "blocking"),
        ("target-headless", AWAY, "blocking"),
        ("global-db-rpo", AWAY, "blocking"),
        ("missing:parameter", AWAY, "warning"),
        ("no-trail", HOME, "warning"),
        ("no-trail", AWAY, "warning"),
    ],
)
def test_what_is_missing_is_found(sheets: dict[str, Sheet], code: str, region: str, severity: str) -> None:
    assert (code, region, severity) in said(sheets["missing"], CheckState.FINDING)


def test_a_blocking_finding_names_the_override(sheets: dict[str, Sheet]) -> None:
    for check in sheets["missing"].blocking:
        assert check.way_out.endswith(f"--override {check.code}")


def test_what_is_throttled_or_denied_is_unknown_and_not_fine(sheets: dict[str, Sheet]) -> None:
    sheet = sheets["refused"]
    unknown = {check.code: check for check in sheet.unknown}
    assert "throttled" in unknown["secret-unknown"].message
    assert "kms:DescribeKey" in unknown["key-unknown"].message
    assert not [check for check in sheet.checks if check.area == "keys" and check.state is CheckState.OK]


def test_a_permission_that_a_run_lacks_is_named_by_action_region_and_method(sheets: dict[str, Sheet]) -> None:
    missing = [check for check in sheets["refused"].checks if check.code == "permission:rds:FailoverGlobalCluster"]
    assert {check.region for check in missing} == {AWAY}
    assert missing[0].severity == "blocking"
    assert "global-cluster:shop" in missing[0].evidence
    assert "nothing was called" in missing[0].evidence
    assert WHO in missing[0].evidence


def test_a_region_that_does_not_answer_is_unknown_and_the_other_one_is_still_judged(sheets: dict[str, Sheet]) -> None:
    sheet = sheets["dark"]
    home = [
        check for check in sheet.checks if check.region == HOME and check.area in ("database", "secrets", "storage")
    ]
    assert home
    # The rule from the standby's bucket is read in the standby; a role stands in dr.yaml.
    elsewhere = ("S3 GetBucketReplication", "dr.yaml")
    told = {check.state for check in home if not check.source.startswith(elsewhere)}
    assert told == {CheckState.UNKNOWN}
    assert ("target-headless", AWAY, "blocking") in said(sheet, CheckState.FINDING)


def test_a_short_quota_is_found_with_what_is_needed() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    quota = aws.ask("service-quotas", AWAY, "get_service_quota", {})["Quota"]
    aws.put("service-quotas", "GetServiceQuota", {"Quota": {**quota, "Value": 6.0}})
    (short,) = [check for check in _examined(topology, aws, now).checks if check.code == "quota-short"
                and check.state is CheckState.FINDING]  # fmt: skip
    assert short.region == AWAY  # 4 used, 3 more wanted there; at home all four run already
    assert "needed 4, 3 more than now, 4 used" in short.evidence


@pytest.mark.parametrize(
    ("points", "used"),
    [(([], []), "no datapoint"), (([datetime(2026, 11, 22, 11, 50, tzinfo=UTC)], [4.0]), "4 used 600 s ago")],
    ids=["missing", "stale"],
)
def test_the_use_of_a_quota_has_an_age_or_is_unknown(points: tuple[list[Any], list[Any]], used: str) -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    aws.put("cloudwatch", "GetMetricData", {"MetricDataResults": [{"Timestamps": points[0], "Values": points[1]}]})
    quota = [check for check in _examined(topology, aws, now).checks if check.code == "quota-short"]
    assert all(used in check.evidence + check.message for check in quota)
    assert {check.state for check in quota} == {CheckState.OK if points[1] else CheckState.UNKNOWN}


def test_a_certificate_that_cannot_be_trusted_blocks_and_no_answer_is_unknown() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def shake(name: str, host: str, port: int) -> ServedCertificate:
        if host == f"api-{AWAY}.example.com":
            raise RejectedError("certificate has expired")
        if host == f"api-{HOME}.example.com":
            raise AwsUnreachableError("no answer")
        return ServedCertificate(now + timedelta(days=5), "a friend")

    aws = account(topology, "shop", now)
    found = {(c.code, c.region): c for c in _examined(topology, aws, now, shake).checks if c.area == "certificates"}
    assert found["certificate-invalid", AWAY].severity == "blocking"
    assert found["certificate-unknown", HOME].state is CheckState.UNKNOWN
    assert "ends in 5 days" in found["certificate-ends", None].message


def test_a_certificate_that_is_bad_in_the_active_region_never_stops_leaving_it() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def shake(name: str, host: str, port: int) -> ServedCertificate:
        if host == "api.example.com":
            raise RejectedError("certificate has expired")
        return ServedCertificate(now + timedelta(days=90), "a friend")

    sheet = _examined(topology, account(topology, "shop", now), now, shake)
    bad = [check for check in sheet.checks if check.code == "certificate-invalid"]
    assert [(check.region, check.severity) for check in bad] == [(None, "warning")]


def test_without_the_home_of_global_services_nothing_blocks_and_the_regions_stay_known() -> None:
    """Route 53 and IAM live in us-east-1: that it is down is no reason to stay, and says nothing of a target."""
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    for service in ("route53", "iam", "cloudfront"):
        aws.fail(AwsUnreachableError("no answer"), service=service)
    sheet = _examined(topology, aws, now)
    assert sheet.blocking == ()
    assert {check.area for check in sheet.unknown if check.region == AWAY} <= {"certificates", "traffic"}


def test_a_host_that_hangs_at_the_handshake_leaves_the_rest_of_its_region_known() -> None:
    """The worker may have no way to it; AWS in that region answers all the same."""
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def shake(name: str, host: str, port: int) -> ServedCertificate:
        raise UnreachableError(f"{host} gave no TLS handshake")

    sheet = _examined(topology, account(topology, "shop", now), now, shake)
    assert {check.area for check in sheet.unknown} == {"certificates"}


def test_a_health_check_that_watches_an_endpoint_is_no_switch() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    sets = aws.ask("route53", "us-east-1", "list_resource_record_sets", {})["ResourceRecordSets"]
    aws.put("route53", "ListResourceRecordSets", {"ResourceRecordSets": [{**r, "HealthCheckId": "hc"} for r in sets]})
    aws.put("route53", "GetHealthCheck", {"HealthCheck": HEALTH_CHECK})
    (found,) = [check for check in _examined(topology, aws, now).checks if check.code == "health-is-no-switch"]
    assert found.severity == "warning"
    assert "watches an endpoint" in found.evidence


def _examined(
    topology: Topology, aws: Any, now: datetime, shake: Callable[[str, str, int], ServedCertificate] | None = None
) -> Sheet:
    good = ServedCertificate(now + timedelta(days=365), "a friend")
    around = Surroundings(shake or (lambda *asked: good))
    subject = Subject("shop", topology, aws.client_of, None, HOME, now, around)
    return preflight(subject, EXAMINATIONS, ManualClock(now))


def test_no_value_of_a_secret_ever_stands_in_a_sheet() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    value = f'{{"host": "db.{HOME}.rds.amazonaws.com", "password": "correct-horse"}}'
    aws.put("secretsmanager", "GetSecretValue", {"SecretString": value})
    sheet = _examined(topology, aws, now)
    pointing = [check for check in sheet.checks if check.code == "secret-points-elsewhere" and not _ok(check)]
    assert {check.region for check in pointing} == {AWAY}
    assert "correct-horse" not in sheet.model_dump_json()
    assert f"db.{HOME}" not in sheet.model_dump_json()


def test_a_binary_secret_was_not_searched_and_is_not_called_good() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    aws.put("secretsmanager", "GetSecretValue", {"SecretBinary": b"db.rds.amazonaws.com"})
    sheet = _examined(topology, aws, now)
    told = {check.code for check in sheet.checks if check.source.startswith("Secrets Manager GetSecretValue")}
    assert told == {"secret-endpoint-unknown"}


def _ok(check: Check) -> bool:
    return check.state is CheckState.OK


def test_a_preflight_only_reads() -> None:
    topology, now = topology_with_a_key(), datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    aws = account(topology, "shop", now)
    _examined(topology, aws, now)
    verbs = {method.split("_")[0] for _, _, method in aws.log}
    assert verbs == {"describe", "get", "list", "head", "simulate"}
