"""A worker that dies around any commit of anchoring or reconciliation: the next one goes on, and nothing is doubled."""

from typing import Any

import pytest

from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.failpoints import Point, When, armed
from dr_core.store import anchors, brake

POINTS = (Point.ANCHOR_SEAL, Point.ANCHOR_PLACED)


class DiedError(Exception):
    """The process is gone at this place."""


class Once:
    """Dies the first time that its point is reached."""

    def __init__(self, point: Point, when: When) -> None:
        self.at, self.died = (point, when), False

    def __call__(self, point: Point, when: When) -> None:
        if (point, when) == self.at and not self.died:
            self.died = True
            raise DiedError


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("point", POINTS)
def test_anchors_go_on_in_order_after_any_death(stage: Any, point: Point, when: When) -> None:
    stage.note(1)
    hook = Once(point, when)
    with armed(hook):
        try:
            stage.minute()
        except DiedError:
            assert point is Point.ANCHOR_SEAL
    assert hook.died
    stage.note(2)
    stage.minute(stage.anchoring(owner="w2"))
    stage.minute(stage.anchoring(owner="w2"))
    found = stage.verdict()
    assert found.ok
    assert found.unanchored == 0
    newest = stage.store.read(anchors.newest)
    assert [sorted(place.objects) for place in stage.places] == [list(range(1, newest.number + 1))] * 2


@pytest.mark.parametrize("when", When)
def test_a_rollback_is_answered_whole_or_not_at_all(stage: Any, when: When) -> None:
    """The store has forgotten both anchors, as after a restore of an empty one."""
    for _ in range(2):
        stage.minute()
    stage.store.write(
        lambda tx: [tx.conn.exec_driver_sql(f"DELETE FROM {name}") for name in ("anchor", "watermark", "outbox_cursor")]
    )
    hook = Once(Point.STORE_ROLLED_BACK, when)
    with armed(hook):
        stage.anchoring().check_store()
    assert hook.died
    for _ in range(2):
        stage.anchoring(owner="w2").check_store()
    told = [event.kind for event in stage.store.read(trail.listing)]
    assert told.count(EventKind.STORE_ROLLED_BACK) == told.count(EventKind.BRAKE_ENGAGED) == 1
    assert stage.store.read(brake.get).engaged
