"""The whole round on the page, with three regions: detected, proposed, approved, left, reported, and home again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import SPEED
from tests.browser.visitor import ANSWER_MS, Visitor, visit
from tests.scenario import launching
from tests.scenario.room import REQUESTER, Room, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.process]
TOPOLOGY = Path(__file__).parents[1] / "topologies" / "three.yaml"
APP, HOME, TARGETS = "tickets", "eu-north-1", ("eu-west-1", "eu-central-1")
PROPOSED_S, RUN_S, REBUILT_S = 180, 180, 180


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with launching.running(TOPOLOGY, tmp_path / "data", SPEED) as one:
        yield one


def test_there_and_back_is_one_round_on_the_page(room: Room, browser: Browser) -> None:
    with visit(browser, room.url, REQUESTER) as me:
        expect(me.ask("/dr status", "DR status")).to_contain_text(f"{APP}: active in {HOME}")
        me.take_down(HOME)
        target = _proposed(me, room)
        _approved(me, room)
        me.title("succeeded", RUN_S)
        me.is_writer(APP, target)
        _reported(me)
        _home(me, room)
        _closed(me, room)
        me.say("/dr status")
        expect(me.messages.filter(has_text=f"{APP}: active in {HOME}").last).to_be_visible(timeout=ANSWER_MS)
        assert me.nameless() == []
        assert me.sticks_out() == []
        assert me.complaints == []
    assert room.dr("audit", "verify").returncode == 0


def _proposed(me: Visitor, room: Room) -> str:
    """Nobody typed anything: an incident and a request; where to, says the least exposure."""
    incident = me.messages.filter(has=me.page.get_by_role("heading", name=re.compile("^.*Incident"))).last
    expect(incident).to_contain_text("independent vantages", timeout=PROPOSED_S * 1000)
    me.title("open", PROPOSED_S)
    expect(me.card).to_contain_text("Asked by Detection")
    target = str(room.json("requests")["requests"][0]["target"])
    assert target in TARGETS
    expect(me.card).to_contain_text(f"to {target}")
    return target


def _approved(me: Visitor, room: Room) -> None:
    for number, approver in enumerate(room.approvers[:2], 1):
        me.become(approver)
        dialog = me.open_approval()
        wanted = dialog.get_by_role("textbox", name="to accept the loss").get_attribute("placeholder")
        assert wanted is not None
        me.send_approval(wanted)
        expect(me.dialog).to_have_count(0, timeout=ANSWER_MS)
        if number == 1:
            expect(me.card).to_contain_text("1 approval missing of 2", timeout=ANSWER_MS)


def _reported(me: Visitor) -> None:
    """The after-action report stands in the card's thread by itself, with its files."""
    me.card.locator("summary").last.click()
    report = me.card.get_by_role("article").filter(has_text="After-action report")
    expect(report.last).to_be_visible(timeout=ANSWER_MS)
    for form in ("md", "html"):
        expect(report.last.get_by_role("link", name=re.compile(rf"report of run-\w+ \({form}\)"))).to_be_visible()


def _home(me: Visitor, room: Room) -> None:
    """The region is back, what was lost is signed for, and the application goes home."""
    me.world.get_by_role("button", name=f"Bring {HOME} back").click()
    item = wait_until(lambda: room.json("reconcile", "list")["open"], bool, 60, "lost writes")[0]
    wait_until(lambda: room.json("reconcile", "list")["open"][0], lambda one: one["kept"] == "yes", 60, "a copy")
    me.become(room.approvers[0])
    me.say(f'/dr reconcile sign {item["id"]} --note "two orders entered again"')
    expect(me.messages.filter(has_text="two orders entered again").last).to_be_visible(timeout=ANSWER_MS)
    me.become(REQUESTER)
    wait_until(
        lambda: room.status(APP)["regions"][HOME]["role"], lambda role: role == "fenced", 60, "the old side fenced"
    )
    me.say('/dr failback --reason "home again"')
    expect(me.card.get_by_role("heading")).to_contain_text("failback", timeout=ANSWER_MS)
    me.title("open")
    me.become(room.approvers[0])
    me.open_approval().get_by_role("button", name="Approve").click()
    me.title("succeeded", REBUILT_S)
    expect(me.card).to_contain_text("Loss: 0 s")
    me.is_writer(APP, HOME)


def _closed(me: Visitor, room: Room) -> None:
    me.say('/dr incident close --reason "home again"')
    wait_until(lambda: room.json("incidents")["incidents"][0]["closed_at"], bool, 20, "the incident's end")
