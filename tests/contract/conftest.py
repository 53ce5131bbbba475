"""Each port's suite runs twice: on the fake in memory, and on the AWS adapter against the simulated AWS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import pytest

from bot.sandbox.world.world import Endpoints, World
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.topology.model import Topology


@dataclass
class Stage:
    """A topology, a clock that stands still, and (for the adapter) the world that lives by it."""

    topology: Topology
    clock: ManualClock
    world: World | None = None
    endpoints: Endpoints | None = None
    take_down: Callable[[str], None] = field(default=lambda region: None)

    @cached_property
    def aws(self) -> AwsSessions:
        assert self.endpoints is not None
        return AwsSessions.for_topology(self.topology, self.endpoints.aws_url)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


@pytest.fixture(params=["memory", "aws"])
def stage(
    request: pytest.FixtureRequest, shop: Topology, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    # The world signs with real time only where botocore does; its own time is this clock.
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    if request.param == "memory":
        yield Stage(shop, clock)
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    world = World(shop, data_dir=tmp_path, clock=clock, speed=1.0)
    endpoints = world.start()
    try:
        yield Stage(shop, clock, world, endpoints, lambda region: _down(world, region))
    finally:
        world.stop()


def _down(world: World, region: str) -> None:
    world.add_fault("region_down", region=region)
