"""A request that is denied, cancelled, expired or void changes nothing; renewed, it asks everybody again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from dr_core.store import requests
from dr_core.store.engine import Store, Tx
from dr_core.store.tables import request
from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Message, Room, must_type, title, wait_until

pytestmark = pytest.mark.process
PLANNED = '/dr failover eu-west-1 --reason "maintenance"'


def test_a_denied_and_a_cancelled_request_are_over_and_name_who_ended_them(start: Start) -> None:
    room = start()
    ada, grace = room.approvers[:2]
    denied = room.open(REQUESTER, PLANNED)
    view = room.opened(ada, room.press(ada, denied, "deny"))
    assert room.submit(ada, view, reason="not during the sale") is None
    after = room.finished(denied, "denied")
    assert "Ada" in after.words
    assert "not during the sale" in after.words
    assert after.buttons == {}
    late = room.answer(grace, lambda: room.press(grace, after, "approve", denied.buttons["approve"]), "denied")
    assert "was denied by Ada" in late.words

    cancelled = room.open(REQUESTER, PLANNED)
    refused = room.answer(REQUESTER, lambda: room.press(REQUESTER, cancelled, "deny"), "Refused")
    assert "approver" in refused.words
    room.press(REQUESTER, cancelled, "cancel")
    assert "@robin" in room.finished(cancelled, "cancelled").words
    assert room.calls() == []
    assert [one["state"] for one in room.json("requests")["requests"]] == ["cancelled", "denied"]


def test_an_expired_request_cannot_be_approved_and_a_renewed_one_asks_again(start: Start) -> None:
    room = start()
    ada, grace, linus = room.approvers
    card = room.open(REQUESTER, "/dr failover eu-west-1 --forced --reason drill")
    view = room.opened(ada, room.press(ada, card, "approve"))
    with _store(room) as store:
        [asked] = store.read(requests.open_requests)
        assert asked.expires_at - asked.opened_at == timedelta(minutes=15), "as dr.yaml says"
        _expires_in(store, timedelta())
    expired = room.finished(card, "expired", timeout=30)
    assert sorted(expired.buttons) == ["details", "renew"]
    room.submit(ada, view, accept_loss=must_type(view) or "")
    wait_until(lambda: room.heard(ada), lambda text: "has expired" in text, 5, "the refusal")
    assert "approved by Ada" not in room.card(card.ts).words

    room.press(REQUESTER, expired, "renew")
    renewed = wait_until(lambda: room.card(card.ts), lambda c: "round 2" in c.words, 8, "round 2", lambda c: c.words)
    assert "2 approvals missing of 2" in renewed.words
    old = room.answer(grace, lambda: room.press(grace, renewed, "approve", card.buttons["approve"]), "round")
    assert "belongs to round 1" in old.words
    with _store(room) as store:
        at_least = _expires_in(store, timedelta(minutes=4)) + timedelta(minutes=5)
        room.approve(linus, renewed)
        [acked] = store.read(requests.open_requests)
        assert acked.expires_at >= at_least, "an ack leaves the others at least five minutes"
    kept = wait_until(
        lambda: room.card(card.ts), lambda c: "1 approval missing" in c.words, 5, "an ack", lambda c: c.words
    )
    assert "open" in title(kept)
    assert room.calls() == []


@contextmanager
def _store(room: Room) -> Iterator[Store]:
    store = Store(room.environment()["DATABASE_URL"])
    try:
        yield store
    finally:
        store.dispose()


def _expires_in(store: Store, rest: timedelta) -> datetime:
    """The only request has so much left from now on, the moment that is answered; nobody sits the time out."""

    def set_back(tx: Tx) -> datetime:
        now = tx.now()
        tx.conn.execute(update(request).values(expires_at=now + rest))
        return now

    return store.write(set_back)


def test_a_changed_plan_voids_the_request_and_unrelated_changes_do_not(start: Start) -> None:
    room = start()
    ada, grace, linus = room.approvers
    card = room.open(REQUESTER, '/dr failover eu-west-1 --forced --reason "drill"')
    room.kept(card)
    _edited(room, 'health_digest: "0 8 * * *"', 'health_digest: "0 9 * * *"')
    room.approve(ada, card)
    wait_until(lambda: room.card(card.ts).words, lambda words: "1 approval missing" in words, 10, "an ack")
    _edited(room, "active: 4", "active: 5")
    heard = _approval_refused(room, grace, card)
    assert "its plan is not what the configuration says now" in heard
    assert "void" in title(room.finished(card, "void"))
    late = room.answer(linus, lambda: room.press(linus, card, "approve", card.buttons["approve"]), "void")
    assert "Open a new one" in late.words
    assert room.json("runs")["runs"] == []
    assert room.calls() == []


def _approval_refused(room: Room, user: str, card: Message) -> str:
    """What they hear whose approval comes too late: at the press, or when they have sent its modal."""
    room.press(user, card, "approve")

    def heard() -> str:
        for view in room.ok(f"/api/views/{user}")["views"]:
            room.submit(user, view, accept_loss=must_type(view) or "")
        return room.heard(user)

    return wait_until(heard, lambda words: "void" in words, 8, f"{user} to hear that it is void")


def _edited(room: Room, old: str, new: str) -> None:
    """Deploy another dr.yaml to the bot."""
    config = room.data.parent / "dr.yaml"
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")
    room.end("bot")
    room.until_ready()


def test_a_form_opens_the_request_that_its_missing_word_held_up(start: Start) -> None:
    room = start()
    view = room.opened(REQUESTER, room.say(REQUESTER, '/dr failover --reason "from a form"'))
    assert room.submit(REQUESTER, view, region="eu-west-1") is None
    [card] = wait_until(room.cards, bool, 10, "a card")
    assert "from a form" in card.words
    assert "planned failover" in title(card)
