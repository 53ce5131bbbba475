"""When an application is frozen, and when it is free again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dr_core.freeze.deciding import Turn, turn
from dr_core.freeze.model import Freeze

HOME, AWAY, THIRD = "eu-central-1", "eu-west-1", "eu-north-1"
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def known(**changes: Any) -> Freeze:
    return Freeze(**({"application": "shop", "since": AT, "active": AWAY, "primary": HOME} | changes))


STANDS = known()
LIFTED = known(lifted_at=AT, lifted_by="Ada")
MOVING = known(moving=True)
AFTER_HOME = known(lifted_at=AT, lifted_by="DR worker", been_home=True)


@pytest.mark.parametrize(
    ("before", "active", "moving", "follows"),
    [
        pytest.param(None, AWAY, True, Turn.FREEZE, id="a run has begun to take it away"),
        pytest.param(MOVING, AWAY, True, None, id="the run goes on"),
        pytest.param(MOVING, AWAY, False, Turn.THERE, id="it is seen there"),
        pytest.param(MOVING, HOME, False, Turn.LIFT, id="the run ended without moving it"),
        pytest.param(LIFTED, AWAY, True, None, id="a person lifted it meanwhile"),
    ],
)
def test_a_run_that_takes_it_away_counts_as_a_move(
    before: Freeze | None, active: str, moving: bool, follows: Turn | None
) -> None:
    assert turn(before, active, HOME, moving=moving) is follows


@pytest.mark.parametrize(
    ("before", "active", "follows"),
    [
        pytest.param(None, HOME, None, id="at home all the time"),
        pytest.param(None, None, None, id="not observed, never moved"),
        pytest.param(None, AWAY, Turn.FREEZE, id="moved away"),
        pytest.param(STANDS, AWAY, None, id="still away"),
        pytest.param(STANDS, None, None, id="frozen, and not observed: it stays frozen"),
        pytest.param(STANDS, HOME, Turn.LIFT, id="came home"),
        pytest.param(STANDS, THIRD, Turn.MOVED, id="went on to a third region"),
        pytest.param(LIFTED, AWAY, None, id="lifted by a person: the same place does not freeze again"),
        pytest.param(LIFTED, HOME, Turn.HOME, id="lifted by a person, and home since"),
        pytest.param(LIFTED, THIRD, Turn.FREEZE, id="lifted by a person, and moved on"),
        pytest.param(AFTER_HOME, HOME, None, id="home, as it was"),
        pytest.param(AFTER_HOME, AWAY, Turn.FREEZE, id="moved away once more"),
    ],
)
def test_where_it_is_active_decides(before: Freeze | None, active: str | None, follows: Turn | None) -> None:
    assert turn(before, active, HOME) is follows
