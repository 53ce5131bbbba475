"""The same rules on other topologies: other names, several applications, three regions, every key."""

import pytest

from tests.scenario.conftest import TOPOLOGIES, Start
from tests.scenario.room import REQUESTER, Json, Message, Room, texts, wait_until

pytestmark = pytest.mark.process

HOME, AWAY = "eu-central-1", "eu-west-1"
ROLES = {
    "identity": "arn:aws:iam::111122223333:role/recovery",
    "payments": "arn:aws:iam::444455556666:role/recovery",
}


def test_two_applications_that_depend_on_each_other_move_one_after_the_other_and_back(start: Start) -> None:
    """Each in an account of its own: what a run changes is signed as the role of its application."""
    accounts = {f"  {name}:\n": f"  {name}:\n    account: {{role_arn: {role}}}\n" for name, role in ROLES.items()}
    room = start("second.yaml", edits=accounts)
    for application in ("identity", "payments"):
        _planned(room, f"/dr failover eu-central-1 {application}", application, "eu-central-1")
    _planned(room, "/dr failback payments", "payments", "eu-west-1")
    assert room.status("identity")["active_region"] == "eu-central-1"
    assert set(room.effects().values()) == {1}, room.effects()
    _planned(room, "/dr failback identity", "identity", "eu-west-1")
    assert room.dr("audit", "verify").returncode == 0
    runs = {run["id"]: run["application"] for run in room.json("runs")["runs"]}
    signed = {(runs[call["step"]["run"]], call["principal"]) for call in room.calls() if call["purpose"] == "run"}
    sessions = {name: f"arn:aws:sts::{role.split(':')[4]}:assumed-role/recovery/dr-bot" for name, role in ROLES.items()}
    assert signed == set(sessions.items())


def _planned(room: Room, command: str, application: str, target: str) -> None:
    _approved(room, room.open(REQUESTER, command), application, target)


def _approved(room: Room, card: Message, application: str, target: str) -> None:
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
    """Three regions, one after the other and home again; a region that is not named is proposed, with its reason."""
    room = start("three.yaml")
    late = room.fault("replication_lag", region="eu-west-1", service="rds", value=300)

    def proposed() -> Json:
        found: Json = room.status("tickets")["target"]
        return found

    least = wait_until(proposed, lambda target: target["region"] == "eu-central-1", 30, "the standby that loses least")
    assert least["exposure_seconds"] < 60, "dr.yaml names eu-west-1 first, which would lose 300 s"
    form = room.opened(REQUESTER, room.say(REQUESTER, "/dr failover"))
    assert "proposed now is eu-central-1: healthy, exposure" in "\n".join(texts(form["blocks"]))
    known = {card.ts for card in room.cards()}
    assert room.submit(REQUESTER, form) is None
    card = wait_until(lambda: [one for one in room.cards() if one.ts not in known], bool, 12, "the card")[-1]
    _approved(room, card, "tickets", "eu-central-1")
    roles = {region: seen["role"] for region, seen in room.status("tickets")["regions"].items()}
    assert roles == {"eu-central-1": "active", "eu-north-1": "standby", "eu-west-1": "standby"}
    room.mend(late)
    _planned(room, "/dr failover eu-west-1", "tickets", "eu-west-1")
    _planned(room, "/dr failback", "tickets", "eu-north-1")
    assert room.world("tickets")["weights"] == {"eu-north-1": 100, "eu-west-1": 0, "eu-central-1": 0}
    assert set(room.effects().values()) == {1}, room.effects()


def test_every_kind_of_the_contract_is_in_the_plan_and_moves_there_and_back(start: Start) -> None:
    """The contract's own example: each part of the application is seen to by a step that names it; all of them end."""
    room = start("full.yaml", edits={"failback: {hold: 30s}": "failback: {hold: 2s}"})
    assert room.dr("config", "check", str(TOPOLOGIES / "full.yaml")).returncode == 0
    plan = room.json("plan", "eu-west-1")
    assert [one["code"] for one in plan["findings"] if one["severity"] == "blocking"] == []
    kinds = {step["kind"] for step in plan["steps"]}
    assert kinds >= {"switch-controls", "verify-origin", "failover-cache", "stop-consumers", "custom-lambda"}, kinds
    names = {step["name"] for step in plan["steps"]}
    assert {"scale-target-shop-workers", "fence-source-shop-workers", "scale-to-standby-shop-workers"} <= names
    assert [call for call in room.calls() if call["purpose"] not in ("anchor", "runbook")] == []
    for command, source, target in (("/dr failover eu-west-1", HOME, AWAY), ("/dr failback", AWAY, HOME)):
        _planned(room, command, "shop", target)
        world = room.world("shop")
        assert world["consuming"] == {source: [], target: ["shop-orders"]}
        assert world["running"] == {source: 2, target: 8}
    done = [room.json("run", "show", run["id"])["steps"] for run in room.json("runs")["runs"]]
    assert {step["state"] for steps in done for step in steps} == {"done"}
    acts = {what: times for what, times in room.effects().items() if "shop-warm-check" not in what}
    assert set(acts.values()) == {1}, "what only looks may look twice; everything else happens once"
