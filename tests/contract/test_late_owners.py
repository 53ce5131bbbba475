"""The old owner of a run sleeps right before its call leaves; the new owner finishes the step; then the call arrives.

Every step kind that changes something, over HTTP, against what docs/fencing.md says of it. What happened is read from
the simulated AWS itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.elasticache import ElastiCacheGlobal
from bot.sandbox.world.s3_batch import S3Batch
from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.canary.memory import MemoryTrials
from dr_core.capacity.sizes import writes
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.consumers.aws import AwsConsumers
from dr_core.errors import LeaseLostError
from dr_core.observation.samples import Sample
from dr_core.plan.catalogue import Progress, StepKind, observed
from dr_core.plan.failover import build
from dr_core.plan.kinds.scale_target import ScaleTo
from dr_core.plan.kinds.stop_consumers import Consuming
from dr_core.plan.step import Mode, Step
from dr_core.plan.steps import KINDS, make_catalogue
from dr_core.ports import aws_ports
from dr_core.settings import read_settings
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from dr_core.traffic.route53 import Route53
from tests.shape.fencing import calls as documented
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
    custom:
      - lambda: {name: note, function: till-note}
      - ssm_document: {name: copy, document: till-copy}
  pool:
    primary: eu-central-1
    standby: [eu-west-1]
    database:
      aurora_global:
        global_cluster: pool
        clusters: {eu-central-1: pool-eu-central-1, eu-west-1: pool-eu-west-1}
    capacity:
      - ecs: {cluster: pool, service: api, active: 4, standby: 2}
      - autoscaling: {group: pool-workers, active: 4, standby: 2}
      - eks_nodegroup: {cluster: pool, nodegroup: nodes, active: 4, standby: 2}
      - aurora_readers:
          clusters: {eu-central-1: pool-eu-central-1, eu-west-1: pool-eu-west-1}
          active: 1
          standby: 1
  reel:
    primary: eu-central-1
    standby: [eu-west-1]
    consumers:
      - lambda_event_source: {function: reel-in}
      - eventbridge_rule: {rule: reel, bus: reel}
      - eventbridge_schedule: {schedule: reel, group: reel}
      - ecs_poller: {cluster: reel, service: poller, count: 2}
  vault:
    primary: eu-central-1
    standby: [eu-west-1]
    database:
      aurora_global:
        global_cluster: vault
        clusters: {eu-central-1: vault-eu-central-1, eu-west-1: vault-eu-west-1}
  attic:
    primary: eu-central-1
    standby: [eu-west-1]
    cache:
      - elasticache_global: {group: attic}
    secrets: [attic/key]
    storage:
      - s3:
          buckets: {eu-central-1: attic-eu-central-1, eu-west-1: attic-eu-west-1}
          batch_role_arn: arn:aws:iam::111122223333:role/backfill
  ward:
    primary: eu-central-1
    standby: [eu-west-1]
    database:
      rds_replica: {instances: {eu-central-1: ward-eu-central-1, eu-west-1: ward-eu-west-1}}
  wing:
    primary: eu-central-1
    standby: [eu-west-1]
    database:
      rds_replica: {instances: {eu-central-1: wing-eu-central-1, eu-west-1: wing-eu-west-1}}
  dial:
    primary: eu-central-1
    standby: [eu-west-1]
    traffic:
      - arc_routing_controls:
          endpoints: [{region: us-east-1, url: https://a.example.com}, {region: us-west-2, url: https://b.example.com}]
          controls:
            eu-central-1: arn:controlpanel/1/routingcontrol/eu
            eu-west-1: arn:controlpanel/1/routingcontrol/we
  both:
    primary: eu-central-1
    standby: [eu-west-1]
    active_active: true
    traffic:
      - route53_records:
          hosted_zone: Z0BOTH
          name: both.example.com
          set_identifiers: {eu-central-1: eu, eu-west-1: we}
"""
TURNS = ("stop-consumers", "start-consumers")
SIZES = ("scale-target", "fence-source", "scale-to-standby")
OVERRIDES = {"promote-secrets": ("give-up-secrets",), "detach-aurora": ("detach",)}
CANARY = "    canary: {percent: 3, hold: 1m, min_samples: 1}\n"
MARKED = ("canary-start", "canary-hold", "switch-records", "shift-weights")
"""What leaves a mark: an earlier run's is there before."""
STEPS = {
    "canary-start": ("shop", EU, WEST, Mode.PLANNED),
    "canary-hold": ("shop", EU, WEST, Mode.PLANNED),
    "scale-target": ("pool", EU, WEST, Mode.PLANNED),
    "sync-parameters": ("shop", EU, WEST, Mode.PLANNED),
    "fence-source": ("pool", EU, WEST, Mode.PLANNED),
    "scale-to-standby": ("pool", EU, WEST, Mode.PLANNED),
    "stop-consumers": ("reel", EU, WEST, Mode.FORCED),
    "start-consumers": ("reel", EU, WEST, Mode.FORCED),
    "switch-records": ("shop", EU, WEST, Mode.PLANNED),
    "switch-controls": ("dial", EU, WEST, Mode.FORCED),
    "shift-weights": ("both", EU, WEST, Mode.PLANNED),
    "switchover-aurora": ("shop", EU, WEST, Mode.PLANNED),
    "failover-aurora": ("till", EU, WEST, Mode.FORCED),
    "detach-aurora": ("vault", EU, WEST, Mode.FORCED),
    "promote-replica": ("ward", EU, WEST, Mode.FORCED),
    "stop-instance": ("wing", EU, WEST, Mode.FORCED),
    "failover-cache": ("attic", EU, WEST, Mode.FORCED),
    "promote-secrets": ("attic", EU, WEST, Mode.FORCED),
    "prepare-backfill": ("attic", EU, WEST, Mode.FORCED),
    "backfill-buckets": ("attic", WEST, EU, Mode.PLANNED),
    "take-over": ("till", EU, WEST, Mode.FORCED),
    "give-back": ("till", WEST, EU, Mode.PLANNED),
    "custom-lambda": ("till", EU, WEST, Mode.FORCED),
    "custom-ssm": ("till", EU, WEST, Mode.FORCED),
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
    trials: MemoryTrials
    clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def owner(self, sessions: type[AwsSessions] = AwsSessions) -> tuple[dict[str, StepKind], AwsSessions]:
        aws = sessions.for_topology(self.topology, self.endpoints.aws_url)
        return make_catalogue(aws_ports(aws, read_settings({}), self.clock, self.trials)), aws

    def step(self, kind: str, call: str = "") -> Step:
        """The kind's first step, or the first that may make this call."""
        application, source, target, mode = STEPS[kind]
        asked = OVERRIDES.get(kind, ())
        plan = build(self.topology, application, source=source, target=target, mode=mode, overrides=asked)
        steps = [step for step in plan.steps if step.kind == kind]
        return next((step for step in steps if call in actions(step)), steps[0])

    def client(self, service: str, region: str) -> Any:
        if (service, region) not in self.clients:
            made = boto3.client(service, region_name=region, endpoint_url=self.endpoints.aws_url)
            self.clients[service, region] = made
        return self.clients[service, region]

    @cached_property
    def sessions(self) -> AwsSessions:
        """Whoever did something before."""
        return AwsSessions.for_topology(self.topology, self.endpoints.aws_url)

    def truth(self) -> dict[str, Any]:
        """Everything that the steps change, as AWS has it."""
        zone = self.client("route53", "us-east-1").list_resource_record_sets(HostedZoneId="Z0SHOP")
        controls = self.client("route53-recovery-cluster", "us-east-1").list_routing_controls()["RoutingControls"]
        objects = self.client("s3", WEST).list_objects_v2(Bucket="till-takeover").get("Contents", ())
        found: dict[str, Any] = {
            "records": zone["ResourceRecordSets"],
            "controls": {one["RoutingControlArn"]: one["RoutingControlState"] for one in controls},
            "objects": [(one["Key"], one["ETag"]) for one in objects],
        }
        found["secret"] = self.client("secretsmanager", WEST).describe_secret(SecretId="attic/key").get("PrimaryRegion")
        found["caches"] = {one.id: one.primary for one in self.world.part(ElastiCacheGlobal).datastores.values()}
        found["jobs"] = {one.id: one.status for one in self.world.part(S3Batch).jobs.values()}
        for application, seen in self.world.snapshot()["applications"].items():
            found[application] = {
                name: seen[name] for name in ("writers", "answers", "weights", "running", "consuming")
            }
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
    shop = (TOPOLOGIES / "shop.yaml").read_text(encoding="utf-8")
    (folder / "dr.yaml").write_text(shop + CANARY + TILL, encoding="utf-8")
    topology = load_topology(folder / "dr.yaml")
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=folder, clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        try:
            yield Scene(world, clock, topology, world.start(), held(clock))
        finally:
            world.stop()


def held(clock: ManualClock) -> MemoryTrials:
    """A canary that was held and has passed by now."""
    begun_at = clock.now()
    clock.advance(60)
    trials = MemoryTrials(clock, lambda: begun_at)
    trials.samples = [Sample("shop", region, "probe", begun_at, 50.0, True) for region in (EU, WEST)]
    return trials


def actions(step: Step) -> set[str]:
    needs = KINDS[step.kind].needs
    return {need.action for need in needs(step, "111122223333")} if needs else set()


def resized(scene: Scene, step: Step) -> None:
    """Another size than the step's, in every respect."""
    params = ScaleTo.model_validate(step.params)
    aws = scene.sessions
    capacity = aws_ports(aws, read_settings({}), scene.clock, scene.trials).capacity
    claim = Claim(f"before {scene.clock.monotonic()}", "run-0", 1)
    if step.kind == "fence-source" or not writes(params.entry):
        more = 3 if step.kind == "scale-to-standby" else 1
        capacity.grow(params.entry, params.region, more, claim)
    else:
        capacity.fence(params.entry, params.region, claim)
    scene.clock.advance(900)


def turned(scene: Scene, step: Step) -> None:
    """The consumer is as the step does not want it, by an earlier run."""
    params = Consuming.model_validate(step.params)
    aws = scene.sessions
    consumers = AwsConsumers(acting_clients(aws, None), scene.clock)
    claim = Claim(f"before {step.name} {scene.clock.now()}", "run-0", 1)
    for turn in (consumers.turn_off, consumers.turn_on)[:: -1 if step.kind == "start-consumers" else 1]:
        turn(params.entry, params.region, claim)
        scene.clock.advance(900)


def prepared(scene: Scene, kind: str, step: Step) -> None:
    """Something for the step to do."""
    if kind in SIZES:
        resized(scene, step)
    if kind in TURNS:
        turned(scene, step)
    if kind in MARKED:
        records = scene.topology.applications["shop"].traffic[0].route53_records
        aws = scene.sessions
        weights = {EU: 97, WEST: 3} if kind == "canary-hold" else {EU: 100, WEST: 0}
        Route53(aws, scene.clock).set_weights(records, weights, Claim("other", "run-0", 1))
    if kind == "sync-parameters":
        ssm = scene.client("ssm", EU)
        known = ssm.get_parameters_by_path(Path="/shop/config/", Recursive=True, WithDecryption=True)["Parameters"][0]
        ssm.put_parameter(Name=known["Name"], Value=f"{known['Value']}!", Type=known["Type"], Overwrite=True)
    if kind == "give-back":
        step = scene.step("take-over")
        kinds, _ = scene.owner()
        if kinds["take-over"].observe(step).progress is Progress.ABSENT:
            kinds["take-over"].act(step, Claim("other", "run-0", 1))
    if kind == "stop-instance":
        scene.client("rds", WEST).promote_read_replica(DBInstanceIdentifier="wing-eu-west-1")
        scene.clock.advance(600)
    if kind == "take-over":
        scene.client("s3", WEST).delete_object(Bucket="till-takeover", Key="active")


def finish(scene: Scene, kind: StepKind, step: Step, claim: Claim) -> None:
    kind.act(step, claim)
    for _ in range(60):
        if observed(kind, step, claim).progress is Progress.SATISFIED:
            scene.clock.advance(60)  # name servers follow
            return
        scene.clock.advance(15)
    raise AssertionError(f"{step.kind} did not end")


def operation_of(call: str) -> str:
    operation = call.partition(":")[2]
    return {"InvokeFunction": "Invoke"}.get(operation, operation)  # Lambda's action has another name


def late_duplicates(row: dict[str, str], call: str) -> int:
    """How often a late call is taken, by the row; one of several services may refuse it although the others do not."""
    taken = row["late duplicate"].startswith("same again")
    return int(taken and f"{call.partition(':')[0].upper()} refuses" not in row["late duplicate"])


@pytest.mark.parametrize(
    ("name", "call"), [(name, call) for name in sorted(STEPS) for call in documented(rows()[name])]
)
def test_a_call_that_arrives_after_the_new_owner_has_finished_does_what_the_documents_say(scene, name, call):
    row, operation = rows()[name], operation_of(call)
    step = scene.step(name, call)
    prepared(scene, name, step)
    old_claim, new_claim = (replace(claim, token=f"token {name} {call}") for claim in (OLD, NEW))
    new, _ = scene.owner()
    old, aws = scene.owner(SleepyAws)
    assert isinstance(aws, SleepyAws)
    seen: dict[str, Any] = {}
    before = scene.applied(operation)

    def meanwhile() -> None:
        finish(scene, new[name], step, new_claim)
        seen["truth"], seen["applied"] = scene.truth(), scene.applied(operation)

    aws.operation, aws.meanwhile = operation, meanwhile
    assert observed(old[name], step, old_claim).progress is Progress.ABSENT
    try:
        old[name].act(step, old_claim)
    except LeaseLostError:
        assert name in MARKED
    scene.clock.advance(900)
    assert seen["applied"] == before + 1, "the new owner's call, once"
    assert scene.truth() == seen["truth"], "nothing was undone, nothing was done twice"
    again = scene.applied(operation) - seen["applied"]
    assert again == late_duplicates(row, call), row["late duplicate"]
    assert observed(new[name], step, new_claim).progress is Progress.SATISFIED


def test_every_kind_with_a_call_of_aws_is_played():
    assert {kind for kind, row in rows().items() if row["call"].startswith("`")} == set(STEPS)
