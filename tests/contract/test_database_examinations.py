"""What the examinations find of replicas, Aurora MySQL, names and proxies in the simulated AWS, over HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.world import World
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations import database, database_names, replicas
from dr_core.readiness.model import Check, CheckState
from dr_core.readiness.preflight import preflight
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from dr_core.replication.aurora import AuroraLag
from dr_core.replication.cloudwatch import Metrics
from dr_core.topology.load import load_topology

REPLICAS = Path(__file__).parents[1] / "topologies" / "replicas.yaml"
MTL, PDX = "ca-central-1", "us-west-2"


@dataclass
class Bench:
    """`examined(application, active)`: what is not well; `client`: a hand in the account."""

    world: World
    clock: ManualClock
    examined: Callable[[str, str], tuple[Check, ...]]
    client: Callable[[str, str], Any]

    def wrong(self, application: str, active: str) -> dict[str, Check]:
        return {c.code: c for c in self.examined(application, active) if c.state is not CheckState.OK}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    topology, clock = load_topology(REPLICAS), ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path, clock=clock, speed=1.0)
    url = world.start().aws_url
    clients = observing_clients(AwsSessions.for_topology(topology, url), None)
    around = Surroundings(lambda *asked: ServedCertificate(clock.now(), "a friend"))

    def examined(application: str, active: str) -> tuple[Check, ...]:
        subject = Subject(application, topology, clients, None, active, clock.now(), around)
        asked = (database.inquiries, replicas.inquiries, database_names.inquiries)
        return preflight(subject, asked, clock).checks

    try:
        yield Bench(world, clock, examined, lambda service, r: boto3.client(service, region_name=r, endpoint_url=url))
    finally:
        world.stop()


def named(bench: Bench, name: str, host: str) -> None:
    record = {"Name": name, "Type": "CNAME", "TTL": 30, "ResourceRecords": [{"Value": host}]}
    bench.client("route53", "us-east-1").change_resource_record_sets(
        HostedZoneId="Z8CLAIMS", ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    )


def test_a_well_kept_replica_is_ready_until_it_was_promoted_and_then_nothing_leads_back(bench: Bench) -> None:
    assert not [code for code, check in bench.wrong("claims", MTL).items() if check.severity == "blocking"]
    bench.client("rds", PDX).promote_read_replica(DBInstanceIdentifier="claims-pdx")
    bench.clock.advance(900)
    after = bench.wrong("claims", PDX)
    assert (after["replica-missing"].severity, after["replica-missing"].region) == ("blocking", MTL)
    assert "Create a read replica of claims-pdx in ca-central-1" in after["replica-missing"].way_out
    assert after["copied-nowhere"].region == PDX


def test_a_replica_that_does_not_replicate_is_found(bench: Bench) -> None:
    bench.world.add_fault("replication_stops", region=PDX, service="rds")
    assert bench.wrong("claims", MTL)["not-replicating"].region == PDX


def test_names_that_lead_to_one_region_are_found_and_those_that_follow_the_writer_are_fine(bench: Bench) -> None:
    """The zone is one that dr.yaml names for another application of the same account."""
    assert bench.wrong("desk", PDX)["writer-endpoint-unseen"].severity == "info"
    rds = bench.client("rds", PDX)
    cluster = rds.describe_db_clusters(DBClusterIdentifier="desk-pdx")["DBClusters"][0]
    instance = rds.describe_db_instances(DBInstanceIdentifier="claims-pdx")["DBInstances"][0]
    whole = rds.describe_global_clusters(GlobalClusterIdentifier="desk")["GlobalClusters"][0]
    named(bench, "old.claims.example.net", cluster["Endpoint"])
    named(bench, "db.claims.example.net", instance["Endpoint"]["Address"])
    found = bench.wrong("desk", PDX)["database-name-fixed"]
    assert "old.claims.example.net leads to cluster desk-pdx in us-west-2" in found.message
    assert whole["Endpoint"] in found.way_out
    assert "db.claims.example.net" in bench.wrong("claims", MTL)["database-name-fixed"].message
    named(bench, "old.claims.example.net", whole["Endpoint"])
    assert {"database-name-fixed", "writer-endpoint-unseen"} & set(bench.wrong("desk", PDX)) == set()


def test_a_proxy_belongs_to_one_region_and_the_standby_without_one_is_told(bench: Bench) -> None:
    subnets = bench.client("ec2", PDX).describe_subnets()["Subnets"]
    rds = bench.client("rds", PDX)
    rds.create_db_proxy(
        DBProxyName="desk-proxy", EngineFamily="MYSQL", RoleArn="arn:aws:iam::123456789012:role/proxy",
        Auth=[{"AuthScheme": "SECRETS", "SecretArn": "arn:aws:secretsmanager:us-west-2:123456789012:secret:x"}],
        VpcSubnetIds=[subnet["SubnetId"] for subnet in subnets[:2]],
    )  # fmt: skip
    rds.register_db_proxy_targets(DBProxyName="desk-proxy", DBClusterIdentifiers=["desk-pdx"])
    found = bench.wrong("desk", PDX)
    assert (found["rds-proxy"].region, "desk-proxy" in found["rds-proxy"].evidence) == (PDX, True)
    assert (found["rds-proxy-missing"].region, found["rds-proxy-missing"].severity) == (MTL, "warning")


def test_a_region_that_does_not_answer_is_named_and_the_other_ones_names_are_known(bench: Bench) -> None:
    bench.world.add_fault("region_down", region=MTL)
    found = bench.examined("desk", PDX)
    assert [c.code for c in found if c.state is CheckState.UNKNOWN and "names" in c.code] == ["database-names-unknown"]
    assert [c.region for c in found if c.code == "rds-proxy-unknown"] == [MTL]


def test_aurora_mysql_has_no_parameter_that_holds_commits_back(bench: Bench) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html"""
    checks = {(check.code, check.region): check.state for check in bench.examined("desk", PDX)}
    assert {checks["global-db-rpo", region] for region in (MTL, PDX)} == {CheckState.OK}
    bench.client("rds", PDX).modify_global_cluster(
        GlobalClusterIdentifier="desk", EngineVersion="8.0.mysql_aurora.3.03.1"
    )
    assert "engine-versions-differ" not in bench.wrong("desk", PDX)


@pytest.mark.parametrize(
    ("version", "metric"),
    [("8.0.mysql_aurora.3.08.0", "AuroraGlobalDBRPOLag"), ("8.0.mysql_aurora.3.03.1", "AuroraGlobalDBReplicationLag")],
)
def test_an_older_aurora_mysql_is_timed_by_the_lag_of_its_storage(bench: Bench, version: str, metric: str) -> None:
    """Same page: the lag of user transactions exists from 3.04.0 and 2.12.0 on."""
    bench.client("rds", PDX).modify_global_cluster(GlobalClusterIdentifier="desk", EngineVersion=version)
    bench.clock.advance(1200)
    lag = AuroraLag(Metrics(bench.client, bench.clock))
    found = lag.lag("desk-mtl", MTL, PDX)
    assert (found.source, found.seconds is not None) == (f"CloudWatch {metric}, {MTL}", True)
