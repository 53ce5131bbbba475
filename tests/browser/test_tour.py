"""The main job as a person sees it: from a typed command to the card that says what it took."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SPEED
from tests.browser.visitor import ANSWER_MS, Visitor, visit
from tests.scenario.room import REQUESTER, Room

pytestmark = [pytest.mark.browser, pytest.mark.process]
APP, PRIMARY, STANDBY = "shop", "eu-central-1", "eu-west-1"
HOLD_DOWN_S, RUN_S = 180, 180
SLOW = 60.0
"""A world in which a run can be seen running."""
# Notes twenty times a second where the card lies; a step that moves must not push it about.
WATCH = """key => {
    window.seen = new Set();
    setInterval(() => {
        const box = document.querySelector(`[data-key="${key}"]`)?.getBoundingClientRect();
        if (box) window.seen.add(`x ${box.x}, width ${box.width}`);
    }, 50);
}"""


def test_a_lost_region_is_left_from_the_typed_command_to_the_measured_end(room: Room, browser: Browser) -> None:
    with visit(browser, room.url, REQUESTER) as me:
        _the_truth(me, PRIMARY)
        me.take_down(PRIMARY)
        _signals_are_named(me)
        _asked_for(me)
        _the_requester_cannot_approve(me)
        first, second = room.approvers[:2]
        wanted = _first_approval(me, first)
        me.page.evaluate(WATCH, me.card.get_attribute("data-key"))
        room.ok("/api/speed", {"speed": SLOW})
        _second_approval(me, second, wanted)
        _under_way(me)
        room.ok("/api/speed", {"speed": SPEED})
        _carried_out(me)
        assert len(me.page.evaluate("[...window.seen]")) == 1, me.page.evaluate("[...window.seen]")
        _the_truth(me, STANDBY)
        _anybody_can_use_it(me)
        assert me.complaints == []


def _the_truth(me: Visitor, active: str) -> None:
    answer = me.ask("/dr status", "DR status")
    expect(answer.get_by_role("heading", name="DR status")).to_be_visible()
    expect(answer).to_contain_text(f"{APP}: active in {active}")
    expect(answer).to_contain_text(f"writer {active}")
    expect(answer.get_by_role("columnheader", name="Exposure")).to_be_visible()
    assert me.weight(APP, active) > 0


def _signals_are_named(me: Visitor) -> None:
    change = me.messages.filter(has_text=re.compile(rf"{PRIMARY} .*down \(was")).last
    expect(change).to_contain_text("independent vantages", timeout=HOLD_DOWN_S * 1000)
    answer = me.ask("/dr status", "DR status")
    told = answer.get_by_text(re.compile(rf"{PRIMARY} \(active\).*down")).first
    expect(told).to_contain_text("independent vantages")
    for signal in ("bad: http", "bad: health-check", "bad: database"):
        expect(told).to_contain_text(signal)


def _asked_for(me: Visitor) -> None:
    me.say(f'/dr failover {STANDBY} --forced --reason "{PRIMARY} unreachable"')
    me.title("open")
    for words in (
        f"{PRIMARY} unreachable",
        "2 approvals missing of 2",
        "expires today",
        "control plane of",
        "Exposure",
        "(threshold ",
        ", age ",
        f"Make {STANDBY} the writer",
        "cannot be undone",
    ):
        expect(me.card).to_contain_text(words)
    assert me.nameless() == []


def _the_requester_cannot_approve(me: Visitor) -> None:
    me.press("Approve")
    me.heard("somebody else")
    expect(me.dialog).to_have_count(0)


def _first_approval(me: Visitor, approver: str) -> str:
    """What had to be typed."""
    me.become(approver)
    expect(me.messages.filter(has_text="Only visible to you")).to_have_count(0)
    dialog = me.open_approval()
    limit = dialog.get_by_role("textbox", name="to accept the loss")
    expect(limit).to_be_focused()
    assert me.nameless() == []
    wanted = limit.get_attribute("placeholder")
    assert wanted is not None
    me.send_approval("60")
    wrong = dialog.get_by_role("alert").filter(has_text=f"Type exactly: {wanted}")
    expect(wrong).to_be_in_viewport(timeout=ANSWER_MS)
    expect(limit).to_have_attribute("aria-invalid", "true")
    me.send_approval(wanted)
    expect(me.dialog).to_have_count(0, timeout=ANSWER_MS)
    expect(me.card).to_contain_text("1 approval missing of 2", timeout=ANSWER_MS)
    me.press("Approve")
    me.heard("You already approved")
    return wanted


def _second_approval(me: Visitor, approver: str, wanted: str) -> None:
    me.become(approver)
    me.open_approval()
    me.send_approval(wanted)
    expect(me.dialog).to_have_count(0, timeout=ANSWER_MS)
    me.heard("quorum is complete")


def _under_way(me: Visitor) -> None:
    me.title("running")
    steps = me.card.get_by_role("listitem")
    for name in ("Pause", "Abort", "Details"):
        expect(me.card.get_by_role("button", name=name)).to_be_visible()
    expect(steps.filter(has_text="running").first).to_be_visible(timeout=ANSWER_MS)
    expect(steps.filter(has_text="(took ").first).to_be_visible(timeout=ANSWER_MS)


def _carried_out(me: Visitor) -> None:
    steps = me.card.get_by_role("listitem")
    me.title("succeeded", RUN_S)
    expect(me.card.get_by_role("button")).to_have_count(0)
    expect(steps.filter(has_text=re.compile("running$|waiting$"))).to_have_count(0)
    expect(steps.filter(has_text=f"Scale {APP}/api in {PRIMARY} to zero")).to_contain_text("not reached")
    me.is_writer(APP, STANDBY)
    assert me.weight(APP, STANDBY) > me.weight(APP, PRIMARY) == 0
    for segment in ("detect", "decide", "prepare", "fence", "promote", "switch", "verify", "RTO"):
        measured = me.card.get_by_role("row", name=segment).get_by_role("cell").nth(1)
        expect(measured).to_have_text(re.compile(r"^\d[\d.]* (ms|s|m)"))
    expect(me.card).to_contain_text(re.compile(r"Loss: \d.*accepted limit \d+ s"))


def _anybody_can_use_it(me: Visitor) -> None:
    """Names for all, nothing wider than its place, and another ground colour in the dark."""
    assert me.nameless() == []
    assert me.sticks_out() == []
    ground = "getComputedStyle(document.body).backgroundColor"
    bright = me.page.evaluate(ground)
    me.page.emulate_media(color_scheme="dark")
    assert me.page.evaluate(ground) != bright
    expect(me.card).to_be_visible()


def test_a_planned_failover_needs_one_approver_and_no_mouse(room: Room, browser: Browser) -> None:
    with visit(browser, room.url, REQUESTER, color_scheme="dark") as me:
        keys = me.page.keyboard
        keys.type(f'/dr failover {STANDBY} --reason "maintenance"')
        keys.press("Enter")
        me.title("open")
        expect(me.card).to_contain_text("1 approval missing of 1")
        _chosen_by_keyboard(me, room.approvers[0])
        me.tab_to(me.card.get_by_role("button", name="Approve"))
        keys.press("Enter")
        expect(me.dialog).to_be_visible(timeout=ANSWER_MS)
        expect(me.dialog.get_by_role("textbox")).to_have_count(0)
        me.tab_to(me.dialog.get_by_role("button", name="Approve"))
        keys.press("Enter")
        me.heard("quorum is complete")
        me.title("succeeded", RUN_S)
        me.is_writer(APP, STANDBY)
        expect(me.card).to_contain_text("Loss: 0 s")
        expect(me.card).not_to_contain_text("not reached")
        assert me.complaints == []


def _chosen_by_keyboard(me: Visitor, user: str) -> None:
    people = me.page.get_by_label("You are")
    me.tab_to(people, key="Shift+Tab")
    name = people.locator(f"option[value={user}]").inner_text()
    me.page.keyboard.type(name)
    expect(people).to_have_value(user)
    me.page.keyboard.press("Enter")
