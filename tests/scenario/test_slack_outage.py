"""Slack is never on the path: away, throttled, or with the bot killed while it catches up, the run goes on unmoved."""

import re

import pytest

from tests.scenario.conftest import SPEED, Start
from tests.scenario.room import REQUESTER, Json, Message, Room, wait_until

pytestmark = pytest.mark.process
STILL = 0.1
LINE = re.compile(r"^\d\d:\d\d:\d\d UTC ")


def begun(room: Room, fault: str, **scope: float) -> tuple[Message, str]:
    """The card of a request whose run has just begun, and what is wrong with Slack from its first moments on."""
    card = room.open(REQUESTER, "/dr failover eu-west-1")
    room.kept(card)
    room.speed(STILL)
    room.approve(room.approvers[0], card)
    wrong = room.fault(fault, **scope)
    room.speed(SPEED)
    return card, wrong


def ended(room: Room) -> Json:
    """The only run, once it is over."""

    def over(runs: list[Json]) -> bool:
        return bool(runs) and runs[0]["state"] in ("succeeded", "failed", "aborted")

    [found] = wait_until(lambda: room.json("runs")["runs"], over, 90, "the end of the run")
    assert found["state"] == "succeeded"
    return room.json("run", "show", found["id"])


def told(room: Room, card: Message) -> list[str]:
    """Every line of the thread, in the order in which it stands there."""
    texts = [block["text"]["text"] for one in room.thread(card) for block in one.blocks if "text" in block]
    return [line for text in texts for line in text.split("\n") if LINE.match(line)]


def complete(room: Room, card: Message, shown: Json, *, repeated: int = 0) -> None:
    """The whole story stands in the thread: in order, and told once but for so many lines."""
    lines = wait_until(
        lambda: told(room, card), lambda found: any("the run is done" in one for one in found), 45, "all"
    )
    unique = list(dict.fromkeys(lines))
    assert len(lines) - len(unique) <= repeated, lines
    assert [line[:8] for line in unique] == sorted(line[:8] for line in unique)
    for step in shown["steps"]:
        assert sum(f"done: {step['title']}" in line for line in unique) == 1, step["title"]
    assert len([one for one in room.cards() if one.ts == card.ts]) == 1


def test_a_run_does_not_wait_for_slack_and_is_told_in_full_when_slack_is_back(start: Start) -> None:
    room = start()
    card, outage = begun(room, "slack_down")
    shown = ended(room)
    assert "succeeded" not in room.card(card.ts).words, "nobody could be told"
    assert room.dr("status").returncode == 0, "the terminal still works"
    before = len(room.thread(card))
    room.mend(outage)
    room.finished(card, timeout=45)
    complete(room, card, shown)
    assert len(room.thread(card)) - before <= 6, "few messages, no flood"
    room.until_ready()
    assert "active in eu-west-1" in room.ask(REQUESTER, "/dr status", "active in").text


def test_a_slack_that_wants_fewer_calls_is_left_alone_and_caught_up_in_order(start: Start) -> None:
    room = start()
    card, throttled = begun(room, "slack_429", value=4)
    shown = ended(room)
    assert "succeeded" not in room.card(card.ts).words
    before = len(room.thread(card))
    room.mend(throttled)
    room.finished(card, timeout=45)
    complete(room, card, shown)
    assert len(room.thread(card)) - before <= 6, "few messages, no flood"


def test_a_bot_killed_while_it_catches_up_goes_on_where_it_was(start: Start) -> None:
    room = start()
    card, outage = begun(room, "slack_down")
    shown = ended(room)
    before = len(room.thread(card))
    room.mend(outage)
    wait_until(lambda: len(room.thread(card)), lambda count: count > before, 45, "the first message")
    room.fault("bot_killed", for_s=2)
    room.until_ready()
    room.finished(card, timeout=45)
    lines_of_one_message = 10
    complete(room, card, shown, repeated=lines_of_one_message)
    assert len(room.cards()) == 1
