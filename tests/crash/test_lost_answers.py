"""At each commit of a run its answer is lost: the retry finds that it was done, and nothing is done or told twice."""

from collections import Counter

import pytest

from dr_core.audit.events import EventKind
from dr_core.failpoints import Point
from dr_core.store import events, runs
from tests.crash.answers import LostAnswer
from tests.crash.checks import faults_of
from tests.crash.conftest import NewStage
from tests.crash.lives import REQUEST, RUN, Stage
from tests.crash.plans import Sample, shapes

LOST = next(sample for sample in shapes() if sample.lost)
PLANNED = shapes()[0]


def told(stage: Stage) -> Counter[tuple[str, object, object]]:
    """Everything in the run's chain, but for what an owner says of itself."""
    trail = stage.database.store.read(lambda tx: list(events.of_chain(tx, REQUEST)))
    return Counter(
        (event.kind, event.data.get("step"), event.data.get("attempt"))
        for event in trail
        if event.kind != EventKind.RUN_TAKEN
    )


@pytest.mark.parametrize(
    ("backend", "sample", "retried"),
    [
        pytest.param("sqlite", PLANNED, True, id="sqlite-planned"),
        pytest.param("sqlite", LOST, True, id="sqlite-forced"),
        pytest.param("sqlite", LOST, False, id="sqlite-forced-given-up"),
        pytest.param("postgresql", PLANNED, True, id="postgresql-planned"),
    ],
)
def test_a_commit_whose_answer_is_lost_is_not_done_twice(
    new_stage: NewStage, backend: str, sample: Sample, retried: bool
) -> None:
    stage = new_stage(backend, sample)
    start = stage.picture()
    stage.live()
    expected, faults = told(stage), list[str]()
    lost: list[Point] = []
    while True:
        stage.back_to(start)
        answer = LostAnswer(len(lost) + 1, retried=retried)
        stage.live(answer)
        if answer.lost is None:
            break
        lost.append(answer.lost)
        faults += [f"{answer.lost.value} ({len(lost)}): {fault}" for fault in faults_of(stage)]
        more, less = told(stage) - expected, expected - told(stage)
        # Who was told that the store cannot be used looks anew, and where a late try is begun again it says so again.
        again = {
            key: n
            for key, n in more.items()
            if retried or key[0] not in (EventKind.STEP_INTENT, EventKind.RUN_FOLLOWED)
        }
        if again or less:
            faults.append(f"{answer.lost.value} ({len(lost)}): also {again}, not {dict(less)}")
    assert faults == []
    assert set(lost) >= {Point.RUN_TAKE, Point.RUN_START, Point.RUN_GATES, Point.RUN_FINISH, Point.STEP_INTENT}
    assert set(lost) >= {Point.STEP_RESULT, Point.STEP_NOTE, Point.RUN_BEAT, Point.RUN_RELEASE}


def test_a_take_whose_answer_is_lost_is_its_owner_s_at_once(new_stage: NewStage) -> None:
    """It knows its own take again; else the run would wait for a lease that nobody knows he holds."""
    stage = new_stage("sqlite", PLANNED)
    stage.live(LostAnswer(1, [Point.RUN_TAKE]))
    assert stage.database.store.read(lambda tx: runs.get(tx, RUN)).epoch == 1
    assert faults_of(stage) == []
