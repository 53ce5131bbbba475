"""Where every region serves: users are shifted away from one and brought back, by weights and by routing controls."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Room, wait_until

pytestmark = pytest.mark.process

FRA, DUB, STO = "eu-central-1", "eu-west-1", "eu-north-1"


def test_users_are_shifted_away_and_brought_back(start: Start) -> None:
    """By weights from a region that is well, and by routing controls from one of three that is lost."""
    room = start("active.yaml")
    _serving(room, "catalog", FRA, DUB)
    _moved(room, f"/dr failover {DUB} catalog")
    assert room.world("catalog")["weights"] == {FRA: 0, DUB: 30}
    assert room.world("catalog")["answers"] == [DUB]
    _serving(room, "catalog", DUB)

    asked = room.ask(REQUESTER, f"/dr failover {DUB} edge", "--from")
    assert "has to be said" in asked.text
    room.fault("region_down", region=STO)
    room.fault("region_down", region="us-west-2")  # one of the five endpoints
    wait_until(lambda: room.status("edge"), lambda seen: seen["regions"][STO]["verdict"] == "down", 30, "it is down")
    card = _moved(room, f"/dr failover {DUB} edge")
    assert f"{STO} to {DUB}" in card
    assert set(room.world("edge")["answers"]) == {DUB, FRA}
    _serving(room, "edge", DUB, FRA)

    room.ok("/api/faults", method="DELETE")
    wait_until(lambda: room.status("edge"), lambda seen: seen["regions"][STO]["verdict"] == "healthy", 30, "it is back")
    _moved(room, "/dr failback edge")
    _moved(room, "/dr failback catalog")
    assert room.world("catalog")["weights"] == {FRA: 70, DUB: 30}
    _serving(room, "catalog", FRA, DUB)
    _serving(room, "edge", STO, DUB, FRA)
    assert "serves already" in room.ask(REQUESTER, "/dr failback catalog", "already").text
    assert set(room.effects().values()) == {1}, room.effects()


def _moved(room: Room, command: str) -> str:
    card = room.open(REQUESTER, command)
    assert "1 approval missing of 1" in card.words
    room.approve(room.approvers[0], card)
    return room.finished(card).words


def _serving(room: Room, application: str, *regions: str) -> None:
    """Those regions have the role active, and no other; there is no one active region, and it is said why."""

    def serving(seen: Json) -> bool:
        return {name for name, region in seen["regions"].items() if region["role"] == "active"} == set(regions)

    seen = wait_until(lambda: room.status(application), lambda s: serving(s) and not s["runs"], 30, "status")
    assert seen["active_region"] is None
    assert "serve" in seen["active_reason"]
