"""A region is lost and nobody types anything: an incident and a proposal by themselves, and two people approve it."""

from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.scenario.conftest import Start
from tests.scenario.room import Message, Room, title, wait_until

pytestmark = pytest.mark.process
LOST, TARGET = "eu-central-1", "eu-west-1"
ALARM, ACCOUNT = "shop-eu-central-1-unwell", "123456789012"
WATCHFUL = {
    "interval: 1s, hold_down: 3s, cooldown: 5m": "interval: 2s, hold_down: 4s, cooldown: 5m, queue: "
    f"{{region: {TARGET}, url: 'https://sqs.{TARGET}.amazonaws.com/{ACCOUNT}/dr-signals', "
    f"topics: ['arn:aws:sns:{TARGET}:{ACCOUNT}:dr-alarms']}}",
    "  forced: {required: 2, expires_after: 15m}": "  forced: {required: 2, expires_after: 15m}\n  prepare: auto",
    "      - route53: {eu-central-1: hc-shop-eu-central-1": f"      - alarm: {{{LOST}: {ALARM}}}\n"
    "      - route53: {eu-central-1: hc-shop-eu-central-1",
}


def test_a_lost_region_is_proposed_once_approved_by_two_and_left(start: Start) -> None:
    room = start(edits=WATCHFUL)
    _one_signal_proposes_nothing(room)
    first = room.fault("region_down", region=LOST)
    card = wait_until(room.cards, bool, 30, "a proposal")[0]
    for words in ("Asked by Detection", "2 approvals missing of 2", "independent vantages", TARGET, "Exposure"):
        assert words in card.words, card.words
    assert any("<@U0ADA>" in one for one in (card.text, card.words)), "approvers are paged at once"
    opened = [one for one in room.json("audit", "list", "--limit", "200")["events"] if one["kind"] == "incident.opened"]
    assert [one["data"]["request"] for one in opened] == [room.json("requests")["requests"][0]["id"]]
    room.mend(first)
    wait_until(lambda: room.card(card.ts), lambda now: "is gone" in now.words, 30, "its cause gone", _words)
    assert room.world("shop")["running"][TARGET] == 1, "nothing is prepared for a proposal alone"
    room.fault("region_down", region=LOST)
    wait_until(lambda: room.card(card.ts), _stands, 30, "its cause back", _words)
    _prepared_with_the_first_approval(room, card)
    room.approve(room.approvers[1], card)
    done = room.finished(card)
    assert len(room.cards()) == 1, "it flapped, and was proposed once"
    assert room.world("shop")["writers"] == [TARGET]
    assert all(segment in done.words for segment in ("detect", "decide", "prepare"))
    request = room.json("requests")["requests"][0]["id"]
    told = wait_until(lambda: room.trail(request), lambda now: "prepare.kept" in now, 30, "what was prepared stays")
    order = ["request.opened", "detection.calmed", "detection.again", "request.acked", "prepare.intent", "run.created"]
    assert [kind for kind in dict.fromkeys(told) if kind in order] == order
    assert room.dr("audit", "verify").returncode == 0


def _one_signal_proposes_nothing(room: Room) -> None:
    """An alarm by itself is heard, shown, and no outage; the doctor sends a test the same way."""
    wait_until(lambda: _test_alarm(room), lambda check: check["state"] == "ok", 60, "the test alarm to be heard")
    _cloudwatch(room).set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="a false alarm")

    def seen() -> dict[str, Any]:
        found: dict[str, Any] = room.status("shop")["regions"][LOST]
        return found

    alone = wait_until(seen, lambda now: now["verdict"] == "degraded", 30, "the alarm")
    assert "alarm alone is bad" in alone["reasons"][0]
    assert room.cards() == []
    _cloudwatch(room).set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="it was none")


def _test_alarm(room: Room) -> dict[str, Any]:
    """What the doctor finds: it sends one, and waits a while for a worker to hear it."""
    checks: list[dict[str, Any]] = room.json("doctor")["checks"]
    return next(one for one in checks if one["name"] == "test alarm")


def _prepared_with_the_first_approval(room: Room, card: Message) -> None:
    room.approve(room.approvers[0], card)
    wait_until(lambda: room.world("shop")["running"], lambda now: now[TARGET] == 4, 30, "the target at its size")
    made = {(one["operation"], one["region"]) for one in room.calls() if one["purpose"] == "prepare"}
    assert {region for _, region in made} == {TARGET}
    assert ("UpdateService", TARGET) in made
    assert "1 approval missing of 2" in room.card(card.ts).words
    assert "open" in title(room.card(card.ts))


def _stands(card: Message) -> bool:
    """Its cause is neither gone nor eased."""
    return "is gone" not in card.words and "no longer down" not in card.words


def _words(card: Message) -> str:
    return card.words


def _cloudwatch(room: Room) -> Any:
    return boto3.client(
        "cloudwatch",
        region_name=TARGET,
        endpoint_url=room.environment()["AWS_ENDPOINT_URL"],
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(user_agent_extra="dr-purpose/setup"),
    )
