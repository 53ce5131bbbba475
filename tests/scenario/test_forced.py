"""A region is lost: seen, left with two approvals, once, measured; and the old side is fenced afterwards."""

import hashlib
import json
import re

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Room, must_type, texts, title, wait_until

pytestmark = pytest.mark.process
LOST, TARGET = "eu-central-1", "eu-west-1"


def test_a_lost_region_is_left_with_two_approvals_and_measured_to_the_end(start: Start) -> None:
    room = start()
    room.fault("region_down", region=LOST)
    down = _seen_down(room)
    assert any("vantages" in reason for reason in down["reasons"]), "which signals say so"
    _planned_is_blocked(room)
    card = room.open(REQUESTER, f'/dr failover {TARGET} --forced --reason "{LOST} unreachable"')
    for word in ("2 approvals missing of 2", "plane", "Exposure", "expires", f"{LOST} unreachable", "best effort"):
        assert word in card.words
    _approvals(room, card.ts)
    done = room.finished(room.card(card.ts))
    _shown_as_measured(done.words)
    assert done.buttons == {}
    room.mend()
    world = room.world("shop")
    assert (world["writers"], world["answers"]) == ([TARGET], [TARGET])
    assert world["weights"][TARGET] > world["weights"][LOST] == 0
    assert f"active in {TARGET}" in room.ask(REQUESTER, "/dr status", "active in").text
    assert set(room.effects().values()) == {1}, room.effects()
    _trail_is_whole(room)
    _fenced_late(room)


def _seen_down(room: Room) -> dict[str, list[str]]:
    hold_down_and_some = 15
    told = wait_until(lambda: room.status("shop")["regions"], _one_down, hold_down_and_some, "down, and only that one")
    found: dict[str, list[str]] = told[LOST]
    return found


def _one_down(regions: Json) -> bool:
    return (regions[LOST]["verdict"], regions[TARGET]["verdict"]) == ("down", "healthy")


def _planned_is_blocked(room: Room) -> None:
    view = room.opened(REQUESTER, room.say(REQUESTER, f"/dr failover {TARGET}"))
    told = "\n".join(texts(view["blocks"]))
    assert f"{LOST} is down" in told
    assert "--forced" in told, "the way out"
    assert room.cards() == []


def _approvals(room: Room, ts: str) -> None:
    first, second = room.approvers[:2]
    card = room.card(ts)
    assert "somebody else" in room.answer(REQUESTER, lambda: room.press(REQUESTER, card, "approve"), "opened").words
    view = room.opened(first, room.press(first, card, "approve"))
    wanted = must_type(view)
    assert wanted == "3600", "the exposure, the time to expiry and the promotion, rounded up"
    assert room.submit(first, view, accept_loss="60") == {"accept_loss": "Type exactly: 3600"}
    assert room.submit(first, view, accept_loss=wanted) is None
    again = room.answer(first, lambda: room.press(first, card, "approve"), "already approved")
    assert "You already approved" in again.words
    wait_until(
        lambda: room.card(ts), lambda c: "1 approval missing of 2" in c.words, 5, "the first ack", lambda c: c.words
    )
    assert room.calls() == [], "nothing is changed before the quorum"
    assert "the quorum is complete" in room.approve(second, card).words


def _shown_as_measured(words: str) -> None:
    for segment in ("detect", "decide", "prepare", "fence", "promote", "switch", "verify", "RTO"):
        assert re.search(rf"^{segment}\n[\d.]+ (ms|s|m)\b", words, re.MULTILINE), (segment, words)
    assert re.search(r"^Loss: \d+ (s|m)\b.*accepted limit 3600 s", words, re.MULTILINE), words
    assert "not reached" in words


def _trail_is_whole(room: Room) -> None:
    [request] = room.json("requests")["requests"]
    kinds = room.trail(request["id"])
    assert kinds[0] == "request.opened"
    assert kinds.count("request.acked") == 2
    assert kinds.count("run.created") == 1
    assert kinds.index("run.gates_passed") < kinds.index("step.not_reached")
    assert "run.succeeded" in kinds
    verdict = room.dr("audit", "verify")
    assert verdict.returncode == 0
    heads: dict[str, str] = {}
    for line in room.dr("audit", "export").stdout.splitlines():
        event = json.loads(line)
        assert event["prev"] == heads.get(event["chain"], "0" * 64)
        link = hashlib.sha256(bytes.fromhex(event["prev"]) + event["body"].encode()).hexdigest()
        assert event["hash"] == link
        heads[event["chain"]] = link
    assert request["id"] in heads


def _fenced_late(room: Room) -> None:
    """What could not be reached is tried again for as long as it takes."""
    tried_every_ten_seconds = 20
    wait_until(lambda: room.world("shop")["running"][LOST], lambda n: n == 0, tried_every_ten_seconds, "the late fence")
    assert room.world("shop")["writers"] == [TARGET]
    card = room.cards()[-1]
    wait_until(lambda: "\n".join(one.words for one in room.thread(card)), lambda t: "late" in t, 10, "a word of it")
    wait_until(lambda: room.status("shop")["regions"][LOST], lambda r: r["role"] == "fenced", 15, "its role")
    assert set(room.effects().values()) == {1}


def test_a_person_outside_the_group_cannot_approve(start: Start) -> None:
    room = start(edits={"{users: [U0ADA, U0GRACE, U0LINUS]}": "{users: [U0ADA, U0GRACE]}"})
    card = room.open("U0ADA", f"/dr failover {TARGET}")
    heard = room.answer("U0LINUS", lambda: room.press("U0LINUS", card, "approve"), "Refused")
    assert "not in the group" in heard.words
    assert "open" in title(room.card(card.ts))
    assert room.calls() == []
