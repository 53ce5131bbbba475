"""The primary dies in the middle of a planned switchover: a forced request takes the run's place, and RDS takes it."""

import pytest

from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import REQUESTER, Room, wait_until
from tests.scenario.test_control import SLOW, approved, promoting

pytestmark = pytest.mark.process
LOST, TARGET = "eu-central-1", "eu-west-1"


def applied(room: Room, operation: str) -> int:
    calls = [one for one in room.calls() if one["operation"] == operation]
    return len([one for one in calls if one["effect"] == "applied"])


def test_a_switchover_that_does_not_end_is_escalated_to_a_failover(start: Start) -> None:
    room = start(speed=SLOW)
    card = approved(room)
    promoting(room)
    room.fault("region_down", region=LOST)
    room.speed(SPEED)
    planned = room.json("runs")["runs"][0]["id"]
    regions = wait_until(lambda: room.status("shop")["regions"], lambda r: r[LOST]["verdict"] == "down", 30, "down")
    assert regions[TARGET]["verdict"] != "down"
    forced = room.open(REQUESTER, f'/dr run escalate {planned} --reason "{LOST} is gone in the middle"')
    assert "In place of run" in forced.words
    assert planned in forced.words
    for approver in room.approvers[:2]:
        room.approve(approver, forced)
    room.finished(forced, timeout=120)
    assert room.world("shop")["writers"] == [TARGET]
    assert applied(room, "FailoverGlobalCluster") == 1
    assert applied(room, "SwitchoverGlobalCluster") == 1
    states = {one["id"]: one["state"] for one in room.json("runs")["runs"]}
    assert states.pop(planned) == "aborted"
    assert list(states.values()) == ["succeeded"]
    assert "superseded" in room.finished(card, "aborted").words
    room.mend()  # the anchors of the lost region can be read again
    wait_until(lambda: room.dr("audit", "verify").returncode, lambda code: code == 0, 30, "the whole trail verified")
