"""Anchoring and reconciliation as a worker does them, against the simulated AWS: buckets, CloudTrail, dead regions."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.world import World
from dr_core.approvals.model import Actor, Face, Request, RequestState
from dr_core.audit import trail
from dr_core.audit.anchoring import Anchoring
from dr_core.audit.cloudtrail import CloudTrail
from dr_core.audit.events import EventKind
from dr_core.audit.places import places
from dr_core.audit.reconciling import Reconciliation
from dr_core.audit.verify import PlaceState, Verdict, verify
from dr_core.aws.session import AwsSessions
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.execution.look import look_at
from dr_core.keys import SigningKey
from dr_core.plan.catalogue import Progress, StepObservation
from dr_core.plan.step import Mode, Plan, Plane, Policy, Segment, Step
from dr_core.store import requests, run_leases, runs
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology

TOPOLOGIES = Path(__file__).parent.parent / "topologies"
ANCHORS = [{"region": "eu-central-1", "bucket": "anchors-central"}, {"region": "eu-west-1", "bucket": "anchors-west"}]
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK)
STEP = Step(
    name="scale-target-ecs-shop-api", kind="scale-target", title="Scale", segment=Segment.PREPARE, region="eu-west-1",
    home_region="eu-west-1", plane=Plane.CONTROL, deadline_s=60,
)  # fmt: skip


@dataclass
class Worker:
    """The parts of a worker that look after the evidence."""

    world: World
    aws: AwsSessions
    topology: Topology
    store: Store
    clock: ManualClock
    key: SigningKey

    def anchoring(self) -> Anchoring:
        lease = NamedLease(self.store, "anchor", "w")
        return Anchoring(self.store, places(self.topology, self.aws), self.key, lease, owner="w")

    def reconciliation(self) -> Reconciliation:
        lease = NamedLease(self.store, "reconcile", "w")
        return Reconciliation(self.store, self.topology, CloudTrail(self.aws), lease, self.clock, owner="w")

    def minute(self) -> None:
        self.clock.advance(60)
        self.anchoring().pass_over()

    def verdict(self) -> Verdict:
        return verify(self.store, places(self.topology, self.aws), self.key.public)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.store.read(lambda tx: trail.listing(tx, limit=200))]


@pytest.fixture
def worker(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    shop = load_topology(TOPOLOGIES / "shop.yaml")
    topology = shop.model_copy(update={"audit": shop.audit.model_validate({"anchors": ANCHORS})})
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path / "world", clock=clock, speed=1.0)
    access_key, secret = world.credentials("arn:aws:iam::111122223333:user/dr-worker")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    aws = AwsSessions.for_topology(topology, world.start().aws_url)
    store = Store(sqlite_url, clock=clock)
    try:
        yield Worker(world, aws, topology, store, clock, SigningKey.load_or_create(tmp_path / "worker.pem"))
    finally:
        store.dispose()
        aws.close()
        world.stop()


def test_a_dead_region_is_caught_up_and_the_other_never_waits(worker: Worker) -> None:
    worker.store.write(lambda tx: trail.append_ops(tx, EventKind.CONFIG_LOADED, ADA, {}))
    worker.minute()
    dead = worker.world.add_fault("region_down", region="eu-central-1")
    for _ in range(2):
        worker.minute()
    central, west = worker.verdict().places
    assert (central.state, west.state, west.last) == (PlaceState.UNREACHABLE, PlaceState.WHOLE, 3)
    worker.world.remove_fault(dead)
    worker.minute()
    found = worker.verdict()
    assert found.ok
    assert found.complete
    assert [(place.state, place.first, place.last) for place in found.places] == [(PlaceState.WHOLE, 1, 4)] * 2
    assert not {EventKind.ANCHOR_CONFLICT, EventKind.STORE_ROLLED_BACK} & set(worker.kinds())


def test_a_put_whose_answer_was_lost_is_adopted(worker: Worker) -> None:
    worker.world.add_fault("error_after", service="s3", operation="PutObject", region="eu-west-1", value=1)
    for _ in range(3):
        worker.minute()
    assert [place.last for place in worker.verdict().places] == [3, 3]
    assert worker.verdict().ok
    assert EventKind.ANCHOR_CONFLICT not in worker.kinds()


def test_a_new_store_beside_old_buckets_brakes_before_its_first_duties(worker: Worker, tmp_path: Path) -> None:
    for _ in range(2):
        worker.minute()
    from dr_core.store import brake, migrate

    url = f"sqlite:///{tmp_path}/new.db"
    migrate.upgrade(url)
    new = Store(url, clock=worker.clock)
    worker.store.dispose()
    worker.store = new
    worker.anchoring().check_store()
    assert new.read(brake.get).engaged
    assert EventKind.STORE_ROLLED_BACK in worker.kinds()


@dataclass
class Scaling:
    """A step that calls ECS with whatever client the process has."""

    aws: AwsSessions

    def observe(self, step: Step) -> StepObservation:
        return StepObservation(Progress.ABSENT, "not there")

    def act(self, step: Step, claim: Claim) -> None:
        self.aws.client("ecs", "eu-west-1").update_service(cluster="shop", service="api", desiredCount=3)


def _intend(tx: Tx, now: datetime) -> None:
    plan = Plan(
        application="shop", mode=Mode.FORCED, source="eu-central-1", target="eu-west-1", steps=(STEP,),
        policy=Policy(required=2, expires_after_s=900),
    )  # fmt: skip
    request = Request(
        id="r-1", application="shop", plan=plan, digest=plan.digest(), loss_limit_s=60, state=RequestState.APPROVED,
        round=1, version=1, requester=ADA, reason="test", channel=None, opened_at=now,
        expires_at=now + timedelta(minutes=15), approvers_at_open=frozenset(),
    )  # fmt: skip
    made = requests.create(tx, request, [(EventKind.REQUEST_OPENED, {}, {}, None)])
    runs.create(tx, "run-1", made, [(EventKind.RUN_CREATED, {}, {"run": "run-1"}, None)])
    epoch = run_leases.take(tx, "run-1", "w", timedelta(seconds=20), [(EventKind.RUN_TAKEN, {}, {}, None)]) or 0
    for kind, data, values in (
        (EventKind.RUN_STARTED, {"run": "run-1"}, {"state": "running"}),
        (EventKind.STEP_INTENT, {"run": "run-1", "step": STEP.name}, {}),
    ):
        runs.transition(tx, "run-1", epoch, Change([(kind, {}, data, None)], values))


def test_what_a_step_calls_is_explained_and_what_its_role_does_besides_is_told(worker: Worker) -> None:
    duty = worker.reconciliation()
    assert duty.pass_over() == 0
    worker.clock.advance(30)
    worker.store.write(lambda tx: _intend(tx, tx.now()))
    claim = Claim(token="t", run="run-1", epoch=1)
    assert look_at(Scaling(worker.aws), STEP, claim=claim, may_act=True, guard=lambda: None).error is None
    stranger: Any = worker.aws.client("ssm", "eu-west-1")
    stranger.put_parameter(Name="/shop/config/log-level", Value="debug", Type="String", Overwrite=True)
    worker.clock.advance(600)
    assert duty.pass_over() == 1
    worker.clock.advance(300)
    assert worker.reconciliation().pass_over() == 0
    found = worker.store.read(lambda tx: trail.listing(tx, limit=200))
    [event] = [event for event in found if event.kind == EventKind.CALL_UNEXPLAINED]
    told = {name: event.data[name] for name in ("service", "operation", "region", "reason")}
    assert told == {
        "service": "ssm", "operation": "PutParameter", "region": "eu-west-1", "reason": "it names no step of a run"
    }  # fmt: skip
