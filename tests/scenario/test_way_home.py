"""The way home after a lost region: what was lost is found and signed for, then everything goes back and stands."""

import re

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Room, must_type, texts, wait_until

pytestmark = pytest.mark.process
HOME, AWAY = "eu-central-1", "eu-west-1"


def test_a_region_that_returns_with_lost_writes_and_a_writer_is_dealt_with_before_users_go_home(start: Start) -> None:
    room = start()
    asker, second, third = room.approvers[:3]
    _lost(room, asker, second, third)
    room.mend()
    assert _item(room)["kept"] in ("wanted", "asked", "yes")
    item = wait_until(lambda: _item(room), lambda one: one["kept"] == "yes", 60, "a copy that stays")
    assert item["id"] in room.ask(REQUESTER, "/dr status", item["id"]).words
    assert item["copy_name"] in room.ask(REQUESTER, "/dr reconcile list", item["id"]).words
    _waits_for_a_signature(room, item["id"])
    own = room.ask(asker, f'/dr reconcile sign {item["id"]} --note "looks fine to me"', "another person")
    assert "You asked for" in own.words
    signed = room.ask(second, f'/dr reconcile sign {item["id"]} --note "12 orders entered by hand"', "signed by")
    assert "12 orders entered by hand" in signed.words
    told = wait_until(
        lambda: _lines(room), lambda said: any("signed the lost writes" in one for one in said), 20, "told"
    )
    assert any(f"lost writes, {item['id']}" in one for one in told)
    _goes_home(room, second)
    assert room.status("shop")["lost_writes"] == []
    copies = [one for one in room.calls() if one["operation"] == "CopyDBClusterSnapshot"]
    assert [(one["region"], one["purpose"], one["effect"]) for one in copies] == [(HOME, "reconcile", "applied")]
    assert room.dr("audit", "verify").returncode == 0


def _lost(room: Room, asker: str, *approvers: str) -> None:
    """The region hangs, and its writer lives on behind the cut."""
    room.fault("region_hangs", region=HOME)
    wait_until(lambda: room.status("shop")["regions"][HOME], lambda r: r["verdict"] == "down", 30, "down")
    card = room.open(asker, f'/dr failover {AWAY} --forced --reason "{HOME} unreachable"')
    for approver in approvers:
        room.approve(approver, card)
    room.finished(card)


def _item(room: Room) -> dict[str, str]:
    found = wait_until(lambda: room.json("reconcile", "list")["open"], bool, 60, "an item for the lost writes")
    assert [one["kind"] for one in found] == ["snapshot"]
    item: dict[str, str] = found[0]
    return item


def _lines(room: Room) -> list[str]:
    return [one.text for one in room.messages() if one.to is None and one.thread in (None, one.ts)]


def _waits_for_a_signature(room: Room, item: str) -> None:
    view = room.opened(REQUESTER, room.say(REQUESTER, "/dr failback"))
    told = "\n".join(texts(view["blocks"]))
    assert item in told
    assert "reconcile sign" in told


def _goes_home(room: Room, approver: str) -> None:
    wait_until(lambda: room.world("shop"), lambda now: now["writers"] == [AWAY], 60, "one writer again")
    wait_until(lambda: room.status("shop")["regions"], lambda r: r[HOME]["role"] == "fenced", 60, "the old side fenced")
    card = room.open(REQUESTER, '/dr failback --reason "it is back"', timeout=30)
    assert "failback" in card.words
    view = room.opened(approver, room.press(approver, card, "approve"))
    assert must_type(view) is None
    assert room.submit(approver, view) is None
    done = room.finished(card, timeout=120)
    assert re.search(r"^Loss: 0 s", done.words, re.MULTILINE), done.words
    world = room.world("shop")
    assert (world["writers"], world["answers"], world["running"]) == ([HOME], [HOME], {HOME: 4, AWAY: 1})
    run = room.json("run", "show", room.json("runs")["runs"][0]["id"])
    states = {one["name"]: one["state"] for one in run["steps"]}
    assert {states[name] for name in ("reprotect-aurora", "catch-up", "verify-steady")} == {"done"}
