"""Plans, findings and proposals where every region serves; and what the switch by routing controls asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.observation.model import ControlsState, Observation, RegionVerdict, TrafficState, Verdict
from dr_core.plan.checks import regions
from dr_core.plan.checks.case import Case
from dr_core.plan.failover import build
from dr_core.plan.kinds.switch_controls import Turn
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Plan, Severity
from dr_core.plan.steps import KINDS
from dr_core.plan.target import propose
from dr_core.standing.model import RegionStatus
from dr_core.topology.load import load_checked
from tests.conftest import TOPOLOGIES
from tests.undone import undone
from tests.unit.plan.test_target import Standing

NOW = datetime(2026, 1, 5, tzinfo=UTC)
FRA, DUB, STO = "eu-central-1", "eu-west-1", "eu-north-1"
PAR, MIL = "eu-west-3", "eu-south-1"
ACTIVE = load_checked(TOPOLOGIES / "active.yaml")
CONTROLS = load_checked(TOPOLOGIES / "controls.yaml")


def plan(application: str, source: str, target: str, *, returning: bool = False, mode: Mode = Mode.PLANNED) -> Plan:
    return build(ACTIVE, application, source=source, target=target, mode=mode, returning=returning)


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


# -- the plan --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", Mode)
def test_a_shift_fences_and_promotes_nothing(mode):
    made = plan("catalog", FRA, DUB, mode=mode)
    assert {"scale-target", "shift-weights", "verify-away", "verify-write", "verify-health"} <= set(kinds(made))
    assert not [step.kind for step in made.steps if step.segment.value in ("fence", "promote", "settle")]
    (shift,) = [step for step in made.steps if step.kind == "shift-weights"]
    assert shift.params["weights"] == {FRA: 0, DUB: 30}


def test_the_way_back_names_only_the_region_that_comes_back():
    made = plan("catalog", DUB, FRA, returning=True)
    (shift,) = [step for step in made.steps if step.kind == "shift-weights"]
    assert shift.params["weights"] == {FRA: 70}
    assert "verify-away" not in kinds(made)
    (write,) = [step for step in made.steps if step.kind == "verify-write"]
    assert write.params["among"] == [FRA, DUB]


def test_a_control_whose_state_was_not_known_is_not_turned_back():
    (shift,) = [step for step in plan("edge", STO, DUB).steps if step.kind == "switch-controls"]
    back = Move("edge", ACTIVE.applications["edge"], DUB, STO, Mode.PLANNED)
    (turned,) = undone(shift, back=back, found={"controls": {STO: "On"}})
    assert turned.params["states"] == {STO: True}


def test_a_shift_and_a_return_are_never_the_same_plan():
    away, back = plan("catalog", DUB, FRA), plan("catalog", DUB, FRA, returning=True)
    assert away.digest() != back.digest()
    assert "returning" not in away.intent(), "plans that were acknowledged before it existed keep their digest"


def test_by_routing_controls_the_third_region_is_not_touched():
    (shift,) = [step for step in plan("edge", STO, DUB).steps if step.kind == "switch-controls"]
    assert shift.params["states"] == {STO: False, DUB: True}
    assert shift.undo == f"Turn the routing controls back: {STO} on", "the target was on before"
    (back,) = [step for step in plan("edge", DUB, STO, returning=True).steps if step.kind == "switch-controls"]
    assert back.params["states"] == {STO: True}
    assert back.undo == f"Turn the routing controls back: {STO} off"


def test_the_write_after_a_shift_may_be_taken_by_any_region_but_the_one_left():
    (write,) = [step for step in plan("edge", STO, DUB).steps if step.kind == "verify-write"]
    assert write.params["among"] == [DUB, FRA]


# -- one active region, led by routing controls ----------------------------------------------------------------------


def test_all_controls_are_in_one_call_and_records_are_only_verified():
    made = build(CONTROLS, "ledger", source=PAR, target=MIL, mode=Mode.FORCED)
    (step,) = [step for step in made.steps if step.kind == "switch-controls"]
    assert step.params["states"] == {PAR: False, MIL: True}
    assert step.home_region is None, "no single region is leant on"
    assert "switch-records" not in kinds(made)
    assert "verify-dns" in kinds(made)


@pytest.mark.parametrize("overrides", [(), ("safety-rule",)])
def test_safety_rules_are_set_aside_only_by_an_acknowledged_code(overrides):
    made = build(CONTROLS, "ledger", source=PAR, target=MIL, mode=Mode.FORCED, overrides=overrides)
    (step,) = [step for step in made.steps if step.kind == "switch-controls"]
    assert Turn.model_validate(step.params).override is bool(overrides)
    assert ("set aside" in step.title) is bool(overrides)
    recipe = KINDS["switch-controls"].by_hand(step)
    assert any("--safety-rules-to-override" in line for line in recipe.act) is bool(overrides)


def test_needs_are_asked_about_at_every_endpoint():
    made = build(CONTROLS, "ledger", source=PAR, target=MIL, mode=Mode.FORCED)
    (step,) = [step for step in made.steps if step.kind == "switch-controls"]
    needs = KINDS["switch-controls"].needs(step, "444455556666")
    assert {need.region for need in needs} == {
        "us-east-1", "ap-northeast-1", "eu-west-1", "ap-southeast-2", "us-west-2",
    }  # fmt: skip
    assert {arn.rpartition("/")[2] for need in needs for arn in need.resources} == {"par1", "mil1"}


def test_what_stays_as_it_is_is_read_and_not_turned():
    made = build(CONTROLS, "ledger", source=PAR, target=MIL, mode=Mode.FORCED)
    (step,) = [step for step in made.steps if step.kind == "switch-controls"]
    one = step.model_copy(update={"params": {**step.params, "states": {MIL: True}}})
    asked: dict[str, set[str]] = {}
    for need in KINDS["switch-controls"].needs(one, "444455556666"):
        asked.setdefault(need.action.rpartition(":")[2], set()).update(arn.rpartition("/")[2] for arn in need.resources)
    assert asked == {"UpdateRoutingControlStates": {"mil1"}, "GetRoutingControlState": {"par1", "mil1"}}


# -- findings --------------------------------------------------------------------------------------------------------


def seen(application: str, down: tuple[str, ...] = (), **more: Any) -> Observation:
    verdicts = tuple(
        RegionVerdict(
            region=region, verdict=Verdict.DOWN if region in down else Verdict.HEALTHY, reasons=("as seen",),
            since=NOW, observed_at=NOW,
        )
        for region in ACTIVE.applications[application].regions
    )  # fmt: skip
    return Observation(application=application, observed_at=NOW, duration_s=0, verdicts=verdicts, **more)


def weighed(weights: dict[str, int], *down: str) -> Observation:
    state = TrafficState(
        name="catalog.example.com", answers=None, weights=weights, ttl_s=30, observed_at=NOW
    )  # fmt: skip
    return seen("catalog", down, traffic=(state,))


def codes(made: Plan, observation: Observation) -> dict[str, Severity]:
    case = Case(ACTIVE, made, observation, NOW + timedelta(seconds=1))
    return {finding.code: finding.severity for finding in _about_state(case)}


def _about_state(case: Case) -> Iterator[Any]:
    return (one for one in regions.findings(case) if one.code not in ("target-unknown",))


@pytest.mark.parametrize(
    ("observation", "expected"),
    [
        (weighed({FRA: 70, DUB: 30}), {}),
        (weighed({FRA: 70, DUB: 30}, FRA), {}),
        (weighed({FRA: 0, DUB: 30}), {"shifted-already": Severity.WARNING}),
        (weighed({FRA: 70, DUB: 0}), {"target-serves-nobody": Severity.WARNING}),
        (weighed({FRA: 50, DUB: 30}), {"weights-differ": Severity.WARNING}),
        (seen("catalog"), {"serving-unknown": Severity.WARNING}),
        (weighed({FRA: 70, DUB: 30}, DUB), {"target-down": Severity.BLOCKING}),
    ],
)
def test_what_is_said_of_a_shift_away_from_frankfurt(observation, expected):
    assert codes(plan("catalog", FRA, DUB), observation) == expected


def test_a_region_that_serves_cannot_come_back():
    made = plan("catalog", DUB, FRA, returning=True)
    assert codes(made, weighed({FRA: 70, DUB: 30})) == {"serves-already": Severity.WARNING}
    assert codes(made, weighed({FRA: 0, DUB: 30})) == {}


def test_weights_do_not_matter_where_controls_lead():
    on = (ControlsState(name="panel", on=(STO, DUB, FRA), observed_at=NOW),)
    traffic = (TrafficState(name="edge.example.org", answers=None, weights={STO: 7}, ttl_s=30, observed_at=NOW),)
    assert codes(plan("edge", STO, DUB), seen("edge", controls=on, traffic=traffic)) == {}


# -- what would be proposed ------------------------------------------------------------------------------------------


def standing(**verdicts: tuple[str, Verdict]) -> Standing:
    found = {
        {"sto": STO, "dub": DUB, "fra": FRA}[name]: RegionStatus(
            role=role, verdict=verdict, reasons=(), observed_at=None
        )
        for name, (role, verdict) in verdicts.items()
    }
    return Standing(active=None, regions=found, stores=(), active_reason="every region serves")


H, G, D = Verdict.HEALTHY, Verdict.DEGRADED, Verdict.DOWN


@pytest.mark.parametrize(
    ("sto", "dub", "fra", "expected", "words"),
    [
        (("active", H), ("active", H), ("active", H), None, "none of the regions that serve is down"),
        (("active", D), ("active", G), ("active", H), FRA, "eu-north-1 is down; healthy"),
        (("active", D), ("active", G), ("standby", H), DUB, "eu-north-1 is down; degraded"),
        (("standby", D), ("active", H), ("active", H), None, "none of the regions that serve is down"),
        (("active", D), ("active", D), ("active", D), None, "are down, and so is the rest"),
    ],
)
def test_the_proposed_region(sto, dub, fra, expected, words):
    line = propose(ACTIVE.applications["edge"], standing(sto=sto, dub=dub, fra=fra))
    assert line.region == expected
    assert words in line.reason
