"""Thousands of simulated runs on virtual time; each is known by its seed, and replayed by `make simulate SEED=`."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from .hall import simulations

SCALE = int(os.environ.get("DR_TEST_SCALE", "1"))
SHARDS = 4 if SCALE == 1 else 16
RUNS = (2_500 if SCALE == 1 else 10_000 * SCALE) // SHARDS
SEEDS_A_SHARD = 10_000_000


@pytest.mark.timeout(0)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_everything_holds_in_every_simulated_world(shard: int) -> None:
    """All shards together are 2,500 runs of plans, by night 100,000."""
    states, points, late = Counter[str](), Counter[str](), 0
    for outcome in simulations(shard * SEEDS_A_SHARD, RUNS):
        states.update(outcome.runs)
        points.update(outcome.points)
        late += outcome.late_repeats
        told = "\n".join([*outcome.timeline, *(f"VIOLATED: {found}" for found in outcome.violations)])
        assert not outcome.violations, f"make simulate SEED={outcome.seed}\n{told}"
    assert states.total() >= RUNS
    assert states["succeeded"] > RUNS // 2, states
    assert states["failed"], states
    assert states["aborted"], states
    assert points["step.intent"] > RUNS, points


def test_a_seed_is_replayed_exactly_in_another_process() -> None:
    """Nothing depends on real time, on ids that differ, or on the order of sets."""
    here = [line for outcome in simulations(4711, 20) for line in outcome.told()]
    command = (sys.executable, "-m", "tests.simulation", "--seed", "4711", "--runs", "20", "--verbose")
    other = {**os.environ, "PYTHONHASHSEED": "4711"}
    root = Path(__file__).parents[2]
    there = subprocess.run(command, cwd=root, env=other, capture_output=True, text=True, check=True).stdout
    *told, _summary = there.splitlines()
    assert told == here
    assert len(here) > 300
