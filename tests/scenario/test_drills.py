"""A drill in Slack: asked for, its worker killed in the middle, cleaned up all the same, and told in the history."""

import json

import pytest

from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import REQUESTER, Json, Room, wait_until

pytestmark = pytest.mark.process
WEST = "eu-west-1"
STILL = 0.1


def drilled(room: Room) -> list[Json]:
    return [call for call in room.calls() if call["purpose"] == "drill"]


def test_a_probe_whose_worker_is_killed_is_ended_and_cleaned_up_by_the_next(start: Start) -> None:
    room = start()
    paper = room.ask(REQUESTER, "/dr drill", "tabletop drill")
    assert "Make the forced plan to eu-west-1" in paper.words
    assert drilled(room) == []
    room.speed(STILL)
    asked = room.ask(REQUESTER, "/dr drill --kind probe", "probe drill")
    assert "asked" in asked.text
    scaled = "the one copy more"
    wait_until(room.calls, lambda calls: any(c["operation"] == "UpdateService" for c in calls), 30, scaled, len)
    [drill, _] = room.json("drill", "history")["applications"][0]["drills"]
    assert drill["state"] == "running"
    killed = str(room.life("worker"))
    room.fault("worker_killed", for_s=2)
    room.speed(SPEED)

    def ended(_: object) -> bool:
        return any("probe drill" in one.text and "ended" in one.text for one in room.messages())

    wait_until(room.messages, ended, 60, "the end of the drill", len)
    [shop] = room.json("drill", "history")["applications"]
    probe, on_paper = shop["drills"]
    assert (probe["kind"], probe["state"], probe["failed"], probe["unknown"]) == ("probe", "passed", 0, 0)
    assert on_paper["kind"] == "tabletop"
    tried, ending = (_by(room, kind) for kind in ("drill.intent", "drill.ended"))
    assert killed in tried
    assert killed not in ending, "the next worker has ended it"
    assert room.world("shop")["running"] == {"eu-central-1": 4, WEST: 1}
    operations = [call["operation"] for call in drilled(room)]
    assert operations.count("PutObject") == 1
    assert "DeleteObjects" in operations
    assert room.status("shop")["last_drill"]["id"] == probe["id"]
    history = room.ask(REQUESTER, "/dr drill history", "2 drills")
    assert "probe" in history.words
    assert "100% passed" in history.words
    shown = room.ask(REQUESTER, f"/dr drill show {probe['id']}", probe["id"])
    assert "amount unknown" in shown.words
    assert room.dr("audit", "verify").returncode == 0


def _by(room: Room, kind: str) -> str:
    """Who has done that last, by name."""
    lines = room.dr("audit", "export").stdout.splitlines()
    bodies = [json.loads(json.loads(line)["body"]) for line in lines]
    return [str(body["actor"]["person"]) for body in bodies if body["kind"] == kind][-1]
