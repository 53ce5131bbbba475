"""A world on a clock that stands still, and boto3 clients that reach it as the product's do."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bot.sandbox.world import service_models
from bot.sandbox.world.world import Endpoints, World
from dr_core.clock import ManualClock
from dr_core.topology.model import Topology

SPEED = 60.0


def topology(applications: dict[str, Any], **more: Any) -> Topology:
    """A file with these applications and the least of everything else."""
    regions = sorted({region for app in applications.values() for region in (app["primary"], *app["standby"])})
    return Topology.model_validate(
        {
            "version": 1,
            "residency": {"allowed_regions": regions},
            "control_region": regions[0],
            "slack": {"incident_channel": "C0INCIDENT", "digest_channel": "C0DIGEST"},
            "approval": {"approvers": {"usergroup": "S0APPROVERS"}},
            "applications": applications,
            **more,
        }
    )


SHOP: dict[str, Any] = {
    "primary": "eu-central-1",
    "standby": ["eu-west-1"],
    "health": [
        {
            "http": {
                "eu-central-1": "https://api-eu-central-1.example.com/health",
                "eu-west-1": "https://api-eu-west-1.example.com/health",
            }
        },
        {"route53": {"eu-central-1": "hc-id-1", "eu-west-1": "hc-id-2"}},
    ],
    "traffic": [
        {
            "route53_records": {
                "hosted_zone": "Z123",
                "name": "api.example.com",
                "type": "A",
                "set_identifiers": {"eu-central-1": "shop-a", "eu-west-1": "shop-b"},
            }
        }
    ],
    "database": {
        "aurora_global": {
            "global_cluster": "shop",
            "clusters": {"eu-central-1": "shop-eu-central-1", "eu-west-1": "shop-eu-west-1"},
        }
    },
    "capacity": [{"ecs": {"cluster": "shop", "service": "api", "active": 4, "standby": 1}}],
    "verify": [{"http_write_read": {"url": "https://api.example.com/dr-probe"}}],
}


@dataclass
class Stage:
    """A running world with its clock, its addresses and clients for it."""

    world: World
    clock: ManualClock
    endpoints: Endpoints
    clients: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    def aws(
        self,
        service: str,
        region: str,
        *,
        purpose: str | None = None,
        keys: tuple[str, ...] = ("sandbox", "sandbox"),
        **config: Any,
    ) -> Any:
        key = (service, region, purpose, keys, tuple(config.items()))
        if key in self.clients:
            return self.clients[key]
        settings = Config(
            retries={"mode": "standard", "total_max_attempts": 1},
            read_timeout=60,
            user_agent_extra=f"dr-purpose/{purpose}" if purpose else "",
            **config,
        )
        client = self.clients[key] = boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoints.aws_url,
            aws_access_key_id=keys[0],
            aws_secret_access_key=keys[1],
            aws_session_token=keys[2] if len(keys) > 2 else None,
            config=settings,
        )
        return client

    def advance(self, world_seconds: float) -> None:
        """Let simulated seconds pass."""
        self.clock.advance(world_seconds / self.world.snapshot()["speed"] + 0.001)

    def app(self, name: str = "shop") -> dict[str, Any]:
        found: dict[str, Any] = self.world.snapshot()["applications"][name]
        return found


@contextmanager
def stages(folder: Path) -> Iterator[Callable[..., Stage]]:
    """Starts worlds for topologies, and stops them in the end."""
    worlds: list[World] = []

    def start(applications: dict[str, Any] | None = None, **more: Any) -> Stage:
        clock = ManualClock()
        world = World(
            topology(applications or {"shop": SHOP}, **more), data_dir=folder / "world", clock=clock, speed=SPEED
        )
        worlds.append(world)
        return Stage(world, clock, world.start())

    try:
        yield start
    finally:
        for world in worlds:
            world.stop()


@pytest.fixture(scope="session", autouse=True)
def unwatched_models() -> None:
    """The service models are large and stay: the garbage collector need not walk them again and again."""
    for service in ("rds", "route53", "ecs", "s3", "cloudwatch"):
        service_models.model_of(service).operation_names  # noqa: B018  # loads it
    gc.collect()
    gc.freeze()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """A world for one test."""
    with stages(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def play_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Stage]]:
    """A world for all tests of a file that only look at it."""
    with stages(tmp_path_factory.mktemp("module")) as start:
        yield start


@pytest.fixture
def shop() -> dict[str, Any]:
    """An ordinary application: Aurora, weighted records, one ECS service."""
    return dict(SHOP)
