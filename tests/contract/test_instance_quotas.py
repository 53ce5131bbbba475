"""Quotas of groups, node groups and readers, asked of the simulated AWS: what is needed, used and short."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.clients import observing_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.readiness.examination import About, Subject
from dr_core.readiness.examinations.instance_quotas import inquiries
from dr_core.readiness.model import Check
from dr_core.readiness.surroundings import Surroundings
from dr_core.topology.load import load_topology

POOL = Path(__file__).parents[1] / "topologies" / "pool.yaml"
HOME, AWAY = "eu-south-1", "eu-west-3"
Examine = Callable[[], list[Check]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Examine]]:
    topology, clock = load_topology(POOL), ManualClock(datetime.now(UTC).replace(microsecond=0))
    world = World(topology, data_dir=tmp_path_factory.mktemp("quotas"), clock=clock, speed=1.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        aws = AwsSessions.for_topology(topology, world.start().aws_url)
        clock.advance(600)

        def examine() -> list[Check]:
            client_of = observing_clients(aws, None)
            subject = Subject(
                "stock", topology, client_of, None, HOME, clock.now(), Surroundings(lambda host, port: None)
            )
            return [
                check
                for one in inquiries(subject)
                for check in one.judge(one.ask(), About(one.area, one.subject, one.lane, one.source, clock.now()))
            ]

        try:
            yield world, examine
        finally:
            world.stop()


def test_ample_quotas_are_told_with_what_is_needed_and_used(place):
    _, examine = place
    found = {(check.subject, check.region): check for check in examine()}
    assert {check.state.value for check in found.values()} == {"ok"}, found
    assert "needed 10, 8 more than now, 2 used" in found["EC2 vCPUs", AWAY].evidence, "five machines of two vCPUs"
    assert "needed 3, 2 more than now, 1 used" in found["DB instances", AWAY].evidence


@pytest.mark.parametrize(("service", "value", "subject"), [("ec2", 9, "EC2 vCPUs"), ("rds", 2, "DB instances")])
def test_a_short_quota_blocks_and_tells_by_how_much(place, service, value, subject):
    world, examine = place
    fault = world.add_fault("quota_short", region=AWAY, service=service, value=value)
    (short,) = [check for check in examine() if check.state.value == "finding"]
    world.remove_fault(fault)
    assert (short.code, short.region, short.subject, short.severity.value) == ("quota-short", AWAY, subject, "blocking")
    assert "1 short" in short.message
    assert "--override quota-short" in short.way_out
