"""The planned mode: one approver, no loss, there and back."""

import re

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Message, Room, must_type, wait_until

pytestmark = pytest.mark.process


def test_a_planned_failover_and_its_failback_take_one_approver_and_lose_nothing(start: Start) -> None:
    room = start()
    there = _moved(room, '/dr failover eu-west-1 --reason "maintenance"', "eu-west-1")
    assert "eu-central-1 to eu-west-1" in there.words
    assert "active in eu-west-1" in room.ask(REQUESTER, "/dr status", "active in").text
    back = _moved(room, '/dr failback --reason "maintenance is over"', "eu-central-1")
    assert "eu-west-1 to eu-central-1" in back.words
    assert room.status("shop")["active_region"] == "eu-central-1"
    assert room.dr("audit", "verify").returncode == 0
    assert len(room.json("runs")["runs"]) == 2


def _moved(room: Room, command: str, target: str) -> Message:
    before = len(room.calls())
    card = room.open(REQUESTER, command)
    assert "1 approval missing of 1" in card.words
    approver = room.approvers[0]
    view = room.opened(approver, room.press(approver, card, "approve"))
    assert must_type(view) is None, "nothing can be lost, so nothing is typed"
    assert len(room.calls()) == before
    assert room.submit(approver, view) is None
    done = room.finished(card)
    assert re.search(r"^Loss: 0 s", done.words, re.MULTILINE), done.words
    world = room.world("shop")
    assert (world["writers"], world["answers"]) == ([target], [target])
    assert world["running"][target] == 4
    once = [one for one in room.calls()[before:] if one["operation"] == "SwitchoverGlobalCluster"]
    assert [one["effect"] for one in once] == ["applied"]
    wait_until(lambda: room.status("shop"), lambda s: s["active_region"] == target and s["runs"] == [], 10, "status")
    return done
