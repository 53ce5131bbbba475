"""Every sample plan with a worker that dies at every point, again and again, on both databases."""

import os
import random

import pytest

from dr_core.execution.model import RunState
from dr_core.failpoints import Point, When
from dr_core.plan.steps import KINDS
from dr_core.store import runs
from tests.crash.checks import faults_of
from tests.crash.conftest import NewStage
from tests.crash.lives import LEASE_OVER_S, RUN, Explorer, KilledError, Stage
from tests.crash.plans import NIGHTLY, Sample, samples

SCALE = float(os.environ.get("DR_TEST_SCALE", "1"))

ON_THE_WAY = frozenset(
    {
        Point.RUN_TAKE,
        Point.RUN_BEAT,
        Point.RUN_START,
        Point.RUN_GATES,
        Point.RUN_LOSS,
        Point.RUN_FINISH,
        Point.RUN_RELEASE,
        Point.STEP_INTENT,
        Point.STEP_FOUND,
        Point.STEP_OBSERVE,
        Point.STEP_ACT,
        Point.STEP_NOTE,
        Point.STEP_RESULT,
    }
)
AFTER_THE_END = frozenset({Point.STEP_LATE, Point.RUN_FOLLOWED})


def name_of(sample: Sample) -> str:
    return sample.name


@pytest.mark.parametrize("sample", samples(), ids=name_of)
def test_a_worker_may_die_at_every_point_and_its_successors_too(new_stage: NewStage, sample: Sample) -> None:
    """Singles and pairs, and every longer row of crashes, until none leaves anything behind that is new."""
    explore(new_stage("sqlite", sample))


@pytest.mark.parametrize("sample", samples(), ids=name_of)
def test_a_worker_may_die_at_every_point_on_postgresql(new_stage: NewStage, sample: Sample) -> None:
    """Singles; in the night the rows too."""
    explore(new_stage("postgresql", sample), single=not NIGHTLY)


def test_every_kind_of_step_stands_in_a_sample_plan() -> None:
    """But for a package's own (tests/plugins), and the way home of what has everything, which is played by night."""
    played = {step.kind for sample in samples() for step in sample.plan.steps}
    assert set(KINDS) - played == {"custom-plugin"} | (set() if NIGHTLY else {"backfill-buckets"})


def explore(stage: Stage, *, single: bool = False) -> None:
    """Every crash of every commit and call that the stage's plan has."""
    explorer = Explorer(stage, single=single)
    assert explorer.run(faults_of) == []
    assert explorer.cases > 2 * len(stage.sample.plan.steps)
    expected = ON_THE_WAY | (AFTER_THE_END if stage.sample.lost else frozenset())
    assert {(point, when) for point in expected for when in When} <= stage.points.keys()


@pytest.mark.parametrize("sample", samples() if NIGHTLY else samples()[:1], ids=name_of)
def test_no_two_points_are_taken_for_one(new_stage: NewStage, sample: Sample) -> None:
    """Every single point at its own time, nothing left out of what is compared: proves that leaving out was right."""
    assert Explorer(new_stage("sqlite", sample), exact=True).run(faults_of) == []


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_rows_of_crashes_by_lot(new_stage: NewStage, backend: str) -> None:
    """Killed for real, with the exception that unwinds the process, up to six times in a run, at drawn points."""
    lot = random.Random(20261122)
    for _ in range(int((12 if backend == "sqlite" else 4) * SCALE)):
        stage = new_stage(backend, lot.choice(samples()))
        crashes = [lot.randrange(1, 120) for _ in range(lot.randrange(1, 7))]
        for wait in crashes:
            left = [wait]

            def hook(point: Point, when: When, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] == 0:
                    raise KilledError(point, when)

            try:
                stage.live(hook)
            except KilledError:
                stage.clock.advance(LEASE_OVER_S)
        stage.live()
        assert faults_of(stage) == [], (stage.sample.name, crashes)


def test_the_loss_that_promotion_began_with_is_kept_over_crashes(new_stage: NewStage) -> None:
    """A successor does not measure it anew: by then the target is the writer and has no lag."""
    stage = new_stage("sqlite", next(sample for sample in samples() if sample.lost))
    acted: list[Point] = []

    def hook(point: Point, when: When) -> None:
        acted.extend([point] if (point, when) == (Point.STEP_ACT, When.AFTER) else [])
        if len(acted) == 2:
            raise KilledError(point)

    with pytest.raises(KilledError):
        stage.live(hook)
    stage.clock.advance(LEASE_OVER_S)
    stage.live()
    run = stage.database.store.read(lambda tx: runs.get(tx, RUN))
    assert (run.state, run.loss_s) == (RunState.SUCCEEDED, 0.5)
