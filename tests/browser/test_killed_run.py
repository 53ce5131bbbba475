"""The card of a killed run as a person sees it: it stops, says so and the way out, and goes on by itself."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import ANSWER_MS, visit
from tests.scenario.room import REQUESTER, Room, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.process]
TARGET = "eu-west-1"
SLOW, FAST = 6.0, 400.0
SILENCE_S, RUN_S = 180, 180


def test_the_card_of_a_killed_run_says_that_it_stands_still_and_goes_on(room: Room, browser: Browser) -> None:
    with visit(browser, room.url, REQUESTER) as me:
        room.ok("/api/speed", {"speed": SLOW})
        card = room.open(REQUESTER, f'/dr failover {TARGET} --reason "maintenance"')
        room.approve(room.approvers[0], card)
        wait_until(room.calls, _promoting, 60, "the switchover", len)
        me.title("running")
        dead = room.fault("worker_killed")
        me.title("stalled", SILENCE_S)
        expect(me.card).to_contain_text(re.compile(r"Its worker has not been heard of for \d\d s"))
        expect(me.card).to_contain_text("another takes it by itself")
        expect(me.card).to_contain_text("/dr run takeover run-")
        expect(me.card.get_by_role("button", name="Abort")).to_be_visible()
        assert me.nameless() == []
        assert me.sticks_out() == []
        room.mend(dead)
        room.ok("/api/speed", {"speed": FAST})
        me.title("running|succeeded")
        expect(me.card).not_to_contain_text("has not been heard of", timeout=ANSWER_MS)
        me.title("succeeded", RUN_S)
        expect(me.card.get_by_role("button")).to_have_count(0)
        me.is_writer("shop", TARGET)
        assert set(room.effects().values()) == {1}, room.effects()
        assert me.complaints == []


def _promoting(calls: list[dict[str, object]]) -> bool:
    return any(one["operation"] == "SwitchoverGlobalCluster" for one in calls)
