"""The old owner of a run sleeps right before its call leaves; the new owner finishes the step; then the call arrives.

Every step kind that changes something, over HTTP, against what docs/fencing.md says of it. What happened is read from
the simulated AWS itself.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import LeaseLostError
from dr_core.plan.catalogue import Progress, StepKind
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import make_catalogue
from dr_core.ports import aws_ports
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from tests.shape.fencing import rows

TOPOLOGIES = Path(__file__).parents[1] / "topologies"
EU, WEST = "eu-central-1", "eu-west-1"
OLD, NEW = Claim("token", "run-a", 1), Claim("token", "run-a", 2)
TILL = """
  till:
    primary: eu-central-1
    standby: [eu-west-1]
    traffic:
      - standby_takes_over: {bucket: {eu-west-1: till-takeover}, key: active, health_check: hc-till}
    database:
      aurora_global:
        global_cluster: till
        clusters: {eu-central-1: till-eu-central-1, eu-west-1: till-eu-west-1}
"""
STEPS = {
    "scale-target": ("shop", EU, WEST, Mode.PLANNED),
    "sync-parameters": ("shop", EU, WEST, Mode.PLANNED),
    "fence-source": ("shop", EU, WEST, Mode.PLANNED),
    "scale-to-standby": ("shop", EU, WEST, Mode.PLANNED),
    "switch-records": ("shop", EU, WEST, Mode.PLANNED),
    "switchover-aurora": ("shop", EU, WEST, Mode.PLANNED),
    "failover-aurora": ("till", EU, WEST, Mode.FORCED),
    "take-over": ("till", EU, WEST, Mode.FORCED),
    "give-back": ("till", WEST, EU, Mode.PLANNED),
}


class SleepyAws(AwsSessions):
    """Once armed, the first request of `operation` sleeps after the guard, while `meanwhile` happens."""

    operation = ""
    meanwhile: Callable[[], None] | None = None

    def client(self, *given: Any, **named: Any) -> Any:
        made = super().client(*given, **named)
        made.meta.events.register_last("before-send", self._asleep, unique_id="asleep")
        return made

    def _asleep(self, *, event_name: str, **_event: object) -> None:
        if event_name.endswith(f".{self.operation}") and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()


@dataclass
class Scene:
    world: World
    clock: ManualClock
    topology: Topology
    endpoints: Endpoints

    def owner(self, sessions: type[AwsSessions] = AwsSessions) -> tuple[dict[str, StepKind], AwsSessions]:
        aws = sessions.for_topology(self.topology, self.endpoints.aws_url)
        return make_catalogue(aws_ports(self.topology, aws, read_settings({}), self.clock)), aws

    def step(self, kind: str) -> Step:
        application, source, target, mode = STEPS[kind]
        plan = build(self.topology, application, source=source, target=target, mode=mode)
        return next(step for step in plan.steps if step.kind == kind)

    def client(self, service: str, region: str) -> Any:
        return boto3.client(service, region_name=region, endpoint_url=self.endpoints.aws_url)

    def truth(self) -> dict[str, Any]:
        """Everything that the steps change, as AWS has it."""
        zone = self.client("route53", "us-east-1").list_resource_record_sets(HostedZoneId="Z0SHOP")
        objects = self.client("s3", WEST).list_objects_v2(Bucket="till-takeover").get("Contents", ())
        found: dict[str, Any] = {
            "records": zone["ResourceRecordSets"],
            "objects": [(one["Key"], one["ETag"]) for one in objects],
        }
        for application, seen in self.world.snapshot()["applications"].items():
            found[application] = {name: seen[name] for name in ("writers", "answers", "weights", "running")}
        for region in (EU, WEST):
            services = self.client("ecs", region).describe_services(cluster="shop", services=["api"])["services"]
            found[f"desired {region}"] = [one["desiredCount"] for one in services]
            pages = self.client("ssm", region).get_parameters_by_path(Path="/shop/", Recursive=True)
            found[f"parameters {region}"] = {one["Name"]: one["Value"] for one in pages["Parameters"]}
        return found

    def applied(self, operation: str) -> int:
        calls = [one for one in self.world.calls() if one["operation"] == operation and one["purpose"] == "run"]
        return len([one for one in calls if one["effect"] == "applied"])


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """One world for all kinds: each step is absent at its turn, in whatever order they come."""
    folder = tmp_path_factory.mktemp("late")
    (folder / "dr.yaml").write_text((TOPOLOGIES / "shop.yaml").read_text(encoding="utf-8") + TILL, encoding="utf-8")
    topology = load_topology(folder / "dr.yaml")
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=folder, clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        try:
            yield Scene(world, clock, topology, world.start())
        finally:
            world.stop()


def prepared(scene: Scene, kind: str) -> None:
    """Something for the step to do."""
    if kind == "sync-parameters":
        ssm = scene.client("ssm", EU)
        known = ssm.get_parameters_by_path(Path="/shop/config/", Recursive=True, WithDecryption=True)["Parameters"][0]
        ssm.put_parameter(Name=known["Name"], Value=f"{known['Value']}!", Type=known["Type"], Overwrite=True)
    if kind == "give-back":
        step = scene.step("take-over")
        kinds, _ = scene.owner()
        if kinds["take-over"].observe(step).progress is Progress.ABSENT:
            kinds["take-over"].act(step, Claim("other", "run-0", 1))
    if kind == "take-over":
        scene.client("s3", WEST).delete_object(Bucket="till-takeover", Key="active")


def finish(scene: Scene, kind: StepKind, step: Step) -> None:
    kind.act(step, NEW)
    for _ in range(60):
        if kind.observe(step).progress is Progress.SATISFIED:
            return
        scene.clock.advance(15)
    raise AssertionError(f"{step.kind} did not end")


def operation_of(row: dict[str, str]) -> str:
    found = re.fullmatch(r"`\w+:(\w+)`", row["call"])
    assert found, f"a call of AWS: {row}"
    return found[1]


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_call_that_arrives_after_the_new_owner_has_finished_does_what_the_documents_say(scene, name):
    row = rows()[name]
    operation = operation_of(row)
    prepared(scene, name)
    step = scene.step(name)
    new, _ = scene.owner()
    old, aws = scene.owner(SleepyAws)
    assert isinstance(aws, SleepyAws)
    seen: dict[str, Any] = {}
    before = scene.applied(operation)

    def meanwhile() -> None:
        finish(scene, new[name], step)
        seen["truth"], seen["applied"] = scene.truth(), scene.applied(operation)

    aws.operation, aws.meanwhile = operation, meanwhile
    assert old[name].observe(step).progress is Progress.ABSENT
    try:
        old[name].act(step, OLD)
    except LeaseLostError:
        assert name == "switch-records"
    scene.clock.advance(900)
    assert seen["applied"] == before + 1, "the new owner's call, once"
    assert scene.truth() == seen["truth"], "nothing was undone, nothing was done twice"
    again = scene.applied(operation) - seen["applied"]
    assert again == (1 if row["late duplicate"].startswith("same again") else 0), row["late duplicate"]
    assert new[name].observe(step).progress is Progress.SATISFIED


def test_every_kind_with_a_call_of_aws_is_played():
    assert {kind for kind, row in rows().items() if row["call"].startswith("`")} == set(STEPS)
