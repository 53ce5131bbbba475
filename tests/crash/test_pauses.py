"""A process sleeps at a point for longer than its lease, another one takes over and finishes, and then it goes on."""

import os

import pytest
from sqlalchemy import text

from dr_core.failpoints import Point, When
from tests.crash.checks import faults_of
from tests.crash.conftest import NewStage
from tests.crash.lives import CALLS, DESCRIPTIONS, LEASE_OVER_S, Picture, Stage
from tests.crash.plans import Sample, shapes

NIGHTLY = float(os.environ.get("DR_TEST_SCALE", "1")) > 1
PLANNED, LOST = shapes()[0], next(sample for sample in shapes() if sample.lost)
STORE_ENDS_IT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'idle in transaction' AND pid <> pg_backend_pid()
"""
"""What idle_in_transaction_session_timeout does to a process that sleeps in the middle of a transaction."""


class Sleeper:
    """Sleeps at the how-manieth point; what another process does meanwhile happens inside."""

    def __init__(self, stage: Stage, number: int, *, within: bool) -> None:
        """`within`: in the middle of commits, whose connection the database then ends; else everywhere else."""
        self._stage = stage
        self._left = number
        self._within = within
        self.slept: tuple[Point, When] | None = None

    def __call__(self, point: Point, when: When) -> None:
        within = when is When.BEFORE and point not in CALLS
        if within is not self._within or self.slept or (point in DESCRIPTIONS and not NIGHTLY):
            return
        self._left -= 1
        if self._left:
            return
        self.slept = (point, when)
        if within:
            with self._stage.database.store.engine.connect() as conn:
                conn.execute(text(STORE_ENDS_IT))
        self._stage.clock.advance(LEASE_OVER_S)
        self._stage.live()


def stories(stage: Stage, start: Picture, *, within: bool) -> tuple[int, list[str]]:
    """One for each point: how many, and what was wrong at their ends."""
    faults, number = list[str](), 0
    while True:
        stage.back_to(start)
        sleeper = Sleeper(stage, number + 1, within=within)
        stage.live(sleeper)
        if sleeper.slept is None:
            return number, faults
        number += 1
        where = " ".join(sleeper.slept)
        faults += [f"{where} ({number}): {fault}" for fault in faults_of(stage, late=True)]


@pytest.mark.parametrize("sample", shapes() if NIGHTLY else (PLANNED, LOST), ids=lambda sample: str(sample.name))
def test_a_process_that_wakes_up_after_another_finished_changes_nothing(new_stage: NewStage, sample: Sample) -> None:
    """Its next commit is refused by the fence; an act that it was about to do reaches a world where it is done."""
    stage = new_stage("sqlite", sample)
    number, faults = stories(stage, stage.picture(), within=False)
    assert faults == []
    assert number > 4 * len(sample.plan.steps)


def test_a_process_that_sleeps_in_the_middle_of_a_commit_loses_it(new_stage: NewStage) -> None:
    """PostgreSQL ends its session; awake, it asks again with a new one, and is refused."""
    stage = new_stage("postgresql", PLANNED, pooled=True)
    number, faults = stories(stage, stage.picture(), within=True)
    assert faults == []
    assert number > 2 * len(PLANNED.plan.steps)


STANDBY_LOST = "fence eu-central-1 of fence-source-shop-api took effect 2 times"
"""The one late request of a run that is not harmless to its own later steps: ECS has no condition to refuse it by."""


def test_a_request_that_the_network_held_meets_a_finished_run(new_stage: NewStage) -> None:
    """It passed the guard before its sender fell asleep, so only the resource can refuse it; see docs/fencing.md."""
    stage = new_stage("sqlite", PLANNED)
    start, found = stage.picture(), dict[str, list[str]]()
    acting = ("scale-target", "sync-parameters", "fence-source", "promote", "switch-records", "scale-to-standby")
    for kind in acting:
        stage.back_to(start)
        held: list[str] = []

        def sent(step: str, kind: str = kind, held: list[str] = held) -> None:
            if not held and step.startswith(kind):
                held.append(step)
                stage.clock.advance(LEASE_OVER_S)
                acting, stage.world.acting = stage.world.acting, None
                stage.live()
                stage.world.acting = acting

        stage.world.sent = sent
        stage.live()
        assert held, f"nobody asked for {kind}"
        found[kind] = faults_of(stage, late=True)
    assert {kind: faults for kind, faults in found.items() if faults} == {"fence-source": [STANDBY_LOST]}
