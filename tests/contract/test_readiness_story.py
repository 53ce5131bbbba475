"""The whole way of a finding, from what AWS lacks to a request that is stopped, and back.

The duty sees it, the channel is told, a person overrides it, it is mended, and the channel is told again.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from bot.sandbox.world.world import World
from dr_core.approvals.model import Actor, Face
from dr_core.approvals.open import BlockedError, Proposal, open_request
from dr_core.approvals.planning import asked
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.execution.lease import NamedLease
from dr_core.plan.step import Mode
from dr_core.readiness.examining import Examining, make
from dr_core.readiness.history import EVERY, SOON
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.load import load_topology
from tests.unit.approvals.conftest import observed

CENTRAL, WEST = "eu-central-1", "eu-west-1"
SHOP = Path(__file__).parent.parent / "topologies" / "shop.yaml"
ROBIN = Actor(person="slack:U0ROBIN", display="Robin", face=Face.SLACK, slack_user="U0ROBIN", team="T0HOME")


@dataclass
class Scene:
    """The shop in a simulated AWS, with a store and the duty of a worker."""

    world: World
    services: Services
    clock: ManualClock
    duty: Examining
    url: str

    def client(self, service: str, region: str) -> Any:
        return boto3.client(service, region_name=region, endpoint_url=self.url)

    def look(self, after: timedelta = SOON) -> None:
        """Time passes, the application is observed, and the duty does its round."""
        self.clock.advance(after.total_seconds())
        self.services.store.write(lambda tx: observations.save(tx, observed(self.clock.now())))
        assert self.duty.examine("shop") is not None

    def findings(self, mode: Mode = Mode.PLANNED) -> dict[str, str]:
        """What speaks against going west, by code, but for the capacity, which this observation leaves out."""
        plan = asked(self.services.topology, "shop", source=CENTRAL, target=WEST, mode=mode)
        found = self.services.store.read(lambda tx: Proposal(tx, self.services, plan)).findings
        return {one.code: one.severity.value for one in found if one.code != "capacity-not-observed"}

    def told(self) -> list[dict[str, Any]]:
        events = self.services.store.read(lambda tx: listing(tx, limit=50))
        return [dict(event.data) for event in events if event.kind == EventKind.READINESS_CHANGED]


@pytest.fixture
def scene(sqlite_template: Path) -> Iterator[Scene]:
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    folder = Path(tempfile.mkdtemp(prefix="dr-readiness-"))
    shutil.copy(sqlite_template, folder / "dr.db")
    topology = load_topology(SHOP)
    world = World(topology, data_dir=folder, clock=clock, speed=1.0)
    ends = world.start()
    key, secret = world.credentials("arn:aws:iam::123456789012:role/dr-bot")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        settings = read_settings({
            "DATABASE_URL": f"sqlite:///{folder / 'dr.db'}", "DR_PROBE_CONNECT_TO": ends.connect_to,
            "DR_PROBE_CA": os.fspath(ends.ca_path),
        })  # fmt: skip
        store = Store(settings.database_url, clock=clock)
        aws = AwsSessions.for_topology(topology, ends.aws_url)
        services = Services(topology=topology, store=store, clock=clock, settings=settings, aws=aws)
        duty = make(services, NamedLease(store, "preflight", "me"), "me")
        store.write(lambda tx: observations.save(tx, observed(clock.now())))
        try:
            yield Scene(world, services, clock, duty, ends.aws_url)
        finally:
            world.stop()
            aws.close()
            store.dispose()
            shutil.rmtree(folder, ignore_errors=True)


def test_a_finding_goes_all_the_way_from_aws_to_the_request_and_back(scene: Scene) -> None:
    assert scene.findings() == {"readiness-unknown": "warning"}
    scene.look(timedelta())
    assert scene.findings() == {}
    assert scene.told() == []

    secrets = scene.client("secretsmanager", CENTRAL)
    secrets.remove_regions_from_replication(SecretId="shop/api/keys", RemoveReplicaRegions=[WEST])
    scene.world.add_fault("quota_short", region=WEST, value=2)
    scene.world.add_fault("denied", region=WEST, service="rds", operation="FailoverGlobalCluster")
    scene.look(EVERY)
    assert scene.findings() == {"missing:secret": "blocking", "quota-short": "blocking"}
    assert "permission:rds:FailoverGlobalCluster" in scene.findings(Mode.FORCED)
    (told,) = scene.told()
    assert {entry["code"] for entry in told["appeared"]} >= {"missing:secret", "quota-short"}

    asked: Any = {"application": "shop", "target": WEST, "mode": Mode.PLANNED, "actor": ROBIN, "reason": "a drill"}
    with pytest.raises(BlockedError):
        open_request(scene.services, **asked, cmd_id="first")
    overrides = ("missing:secret", "quota-short")
    request = open_request(scene.services, **asked, overrides=overrides, cmd_id="second")
    assert {finding.code for finding in request.findings} >= set(overrides)

    secrets.replicate_secret_to_regions(SecretId="shop/api/keys", AddReplicaRegions=[{"Region": WEST}])
    scene.world.remove_fault(None)
    scene.look()
    assert scene.findings() == {}
    assert scene.told()[-1]["blocking"] == 0


def test_a_region_that_dies_does_not_become_ready_by_its_silence(scene: Scene) -> None:
    scene.world.add_fault("quota_short", region=WEST, value=2)
    scene.look(EVERY)
    scene.world.add_fault("region_down", region=WEST)
    before = len(scene.told())
    scene.look()
    assert "quota-short" in scene.findings()
    assert len(scene.told()) == before
