"""The worker dies or sleeps in the middle, the bot dies: the run ends once, and is told in full."""

import pytest

from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import Json, Message, Room, wait_until
from tests.scenario.test_control import SLOW, approved, promoting

pytestmark = pytest.mark.process
TARGET = "eu-west-1"


def begun(room: Room) -> Message:
    """A planned run whose database is being promoted, until the room's next speed."""
    card = approved(room)
    promoting(room)
    assert room.world("shop")["writers"] != [TARGET]
    return card


def ended(room: Room) -> Json:
    """The only run, once it is over."""
    runs = wait_until(lambda: room.json("runs")["runs"], lambda r: r[0]["state"] != "running", 45, "the end of the run")
    assert [one["state"] for one in runs] == ["succeeded"]
    found: Json = runs[0]
    return found


def test_a_worker_killed_during_the_promotion_resumes_the_run_when_it_is_back(start: Start) -> None:
    room = start(speed=SLOW)
    card = begun(room)
    room.fault("worker_killed", for_s=2)
    room.speed(SPEED)
    room.finished(card)
    assert room.world("shop")["writers"] == [TARGET]
    assert set(room.effects().values()) == {1}, room.effects()
    kinds = room.trail(ended(room)["request"])
    assert kinds.count("run.taken") == 2, "the second worker took it up"
    assert kinds.count("run.succeeded") == 1
    assert room.dr("audit", "verify").returncode == 0


def test_a_worker_that_slept_past_its_lease_does_nothing_twice(start: Start) -> None:
    room = start(speed=SLOW)
    card = begun(room)
    past_the_lease = 22
    room.fault("worker_paused", for_s=past_the_lease)
    room.speed(SPEED)
    room.finished(card, timeout=past_the_lease + 40)
    assert set(room.effects().values()) == {1}, room.effects()
    assert room.dr("audit", "verify").returncode == 0


def _all(messages: list[Message]) -> str:
    return "\n".join(block["text"]["text"] for one in messages for block in one.blocks if "text" in block)


def test_a_bot_killed_during_a_run_loses_nothing(start: Start) -> None:
    room = start(speed=SLOW)
    card = begun(room)
    room.told(card, "the quorum is complete")
    room.fault("bot_killed", for_s=3)
    room.speed(SPEED)
    done = room.finished(card)
    assert "RTO" in done.words
    assert len(room.cards()) == 1, "one card a request"
    told = wait_until(lambda: room.thread(card), lambda t: "the run is done" in _all(t), 10, "the whole story", _all)
    assert _all(told).count("the quorum is complete") == 1
