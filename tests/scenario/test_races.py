"""Double clicks, two people in the same second, old and forged buttons: exactly one effect."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, must_type, wait_until

pytestmark = pytest.mark.process
T = TypeVar("T")


def at_once(*doing: Callable[[], T]) -> list[T]:
    with ThreadPoolExecutor(len(doing)) as pool:
        return [one.result() for one in [pool.submit(work) for work in doing]]


def test_a_double_click_and_two_approvers_in_the_same_moment_start_one_run(start: Start) -> None:
    room = start()
    ada, grace, linus = room.approvers
    card = room.open(REQUESTER, "/dr failover eu-west-1 --forced --reason drill")

    forged = {"user": ada, "channel": room.incident, "ts": card.ts, "action_id": "approve", "value": "forged"}
    status, answer = room.call("/api/actions", forged)
    assert (status, answer.get("view")) in ((400, None), (200, None)), answer

    def click() -> Json | None:
        return room.press(ada, card, "approve")

    room.opened(ada, at_once(click, click)[-1])
    views: list[Json] = room.ok(f"/api/views/{ada}")["views"]

    def send(user: str, view: Json) -> Callable[[], tuple[int, Json]]:
        return lambda: room.call(
            "/api/views",
            {"user": user, "view_id": view["id"], "values": {"accept_loss": {"value": must_type(view)}}},
        )

    view = views[-1]
    action = next(one["element"]["action_id"] for one in view["blocks"] if one.get("block_id") == "accept_loss")
    assert action == "value"
    at_once(*(send(ada, one) for one in views for _ in range(2)))
    wait_until(
        lambda: room.card(card.ts), lambda c: "1 approval missing of 2" in c.words, 8, "one ack", lambda c: c.words
    )

    others = {user: room.opened(user, room.press(user, card, "approve")) for user in (grace, linus)}
    at_once(*(send(user, one) for user, one in others.items()))
    room.finished(card)
    slower, faster = sorted((grace, linus), key=lambda user: "recorded" in room.heard(user))
    assert "already approved by Ada and " in room.heard(slower)
    assert "the quorum is complete" in room.heard(faster)

    [run] = room.json("runs")["runs"]
    assert run["state"] == "succeeded"
    kinds = room.trail(run["request"])
    assert kinds.count("request.acked") == 2
    assert kinds.count("request.approved") == kinds.count("run.created") == 1
    assert set(room.effects().values()) == {1}, room.effects()
    old = card.buttons["approve"]
    later = room.answer(slower, lambda: room.press(slower, card, "approve", old), "already approved")
    assert "/dr runs" in later.words
