"""A region is given up for good: the cache moves, secrets are torn off, and what was not copied is listed later."""

from collections import Counter

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, wait_until

pytestmark = pytest.mark.process
LOST, TARGET = "eu-central-1", "eu-west-1"


def test_what_is_copied_beside_the_database_moves_without_the_lost_region(start: Start) -> None:
    room = start("full.yaml")
    room.fault("region_down", region=LOST)
    wait_until(lambda: room.status("shop")["regions"][LOST], lambda r: r["verdict"] == "down", 20, "down")
    plan = room.json("plan", TARGET, "--forced")
    said = next(finding for finding in plan["findings"] if finding["code"] == "secrets-stay-replicas")
    assert "--override give-up-secrets" in said["way_out"]
    assert "promote-secrets" not in {step["kind"] for step in plan["steps"]}
    words = f'/dr failover {TARGET} --forced --override give-up-secrets --reason "Frankfurt is lost"'
    card = room.open(REQUESTER, words)
    for approver in room.approvers[:2]:
        room.approve(approver, card)
    room.finished(card)
    states = _states(room)
    assert [states[kind] for kind in ("failover-cache", "promote-secrets", "verify-origin")] == ["done"] * 3
    assert states["prepare-backfill"] == "not_reached", "its bucket is where nothing answers"
    room.mend()
    wait_until(
        lambda: _states(room)["prepare-backfill"], lambda state: state == "reached_late", 45, "a job is prepared"
    )
    effects = room.effects()
    assert set(effects.values()) == {1}, effects
    acts = Counter(what.split()[0] for what in effects)
    assert acts["FailoverGlobalReplicationGroup"] == acts["CreateJob"] == 1
    assert acts["StopReplicationToReplica"] == 2, "one for each secret"


def _states(room) -> dict[str, str]:
    run = room.json("runs")["runs"][0]["id"]
    return {step["kind"]: step["state"] for step in room.json("run", "show", run)["steps"]}
