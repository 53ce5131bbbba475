"""Anchoring, reconciliation and the notice of a restored store, killed around their writes or without an answer."""

from pathlib import Path
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.failpoints import Point, When, armed
from dr_core.store import brake
from dr_core.store.engine import Store
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.unit.audit.conftest import Stage, stage
from tests.unit.audit.test_reconcile import Duty, duty
from tests.unit.audit.test_rollback import rolled_back, told

__all__ = ["duty", "rolled_back", "stage"]

ANCHORING = (Point.ANCHOR_SEAL, Point.ANCHOR_PLACED)


@pytest.fixture
def store(sqlite_url: str, clock: ManualClock) -> Any:
    made = Store(sqlite_url, clock=clock)
    yield made
    made.dispose()


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("point", ANCHORING)
def test_an_anchor_is_sealed_and_placed_once_whenever_its_worker_dies(stage: Stage, point: Point, when: When) -> None:
    stage.note(1)
    stage.minute()
    stage.note(2)
    killed(stage.minute, point, when)
    stage.minute(stage.anchoring(owner="w2"))
    stage.minute(stage.anchoring(owner="w2"))
    verdict = stage.verdict()
    assert (verdict.ok, verdict.first_bad, verdict.unanchored) == (True, None, 0)
    assert told(stage, EventKind.ANCHOR_CONFLICT) == []


@pytest.mark.parametrize("point", ANCHORING)
def test_an_anchor_whose_answer_is_lost_is_not_sealed_twice(stage: Stage, point: Point) -> None:
    stage.note(1)
    stage.minute()
    answer = LostAnswer(1, [point])
    with armed(answer):
        stage.minute()
    assert answer.lost is point
    stage.minute()
    verdict = stage.verdict()
    assert (verdict.ok, verdict.anchors, verdict.newest_anchor) == (True, 3, 3)
    assert told(stage, EventKind.ANCHOR_CONFLICT) == []


@pytest.mark.parametrize("when", list(When))
def test_an_unexplained_call_is_told_once_whenever_the_watch_dies(duty: Duty, when: When) -> None:
    duty.call(user_agent="")
    killed(duty.later, Point.CALLS_RECONCILED, when)
    duty.later()
    duty.later()
    assert len(duty.told()) == 1


def test_an_unexplained_call_is_told_once_when_the_answer_is_lost(duty: Duty) -> None:
    duty.call(user_agent="")
    answer = LostAnswer(1, [Point.CALLS_RECONCILED])
    with armed(answer):
        duty.later()
    assert answer.lost
    duty.later()
    assert len(duty.told()) == 1


@pytest.mark.parametrize("how", [*When, "lost"])
def test_a_restored_store_is_noticed_once(rolled_back: Stage, tmp_path: Path, how: When | str) -> None:
    if isinstance(how, When):
        killed(rolled_back.anchoring().check_store, Point.STORE_ROLLED_BACK, how)
    else:
        with armed(LostAnswer(1, [Point.STORE_ROLLED_BACK])):
            rolled_back.anchoring().check_store()
    rolled_back.clock.advance(60)
    rolled_back.anchoring(owner="w2").check_store()
    assert len(told(rolled_back, EventKind.STORE_ROLLED_BACK)) == 1
    assert rolled_back.store.read(brake.get).engaged
