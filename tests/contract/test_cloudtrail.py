"""CloudTrail as the adapter reads it from the simulated AWS: our calls, with their steps, and nobody else's data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from bot.sandbox.world.identities import Identities
from bot.sandbox.world.world import World
from dr_core.audit.cloudtrail import CloudTrail, Identity
from dr_core.audit.reconcile import AwsCall, step_of
from dr_core.aws.sending import acting_for
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.clock import ManualClock
from dr_core.errors import RefusedError, ThrottledError
from dr_core.topology.load import load_topology
from dr_core.topology.model import Account

TOPOLOGIES = Path(__file__).parent.parent / "topologies"
ROLE = Account(role_arn="arn:aws:iam::444455556666:role/dr")


@dataclass
class Told:
    world: World
    aws: AwsSessions
    clock: ManualClock
    trail: CloudTrail

    def changes(self, region: str = "eu-west-1", role: Account | None = None) -> list[AwsCall]:
        """What CloudTrail tells ten minutes later of the last hour."""
        self.clock.advance(600)
        now = self.clock.now()
        return list(self.trail.changes(role, region, now - timedelta(hours=1), now))

    def scale(self, count: int, role: Account | None = None) -> None:
        ecs = self.aws.client("ecs", "eu-west-1", role=role)
        ecs.update_service(cluster="shop", service="api", desiredCount=count)


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    topology = load_topology(TOPOLOGIES / "shop.yaml")
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path, clock=clock, speed=1.0)
    access_key, secret = world.credentials("arn:aws:iam::111122223333:user/dr-worker")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    aws = AwsSessions.for_topology(topology, world.start().aws_url)
    world.part(Identities).trust(ROLE.role_arn)
    try:
        yield Told(world, aws, clock, CloudTrail(aws))
    finally:
        aws.close()
        world.stop()


def test_a_call_carries_its_step_its_principal_and_its_time(told: Told) -> None:
    at = told.clock.now()
    with acting_for("run-1", "scale-target"):
        told.scale(3)
    [call] = told.changes()
    assert (call.service, call.operation, call.region, call.at) == ("ecs", "UpdateService", "eu-west-1", at)
    assert step_of(call) == ("run-1", "scale-target")
    assert "dr-purpose/run" in call.user_agent
    assert call.principal == told.trail.identity(None, "eu-west-1").principal
    assert call.error is None


def test_what_a_duty_names_is_told(told: Told) -> None:
    ssm = told.aws.client("ssm", "eu-west-1", purpose=Purpose.FREEZE)
    ssm.put_parameter(Name="/dr/freeze/shop", Value="{}", Type="String")
    ssm.delete_parameter(Name="/dr/freeze/shop")
    rds = told.aws.client("rds", "eu-west-1", purpose=Purpose.RECONCILE)
    with pytest.raises(ClientError):
        rds.copy_db_cluster_snapshot(SourceDBClusterSnapshotIdentifier="none", TargetDBClusterSnapshotIdentifier="kept")
    assert [call.subject for call in told.changes()] == ["kept", "/dr/freeze/shop", "/dr/freeze/shop"]


def test_outside_of_a_step_a_call_names_none(told: Told) -> None:
    with acting_for("run-1", "scale-target"):
        pass
    told.scale(3)
    assert [step_of(call) for call in told.changes()] == [None]


def test_a_role_s_calls_stand_in_its_own_account_under_its_name_without_session(told: Told) -> None:
    assert told.trail.identity(ROLE, "eu-west-1") == Identity(
        "444455556666", "arn:aws:sts::444455556666:assumed-role/dr"
    )
    told.scale(3, ROLE)
    told.scale(2)
    assert [call.principal for call in told.changes(role=ROLE)] == ["arn:aws:sts::444455556666:assumed-role/dr"]
    assert len({call.principal for call in told.changes()}) == 1


def test_cloudtrail_is_late_and_tells_of_each_region_what_was_called_there(told: Told) -> None:
    told.scale(3)
    now = told.clock.now()
    assert not list(told.trail.changes(None, "eu-west-1", now - timedelta(hours=1), now))
    assert not told.changes("eu-central-1")
    assert len(told.changes("eu-west-1")) == 1


def test_global_services_are_told_of_in_us_east_1_and_nothing_else_is_asked_there(told: Told) -> None:
    route53 = told.aws.client("route53", "eu-west-1")
    change = {
        "Action": "UPSERT",
        "ResourceRecordSet": {"Name": "x.example.com", "Type": "TXT", "TTL": 30, "ResourceRecords": [{"Value": '"x"'}]},
    }
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"].rsplit("/", 1)[-1]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    assert [call.operation for call in told.changes("us-east-1")] == ["ChangeResourceRecordSets"]
    with pytest.raises(RefusedError):
        told.aws.client("ecs", "us-east-1")


def test_objects_are_data_and_reads_change_nothing_so_neither_is_told(told: Told) -> None:
    told.aws.client("s3", "eu-west-1").put_object(Bucket="shop-web-eu-west-1", Key="k", Body=b"x")
    told.aws.client("ecs", "eu-west-1").describe_services(cluster="shop", services=["api"])
    assert not told.changes()


def test_a_refused_call_is_told_with_its_error(told: Told) -> None:
    told.world.add_fault("denied", service="ecs", operation="UpdateService", value=1)
    with pytest.raises(Exception, match="not authorized"):
        told.scale(3)
    [call] = told.changes()
    assert call.error == "AccessDeniedException"


def test_many_calls_come_in_pages_each_once_newest_first(told: Told) -> None:
    for count in range(120):
        told.clock.advance(1)
        told.scale(1 + count % 3)
    calls = told.changes()
    assert len({call.id for call in calls}) == 120
    assert [call.at for call in calls] == sorted((call.at for call in calls), reverse=True)
    assert told.changes() == [replace(call) for call in calls], "an event keeps its id"


def test_throttling_is_said_as_such(told: Told) -> None:
    told.world.add_fault("throttle", service="cloudtrail")
    with pytest.raises(ThrottledError):
        told.changes()
