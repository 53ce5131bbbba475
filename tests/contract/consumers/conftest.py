"""One application with a consumer of each kind, and a simulated AWS in which it lives."""

from collections.abc import Iterator

import pytest

from bot.sandbox.world.world import World
from dr_core.clock import ManualClock
from dr_core.topology.model import Topology
from tests.contract.conftest import Stage

SOURCE, TARGET = "ap-south-1", "eu-north-1"
CONSUMERS = [
    {"lambda_event_source": {"function": "billing-in"}},
    {"eventbridge_rule": {"rule": "closing", "bus": "billing"}},
    {"eventbridge_schedule": {"schedule": "hourly", "group": "billing"}},
    {"ecs_poller": {"cluster": "billing", "service": "poller", "count": 2}},
]


@pytest.fixture(scope="session")
def billing() -> Topology:
    return Topology.model_validate(
        {
            "version": 1,
            "residency": {"allowed_regions": [SOURCE, TARGET]},
            "control_region": TARGET,
            "slack": {"incident_channel": "C1", "digest_channel": "C2"},
            "approval": {"approvers": {"users": ["U1", "U2", "U3"]}},
            "applications": {"billing": {"primary": SOURCE, "standby": [TARGET], "consumers": CONSUMERS}},
        }
    )


@pytest.fixture(scope="module")
def ground(billing: Topology, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One world for all tests of a file, at work in the source."""
    clock = ManualClock()
    world = World(billing, data_dir=tmp_path_factory.mktemp("billing"), clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        try:
            yield Stage(billing, clock, world, world.start())
        finally:
            world.stop()
