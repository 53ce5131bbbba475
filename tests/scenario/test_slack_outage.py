"""Slack is never on the path: away, throttled, or with the bot killed while it catches up, the run goes on unmoved."""

import re
from itertools import pairwise

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Message, Room, wait_until

pytestmark = pytest.mark.process
SPEED = 60.0
LINE = re.compile(r"^\d\d:\d\d:\d\d UTC ")


def approved(room: Room, command: str) -> Message:
    """The card of a request whose run begins at this moment."""
    card = room.open(REQUESTER, command)
    room.kept(card)
    room.approve(room.approvers[0], card)
    return card


def ended(room: Room, count: int) -> Json:
    """The newest of so many runs, once it is over."""

    def over(runs: list[Json]) -> bool:
        return len(runs) == count and runs[0]["state"] in ("succeeded", "failed", "aborted")

    found = wait_until(lambda: room.json("runs")["runs"], over, 90, "the end of the run")[0]
    assert found["state"] == "succeeded"
    return room.json("run", "show", found["id"])


def took(shown: Json) -> float:
    """Seconds from the quorum to the end, as the trail has it."""
    return float(sum(one["seconds"] for one in shown["segments"] if one["name"] not in ("detect", "decide")))


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


def test_a_run_takes_as_long_without_slack_as_with_it_and_is_told_in_full_afterwards(start: Start) -> None:
    room = start(speed=SPEED)
    card = approved(room, "/dr failover eu-west-1")
    with_slack = ended(room, 1)
    complete(room, card, with_slack)
    card = approved(room, "/dr failback")
    outage = room.fault("slack_down")
    without = ended(room, 2)
    assert took(without) <= took(with_slack) * 1.5 + 5
    assert "succeeded" not in room.card(card.ts).words, "nobody could be told"
    before = len(room.thread(card))
    room.mend(outage)
    room.finished(card, timeout=45)
    complete(room, card, without)
    assert len(room.thread(card)) - before <= 6, "few messages, no flood"


def test_a_slack_that_wants_fewer_calls_is_left_alone_and_caught_up_in_order(start: Start) -> None:
    room = start(speed=SPEED)
    card = approved(room, "/dr failover eu-west-1")
    throttled = room.fault("slack_429", value=4)
    shown = ended(room, 1)
    assert "succeeded" not in room.card(card.ts).words
    before = {one.ts for one in room.thread(card)}
    room.mend(throttled)
    room.finished(card, timeout=45)
    complete(room, card, shown)
    at = [float(one.ts) for one in room.thread(card) if one.ts not in before]
    assert all(later - earlier > 0.8 for earlier, later in pairwise(at[1:])), "about one message a second"


def test_a_bot_killed_while_it_catches_up_goes_on_where_it_was(start: Start) -> None:
    room = start(speed=SPEED)
    card = approved(room, "/dr failover eu-west-1")
    outage = room.fault("slack_down")
    shown = ended(room, 1)
    before = len(room.thread(card))
    room.mend(outage)
    wait_until(lambda: len(room.thread(card)), lambda count: count > before, 45, "the first message")
    room.fault("bot_killed", for_s=2)
    room.until_ready()
    room.finished(card, timeout=45)
    lines_of_one_message = 10
    complete(room, card, shown, repeated=lines_of_one_message)
    assert len(room.cards()) == 1
