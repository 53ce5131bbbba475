"""A share of the users goes first: what fails comes back by itself, and what passes is followed by the rest."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Message, Room, wait_until

pytestmark = pytest.mark.process

SOURCE, TARGET = "eu-central-1", "eu-west-1"
# How latency is judged stands in tests/unit/canary; a busy machine's own is none of this story's.
CANARY = {
    "    verify:\n      - http_write_read": (
        "    canary: {percent: 5, hold: 8s, min_samples: 2, latency_allowance: 5s}\n"
        "    verify:\n      - http_write_read"
    )
}


def test_a_canary_that_fails_is_taken_back_and_one_that_passes_survives_its_worker(start: Start) -> None:
    room = start(edits=CANARY)
    room.fault("error_before", region=TARGET, service="http")
    card = _approved(room)
    assert "5 % of the users meet a database in eu-west-1 that only reads" in card.words
    failed = room.finished(card, "failed")
    assert "The canary has failed, and everybody is sent to eu-central-1 again" in failed.words
    assert "100 % of the probes of eu-west-1 failed" in failed.words
    assert _world(room) == ([SOURCE], {SOURCE: 100, TARGET: 0})
    assert room.world("shop")["running"][SOURCE] == 4, "nothing was fenced"
    assert _weights(room) == [{SOURCE: 95, TARGET: 5}, {SOURCE: 100, TARGET: 0}]
    room.mend()
    wait_until(lambda: room.status("shop"), lambda s: s["regions"][TARGET]["verdict"] == "healthy", 20, "a good target")
    card = _approved(room)
    wait_until(lambda: _weights(room)[2:], bool, 30, "the second canary")
    room.end("worker")
    room.finished(card)
    assert _world(room) == ([TARGET], {SOURCE: 0, TARGET: 100})
    assert _weights(room)[2:] == [{SOURCE: 95, TARGET: 5}, {SOURCE: 100, TARGET: 0}, {SOURCE: 0, TARGET: 100}]
    assert room.dr("audit", "verify").returncode == 0


def _approved(room: Room) -> Message:
    card = room.open(REQUESTER, f'/dr failover {TARGET} --reason "a canary first"')
    room.approve(room.approvers[0], card)
    return card


def _world(room: Room) -> tuple[list[str], dict[str, int]]:
    world = room.world("shop")
    return world["writers"], world["weights"]


def _weights(room: Room) -> list[dict[str, int]]:
    """The weights of each change of the records that had an effect, in their order."""
    batches = [
        one["parameters"]["ChangeBatch"]["Changes"]
        for one in room.calls()
        if one["operation"] == "ChangeResourceRecordSets" and one["effect"] == "applied"
    ]
    return [
        {
            change["ResourceRecordSet"]["SetIdentifier"].removeprefix("shop-"): change["ResourceRecordSet"]["Weight"]
            for change in batch
            if "Weight" in change["ResourceRecordSet"]
        }
        for batch in batches
    ]
