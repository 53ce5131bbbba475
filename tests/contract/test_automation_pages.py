"""Executions of SSM Automation are found again however many others there are."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world import automations
from bot.sandbox.world.world import World
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.custom.automations import SsmAutomations
from dr_core.custom.errand import Errand, Verb
from dr_core.custom.port import ExecutionState
from dr_core.topology.load import load_topology

SHOP = Path(__file__).parents[1] / "topologies" / "shop.yaml"
WEST = "eu-west-1"
COPY = json.dumps({"schemaVersion": "0.3", "mainSteps": [{"name": "wait", "action": "aws:sleep", "inputs": {}}]})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def ssm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> Iterator[SsmAutomations]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    topology = load_topology(SHOP)
    world = World(topology, data_dir=tmp_path, clock=clock, speed=1.0)
    try:
        aws = AwsSessions.for_topology(topology, world.start().aws_url)
        aws.client("ssm", WEST).create_document(Content=COPY, Name="Copy", DocumentType="Automation")
        yield SsmAutomations(acting_clients(aws, None))
    finally:
        world.stop()


def test_an_execution_is_found_again_behind_pages_of_others(
    ssm: SsmAutomations, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the step would be absent for ever, and begun again and again."""
    monkeypatch.setattr(automations, "PAGE", 1)
    tokens = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(3)]
    for token in tokens:
        errand = Errand(run="r", step="s", token=token, application="shop", source="eu-central-1", target=WEST,
                        mode="planned", verb=Verb.ACT, of=Verb.ACT)  # fmt: skip
        ssm.start("Copy", WEST, token, errand, {})
        clock.advance(1)
    found = [ssm.newest(WEST, token) for token in tokens]
    assert [one.state for one in found if one] == [ExecutionState.UNDER_WAY] * 3
    assert len({one.id for one in found if one}) == 3
    assert ssm.newest(WEST, "00000000-0000-0000-0000-000000000009") is None
