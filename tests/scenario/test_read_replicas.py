"""An RDS read replica is promoted without its source, which nobody fences: it is stopped as soon as it returns."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, wait_until

pytestmark = pytest.mark.process
LOST, TARGET = "ca-central-1", "us-west-2"


def test_a_replica_takes_over_and_the_returning_source_is_stopped_before_it_can_do_harm(start: Start) -> None:
    room = start("replicas.yaml")
    room.fault("region_down", region=LOST)
    wait_until(lambda: room.status("claims")["regions"][LOST], lambda r: r["verdict"] == "down", 20, "down")
    plan = room.json("plan", TARGET, "claims", "--forced")
    assert {"source-not-fenced", "replication-ends"} <= {finding["code"] for finding in plan["findings"]}
    card = room.open(REQUESTER, f'/dr failover {TARGET} claims --forced --reason "Montreal is gone"')
    for approver in room.approvers[:2]:
        room.approve(approver, card)
    done = room.finished(card)
    assert "Loss" in done.words
    assert "not reached" in done.words, "the old instance could not be stopped"
    world = room.world("claims")
    assert (world["writers"], world["answers"]) == ([TARGET], [TARGET])
    assert room.status("claims")["regions"][LOST]["role"] == "unfenced"
    room.mend()
    wait_until(lambda: room.status("claims")["regions"][LOST]["role"], lambda role: role == "fenced", 45, "fenced")
    assert room.world("claims")["writers"] == [TARGET]
    assert set(room.effects().values()) == {1}, room.effects()
    back = room.json("plan", LOST, "claims")
    missing = next(finding for finding in back["findings"] if finding["code"] == "replica-missing")
    assert (missing["severity"], "Create a read replica" in missing["way_out"]) == ("blocking", True)
