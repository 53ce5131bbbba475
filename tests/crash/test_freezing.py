"""Freezing, killed around its writes: told once, and the markers follow."""

from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.failpoints import Point, When, armed
from dr_core.freeze import lifting
from dr_core.freeze.freezing import Freezing
from dr_core.freeze.memory import MemoryMarkers
from dr_core.services import Services
from dr_core.store import freezes, observations
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.crash.test_duties import Ours
from tests.unit.approvals.conftest import actor, enrol, observed, services  # noqa: F401

HOME, AWAY = "eu-central-1", "eu-west-1"


def moved(made: Services) -> None:
    made.clock.advance(60)  # type: ignore[attr-defined]
    update = {"writers": (AWAY,), "database": None, "traffic": ()}
    seen = observed(made.clock.now()).model_copy(update=update)
    made.store.write(lambda tx: observations.save(tx, seen))


def duty(made: Services, markers: MemoryMarkers) -> Freezing:
    lease: Any = Ours()
    return Freezing(made.store, made.topology, markers, lease, owner="me")


def told(made: Services) -> list[str]:
    found = made.store.read(lambda tx: listing(tx, limit=100))
    return [event.kind for event in found if event.kind.startswith("freeze.")]


@pytest.mark.parametrize("point", [Point.FREEZE_TURN, Point.FREEZE_MARKED])
@pytest.mark.parametrize("when", list(When))
def test_a_move_is_told_once_and_marked_whenever_the_duty_dies(
    services: Services,  # noqa: F811
    point: Point,
    when: When,
) -> None:
    markers = MemoryMarkers()
    moved(services)
    killed(duty(services, markers).round, point, when)
    duty(services, markers).round()
    assert set(markers.texts) == {("/dr/freeze/shop", HOME), ("/dr/freeze/shop", AWAY)}
    assert sorted(told(services)) == [EventKind.FREEZE_MARKED, EventKind.FREEZE_MARKED, EventKind.FREEZE_SET]


def test_a_lift_whose_answer_is_lost_happens_once(services: Services) -> None:  # noqa: F811
    markers = MemoryMarkers()
    moved(services)
    duty(services, markers).round()
    enrol(services, approvers=("U0ADA",))
    with armed(LostAnswer(1, [Point.FREEZE_LIFT])):
        lifting.lift(services, "shop", actor=actor(services.topology, "U0ADA"), reason="agrees", cmd_id="c-lift")
    duty(services, markers).round()
    assert told(services).count(EventKind.FREEZE_LIFTED) == 1
    known = services.store.read(lambda tx: freezes.get(tx, "shop"))
    assert known is not None
    assert (known.stands, markers.texts) == (False, {})
