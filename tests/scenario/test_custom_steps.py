"""Custom steps that hang: before the gates they end the run and nothing is taken away; after them it goes on."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, wait_until

pytestmark = pytest.mark.process

HERE, THERE = "eu-west-1", "eu-central-1"
BEFORE = """
    custom:
      - lambda: {name: freeze, after: prepare, function: freeze-hangs, verify: freeze-check, timeout: 3s}
"""
AFTER = """
    custom:
      - lambda: {name: warm, after: promote, function: warm-hangs, verify: warm-check, timeout: 3s}
      - webhook: {name: tell, after: verify, url: https://hooks.ledger.test/told, verify: https://hooks.ledger.test/seen}
"""


def test_what_hangs_costs_nothing_before_the_fence_and_its_own_time_after_it(start: Start) -> None:
    steps = {
        f"    secrets: [ledger/{app}/{secret}]": f"    secrets: [ledger/{app}/{secret}]{custom}".rstrip()
        for app, secret, custom in (
            ("identity", "signing", AFTER),
            ("payments", "database, ledger/payments/psp", BEFORE),
        )
    }
    room = start("second.yaml", edits=steps)

    card = room.open(REQUESTER, f"/dr failover {THERE} payments")
    room.approve(room.approvers[0], card)
    ended = room.finished(card, "failed")
    assert "freeze" in ended.words
    assert "not done within 3 s" in ended.words
    world = room.world("payments")
    assert (world["writers"], world["answers"], world["running"][HERE]) == ([HERE], [HERE], 9)

    card = room.open(REQUESTER, f"/dr failover {THERE} identity")
    room.approve(room.approvers[0], card)
    room.finished(card)
    assert room.world("identity")["writers"] == [THERE]
    run = next(run for run in room.json("runs")["runs"] if run["application"] == "identity")
    shown = room.json("run", "show", run["id"])
    states = {step["name"]: step["state"] for step in shown["steps"]}
    assert (shown["state"], states["custom-lambda-warm"]) == ("succeeded", "not_reached")
    assert states["custom-webhook-tell"] == "done"
    wait_until(lambda: room.status("identity"), lambda s: s["active_region"] == THERE and not s["runs"], 15, "the end")
    assert room.status("identity")["regions"][HERE]["role"] == "standby", "what was passed over fences nobody"
    assert room.dr("audit", "verify").returncode == 0
