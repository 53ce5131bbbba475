"""AWS throttles, and answers 500 after the work was done: observed before it is done again, so done once."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Room, wait_until

pytestmark = pytest.mark.process


def test_errors_after_the_effect_and_throttling_lead_to_one_effect_each(start: Start) -> None:
    room = start()
    room.fault("error_after", service="rds", operation="FailoverGlobalCluster", value=1)
    room.fault("error_after", service="route53", operation="ChangeResourceRecordSets", value=1)
    room.fault("throttle", service="ecs", operation="UpdateService", value=2)
    card = room.open(REQUESTER, "/dr failover eu-west-1 --forced --reason drill")
    for approver in room.approvers[:2]:
        room.approve(approver, card)
    room.finished(card)
    assert room.world("shop")["writers"] == room.world("shop")["answers"] == ["eu-west-1"]
    assert set(room.effects().values()) == {1}, room.effects()
    for operation in ("FailoverGlobalCluster", "ChangeResourceRecordSets"):
        tried = [one for one in room.calls() if one["operation"] == operation]
        assert [one["effect"] for one in tried].count("applied") == 1, tried
        assert any(one["status"] == 500 for one in tried), "the fault struck"


def test_a_switchover_that_answers_500_after_its_effect_is_not_asked_for_again(start: Start) -> None:
    room = start()
    room.fault("error_after", service="rds", operation="SwitchoverGlobalCluster", value=1)
    room.fault("throttle", service="route53", operation="ChangeResourceRecordSets", value=2)
    card = room.open(REQUESTER, "/dr failover eu-west-1")
    room.approve(room.approvers[0], card)
    room.finished(card)
    applied = [one["operation"] for one in room.calls() if one["effect"] == "applied"]
    assert applied.count("SwitchoverGlobalCluster") == applied.count("ChangeResourceRecordSets") == 1
    assert room.world("shop")["writers"] == ["eu-west-1"]


def test_a_permission_that_is_missing_is_named_and_the_run_goes_on_once_it_is_there(start: Start) -> None:
    room = start()
    missing = room.fault("denied", service="rds", operation="SwitchoverGlobalCluster")
    card = room.open(REQUESTER, "/dr failover eu-west-1")
    room.approve(room.approvers[0], card)
    named = "permission is missing for rds:SwitchoverGlobalCluster on arn:aws:rds:"
    run = wait_until(lambda: room.json("runs")["runs"], bool, 10, "the run")[0]["id"]
    wait_until(lambda: _details(room, run), lambda text: named in text, 30, "its name")
    assert "ChangeResourceRecordSets" not in {one["operation"] for one in room.calls()}, "nothing behind it is done"
    room.mend(missing)
    room.finished(card)
    assert set(room.effects().values()) == {1}, room.effects()


def _details(room: Room, run: str) -> str:
    return "\n".join(step["detail"] for step in room.json("run", "show", run)["steps"])
