"""Rules on the real code against an oracle in plain Python; each shard has a seed of its own, so it is repeatable."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ..simulation.seeded import Room
from ..simulation.store import store_file
from .machine import Machine

SHARDS = 8
WANTED = 20_000 * int(os.environ.get("DR_TEST_SCALE", "1")) // SHARDS
STEPS_AN_EXAMPLE = 50
REACHED = ("request.approved", "run.started", "run.succeeded", "brake.engaged")
"""Rules that lead nowhere would prove nothing."""


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    with store_file() as file, tempfile.TemporaryDirectory(prefix="dr-keys-") as folder:
        yield Room.make(file, Path(folder))


@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_rules_agree_with_the_oracle(room: Room, shard: int) -> None:
    """All shards together are at least 20,000 rule steps; the count is the machine's own."""

    class Shard(Machine):
        pass

    Shard.room, Shard.steps, Shard.came_to = room, 0, Counter()
    turn = 0
    while Shard.steps < WANTED:
        chosen = settings(
            max_examples=1 + (WANTED - Shard.steps) // STEPS_AN_EXAMPLE,
            stateful_step_count=STEPS_AN_EXAMPLE,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )
        run_state_machine_as_test(seed(1000 * shard + turn)(Shard), settings=chosen)
        turn += 1
    assert all(Shard.came_to[kind] for kind in REACHED), Shard.came_to
