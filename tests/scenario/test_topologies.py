"""The same rules on other topologies: other names, several applications, three regions, kinds without code yet."""

import pytest

from tests.scenario.conftest import TOPOLOGIES, Start
from tests.scenario.room import REQUESTER, Json, Room, wait_until

pytestmark = pytest.mark.process


def test_two_applications_that_depend_on_each_other_move_one_after_the_other_and_back(start: Start) -> None:
    room = start("second.yaml")
    for application in ("identity", "payments"):
        _planned(room, f"/dr failover eu-central-1 {application}", application, "eu-central-1")
    _planned(room, "/dr failback payments", "payments", "eu-west-1")
    assert room.status("identity")["active_region"] == "eu-central-1"
    assert set(room.effects().values()) == {1}, room.effects()
    _planned(room, "/dr failback identity", "identity", "eu-west-1")
    assert room.dr("audit", "verify").returncode == 0


def _planned(room: Room, command: str, application: str, target: str) -> None:
    card = room.open(REQUESTER, command)
    room.approve(room.approvers[0], card)
    room.finished(card)
    world = room.world(application)
    assert (world["writers"], world["answers"]) == ([target], [target])
    wait_until(
        lambda: room.status(application), lambda s: s["active_region"] == target and not s["runs"], 15, "the status"
    )


def test_the_lost_region_of_another_topology_is_left_by_force(start: Start) -> None:
    room = start("second.yaml")
    room.fault("region_down", region="eu-west-1")
    for application in ("identity", "payments"):
        wait_until(
            lambda: room.status(application)["regions"]["eu-west-1"],  # noqa: B023 - called at once
            lambda region: region["verdict"] == "down",
            15,
            "down",
        )
    card = room.open(REQUESTER, '/dr failover eu-central-1 payments --forced --reason "Dublin is gone"')
    assert "2 approvals missing of 2" in card.words
    for approver in room.approvers[:2]:
        room.approve(approver, card)
    assert "RTO" in room.finished(card).words
    world = room.world("payments")
    assert (world["writers"], world["answers"]) == (["eu-central-1"], ["eu-central-1"])
    assert not any("identity" in effect for effect in room.effects()), "the other application stays where it is"
    assert set(room.effects().values()) == {1}, room.effects()


def test_any_of_several_standbys_can_be_the_target(start: Start) -> None:
    room = start("three.yaml")
    late = room.fault("replication_lag", region="eu-west-1", service="rds", value=300)

    def proposed() -> Json:
        found: Json = room.status("tickets")["target"]
        return found

    least = wait_until(proposed, lambda target: target["region"] == "eu-central-1", 30, "the standby that loses least")
    assert least["exposure_seconds"] < 60, "dr.yaml names eu-west-1 first, which would lose 300 s"
    room.mend(late)
    _planned(room, "/dr failover eu-central-1", "tickets", "eu-central-1")
    roles = {region: seen["role"] for region, seen in room.status("tickets")["regions"].items()}
    assert roles == {"eu-central-1": "active", "eu-north-1": "standby", "eu-west-1": "standby"}


def test_kinds_without_code_are_accepted_and_block_a_failover(start: Start) -> None:
    room = start("full.yaml")
    assert room.dr("config", "check", str(TOPOLOGIES / "full.yaml")).returncode == 0
    plan = room.json("plan", "eu-west-1")
    blocking = [one for one in plan["findings"] if one["severity"] == "blocking"]
    told = " ".join(one["message"] for one in blocking)
    assert "Not supported yet" in told
    for left_behind in (
        "routing control",
        "E123",
        "shop-cache",
        "shop-workers",
        "shop-orders",
        "warm-cache",
    ):
        assert left_behind in told, left_behind
    assert "Not supported yet" in room.ask(REQUESTER, "/dr plan eu-west-1", "nothing was changed").words
    room.say(REQUESTER, "/dr failover eu-west-1")
    assert room.cards() == []
    assert [call for call in room.calls() if call["purpose"] not in ("anchor", "runbook")] == []
