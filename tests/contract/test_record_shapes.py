"""Records of every shape, switched there and back by a run's steps, over HTTP and DNS against the simulated AWS."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import RejectedError
from dr_core.plan.catalogue import Progress
from dr_core.plan.kinds import switch_records, verify_dns
from dr_core.plan.move import Move
from dr_core.plan.step import Mode
from dr_core.plan.steps import make_catalogue
from dr_core.ports import aws_ports
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from dr_core.topology.traffic import Route53Records

THREE = Path(__file__).parents[1] / "topologies" / "three.yaml"
HOME, WEST, CENTRAL = "eu-north-1", "eu-west-1", "eu-central-1"
HOSTS = {region: f"tickets.{region}.sandbox.example" for region in (HOME, WEST, CENTRAL)}
ALB_ZONE = "Z23TAZ6LKFMNIO"
CLAIM = Claim("t", "run-a", 1)


@dataclass
class Scene:
    """One world, in whose zone each shape has a name of its own."""

    world: World
    clock: ManualClock
    topology: Topology
    ends: Endpoints
    numbers: Iterator[int]

    def __post_init__(self) -> None:
        self.zone: Any = boto3.client("route53", region_name="us-east-1", endpoint_url=self.ends.aws_url)
        settings = read_settings({"DR_RESOLVERS": self.ends.resolver})
        aws = AwsSessions.for_topology(self.topology, self.ends.aws_url)
        self.ports = aws_ports(aws, settings, self.clock)
        self.kinds = make_catalogue(self.ports)

    def made(self, kind: str, routing: str, *, alias: bool, regions: tuple[str, ...]) -> Route53Records:
        """Records of that shape, with the first region preferred, as somebody would set them up."""
        name = f"shape{next(self.numbers)}.example.org"
        sets = []
        for n, region in enumerate(regions):
            one: dict[str, Any] = {"Name": name, "Type": kind, "SetIdentifier": region}
            if routing == "Failover":
                one["Failover"] = "SECONDARY" if n else "PRIMARY"
            else:
                one[routing] = region if routing == "Region" else 0 if n else 100
            if alias:
                one["AliasTarget"] = {
                    "HostedZoneId": ALB_ZONE, "DNSName": HOSTS[region], "EvaluateTargetHealth": False,
                }  # fmt: skip
            else:
                one |= {"TTL": 30, "ResourceRecords": [{"Value": self.value(kind, region)}]}
            if routing != "Weight":
                one["HealthCheckId"] = self.check(f"{name}-{region}")
            sets.append({"Action": "CREATE", "ResourceRecordSet": one})
        self.zone.change_resource_record_sets(HostedZoneId="Z3TICKETS", ChangeBatch={"Changes": sets})
        self.clock.advance(60)
        return Route53Records(hosted_zone="Z3TICKETS", name=name, type=kind, set_identifiers={r: r for r in regions})

    def check(self, reference: str) -> str:
        made = self.zone.create_health_check(CallerReference=reference, HealthCheckConfig={"Type": "CALCULATED"})
        return str(made["HealthCheck"]["Id"])

    def value(self, kind: str, region: str) -> str:
        if kind == "CNAME":
            return HOSTS[region]
        (first, *_) = self.ports.resolver.answers(HOSTS[region], kind)
        assert first.values
        return first.values[0]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    topology, clock = load_topology(THREE), ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path_factory.mktemp("shapes"), clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        try:
            yield Scene(world, clock, topology, world.start(), count())
        finally:
            world.stop()


SHAPES = [
    (kind, routing, alias, regions)
    for kind in ("A", "AAAA", "CNAME")
    for routing in ("Weight", "Failover")
    for alias in (False, True)
    for regions in ((HOME, WEST), (HOME, WEST, CENTRAL))
    # An alias leads to addresses, and of a failover pair there are two.
    if not (alias and kind == "CNAME") and not (routing == "Failover" and len(regions) > 2)
]


@pytest.mark.parametrize(("kind", "routing", "alias", "regions"), SHAPES)
def test_records_are_switched_there_and_back_and_dns_follows(scene, kind, routing, alias, regions):
    spec = scene.made(kind, routing, alias=alias, regions=regions)
    app = scene.topology.applications["tickets"]
    for source, target in ((HOME, regions[-1]), (regions[-1], HOME)):
        move = Move("tickets", app, source, target, Mode.PLANNED)
        switch, verify = switch_records.plan(move, spec, ()), verify_dns.plan(move, spec, ())
        switched, verified = scene.kinds[switch.kind], scene.kinds[verify.kind]
        assert switched.observe(switch).progress is Progress.ABSENT
        switched.act(switch, CLAIM)
        assert switched.observe(switch).progress is Progress.UNDER_WAY, "name servers follow later"
        assert verified.observe(verify).progress is Progress.UNDER_WAY
        scene.clock.advance(60)
        assert switched.observe(switch).progress is Progress.SATISFIED
        assert verified.observe(verify).progress is Progress.SATISFIED


def test_latency_records_are_read_and_verified_and_switched_by_their_health_checks_alone(scene):
    spec = scene.made("A", "Region", alias=False, regions=(HOME, WEST))
    move = Move("tickets", scene.topology.applications["tickets"], HOME, WEST, Mode.PLANNED)
    switch, verify = switch_records.plan(move, spec, ()), verify_dns.plan(move, spec, ())
    assert scene.kinds[switch.kind].observe(switch).progress is Progress.ABSENT
    with pytest.raises(RejectedError, match="cannot be switched as one") as refused:
        scene.kinds[switch.kind].act(switch, CLAIM)
    assert "routing control or a take-over object" in str(refused.value.hint)
    assert scene.ports.records.state(spec).reason == "latency records, which prefer no region"
    assert scene.kinds[verify.kind].observe(verify).progress is Progress.UNDER_WAY
    found = scene.zone.list_resource_record_sets(HostedZoneId="Z3TICKETS", StartRecordName=spec.name)
    check = next(one["HealthCheckId"] for one in found["ResourceRecordSets"] if one.get("SetIdentifier") == HOME)
    scene.zone.update_health_check(HealthCheckId=check, Inverted=True)
    scene.clock.advance(120)
    assert scene.kinds[verify.kind].observe(verify).progress is Progress.SATISFIED


def test_the_mark_of_ipv6_records_stands_beside_that_of_ipv4(scene):
    four, six = (scene.made(kind, "Weight", alias=False, regions=(HOME, WEST)) for kind in ("A", "AAAA"))
    for spec in (four, six):
        scene.ports.records.set_active(spec, WEST, CLAIM)
    names = {
        one["Name"]
        for one in scene.zone.list_resource_record_sets(HostedZoneId="Z3TICKETS")["ResourceRecordSets"]
        if one["Type"] == "TXT"
    }
    assert {f"_dr-epoch.{four.name}.", f"_dr-epoch-aaaa.{six.name}."} <= names
