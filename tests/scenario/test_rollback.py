"""A run is aborted in its middle and taken back by a request: what it has moved is where it was, and it stays so."""

import pytest

from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import REQUESTER, wait_until
from tests.scenario.test_control import SLOW, TARGET, approved, promoting, run_of, titled

pytestmark = pytest.mark.process
HOME = "eu-central-1"


def test_a_run_that_was_aborted_in_its_middle_is_taken_back(start: Start) -> None:
    room = start(speed=SLOW)
    approver = room.approvers[0]
    before = room.world("shop")
    card = approved(room)
    promoting(room)
    run = run_of(room, card)["id"]
    assert "is not finished" in room.ask(REQUESTER, f"/dr rollback {run}", "is not finished").words
    view = room.opened(approver, room.say(approver, '/dr run abort --reason "the wrong one"'))
    assert room.submit(approver, view) is None
    titled(room, card, "aborting")
    room.speed(SPEED)
    room.finished(card, "aborted")
    assert room.world("shop")["writers"] == [TARGET], "the promotion that was under way has ended"
    found = room.json("run", "show", run)["rollback"]
    assert any("the writer of global cluster" in title for title in found["steps"])
    listed = room.ask(REQUESTER, "/dr runs", "rollback: ").words
    assert f"rollback: {len(found['steps'])} steps" in listed
    back = room.open(REQUESTER, f'/dr rollback {run} --reason "it was the wrong one"')
    assert f"rollback of shop to {HOME}" in back.words
    assert run in back.words
    room.approve(approver, back)
    room.finished(back)
    now = wait_until(lambda: room.world("shop"), lambda seen: _same(seen, before), 30, "the world as it was")
    assert now["writers"] == [HOME]
    assert "taken back by" in room.ask(REQUESTER, f"/dr rollback {run}", "already").words
    assert room.dr("audit", "verify").returncode == 0


def _same(now: dict[str, object], before: dict[str, object]) -> bool:
    return all(now[key] == before[key] for key in ("writers", "answers", "weights", "running"))
