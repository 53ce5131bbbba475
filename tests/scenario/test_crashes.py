"""The worker dies or sleeps in the middle, Slack goes away, the bot dies: the run ends once, and is told in full."""

import re

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Message, Room, wait_until

pytestmark = pytest.mark.process
SLOW = 60.0


def begun(room: Room, command: str = "/dr failover eu-west-1") -> Message:
    """A planned run whose database is being promoted."""
    card = room.open(REQUESTER, command)
    room.approve(room.approvers[0], card)
    wait_until(room.calls, lambda calls: asked_for(calls) == 1, 30, "the switchover", len)
    return card


def asked_for(calls: list[Json]) -> int:
    return len([one for one in calls if one["operation"] == "SwitchoverGlobalCluster"])


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
    room.finished(card)
    assert room.world("shop")["writers"] == ["eu-west-1"]
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
    room.finished(card, timeout=past_the_lease + 40)
    assert set(room.effects().values()) == {1}, room.effects()
    assert room.dr("audit", "verify").returncode == 0


def test_a_run_does_not_wait_for_slack_and_is_told_in_full_when_slack_is_back(start: Start) -> None:
    room = start(speed=SLOW)
    card = begun(room)
    outage = room.fault("slack_down")
    run = ended(room)
    assert "succeeded" not in room.card(card.ts).words, "nobody could be told"
    assert room.dr("status").returncode == 0, "the terminal still works"
    room.mend(outage)
    room.finished(card, timeout=30)
    told = wait_until(lambda: room.thread(card), lambda t: "the run is done" in _all(t), 10, "the whole story", _all)
    lines = [line for message in told for line in message.text.split("; ") if re.match(r"\d\d:\d\d:\d\d UTC", line)]
    assert [line[:8] for line in lines] == sorted(line[:8] for line in lines), "in order"
    steps = room.json("run", "show", run["id"])["steps"]
    for step in steps:
        assert sum(f"done: {step['title']}" in line for line in _all(told).splitlines()) == 1, step["title"]
    wait_until(lambda: room.call("/api/ready")[0], lambda status: status == 200, 20, "the bot to be connected again")
    assert "active in eu-west-1" in room.ask(REQUESTER, "/dr status", "active in").text


def _all(messages: list[Message]) -> str:
    return "\n".join(block["text"]["text"] for one in messages for block in one.blocks if "text" in block)


def test_a_bot_killed_during_a_run_loses_nothing(start: Start) -> None:
    room = start(speed=SLOW)
    card = begun(room)
    room.told(card, "the quorum is complete")
    room.fault("bot_killed", for_s=3)
    done = room.finished(card)
    assert "RTO" in done.words
    assert len(room.cards()) == 1, "one card a request"
    told = wait_until(lambda: room.thread(card), lambda t: "the run is done" in _all(t), 10, "the whole story", _all)
    assert _all(told).count("the quorum is complete") == 1
