"""The rules of RoutingControls, on the fake and on ARC's endpoints."""

from pathlib import Path

import pytest

from bot.sandbox.world.arc import Arc as ArcWorld
from bot.sandbox.world.arc import SafetyRule
from dr_core.claim import Claim
from dr_core.errors import DeniedError, RejectedError, UnreachableError
from dr_core.topology.load import load_topology
from dr_core.topology.model import Topology
from dr_core.topology.traffic import ArcRoutingControls
from dr_core.traffic.arc import SERVICE, Arc
from dr_core.traffic.controls import RoutingControls, SafetyRuleError
from dr_core.traffic.controls_in_memory import MemoryControls

SHOP = Path(__file__).parents[1] / "topologies" / "shop.yaml"
HERE, THERE = "eu-central-1", "eu-west-1"
ENDPOINTS = ("us-east-1", "ap-northeast-1", "eu-west-1", "ap-southeast-2", "us-west-2")
CLAIM = Claim("token", "run-a", 1)
PANEL = "arn:aws:route53-recovery-control::111122223333:controlpanel/0123abcd"
RULE = f"{PANEL}/safetyrule/0a1b"
UPDATE = "UpdateRoutingControlStates"


@pytest.fixture
def shop(tmp_path: Path) -> Topology:
    """The sample topology with a routing control for each region, and a safety rule: one of them stays on."""
    endpoints = "".join(f"\n            - {{region: {r}, url: https://{r}.arc.example/v1}}" for r in ENDPOINTS)
    entry = f"""    traffic:
      - arc_routing_controls:
          endpoints: {endpoints}
          controls: {{{HERE}: {PANEL}/routingcontrol/aaaa, {THERE}: {PANEL}/routingcontrol/bbbb}}
          safety_rules: [{RULE}]
"""
    path = tmp_path / "dr.yaml"
    path.write_text(SHOP.read_text(encoding="utf-8").replace("    traffic:\n", entry, 1), encoding="utf-8")
    return load_topology(path)


@pytest.fixture
def spec(shop) -> ArcRoutingControls:
    return next(entry.arc_routing_controls for entry in shop.applications["shop"].traffic if entry.arc_routing_controls)


@pytest.fixture
def controls(stage, spec) -> RoutingControls:
    """The endpoints are asked in the order of the file, so that a test knows which one a fault meets."""
    if stage.world is not None:
        return Arc(stage.aws, order=list, read_timeout_s=0.3)
    fake = MemoryControls(spec, HERE)
    fake.rules[RULE] = lambda states: any(states.values())
    stage.take_down = fake.down.add
    return fake


@pytest.fixture
def world(stage):
    if stage.world is None:
        pytest.skip("the fake has no such fault")
    return stage.world


def applied(world) -> list[dict]:
    return [call for call in world.calls() if call["operation"] == UPDATE and call["effect"] == "applied"]


def test_at_first_the_active_region_is_on(controls, spec):
    assert controls.states(spec) == {HERE: True, THERE: False}


def test_all_controls_are_switched_at_once_and_back(controls, spec):
    controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert controls.states(spec) == {HERE: False, THERE: True}
    controls.set_states(spec, {HERE: True, THERE: False}, CLAIM)
    assert controls.states(spec) == {HERE: True, THERE: False}


def test_what_is_done_already_may_be_asked_for_again(controls, spec):
    for _ in range(2):
        controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert controls.states(spec) == {HERE: False, THERE: True}


def test_a_region_that_is_not_named_stays_as_it_is(controls, spec):
    controls.set_states(spec, {THERE: True}, CLAIM)
    assert controls.states(spec) == {HERE: True, THERE: True}


@pytest.mark.parametrize("states", [{HERE: False}, {HERE: False, THERE: False}, {}])
def test_at_least_one_region_stays_on(controls, spec, states):
    with pytest.raises(RejectedError, match="left on"):
        controls.set_states(spec, states, CLAIM)
    assert controls.states(spec) == {HERE: True, THERE: False}


def test_a_region_without_a_control_is_refused(controls, spec):
    with pytest.raises(RejectedError, match="eu-north-1"):
        controls.set_states(spec, {"eu-north-1": True}, CLAIM)


def test_a_control_that_does_not_exist_is_refused(controls, spec):
    other = spec.model_copy(update={"controls": {HERE: f"{PANEL}/routingcontrol/zzzz"}})
    with pytest.raises(RejectedError, match="zzzz"):
        controls.states(other)


def test_two_endpoints_may_be_down(stage, controls, spec):
    for region in ENDPOINTS[:2]:
        stage.take_down(region)
    controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert controls.states(spec) == {HERE: False, THERE: True}


def test_no_endpoint_is_an_error_and_changes_nothing(stage, controls, spec):
    for region in ENDPOINTS:
        stage.take_down(region)
    with pytest.raises(UnreachableError):
        controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    with pytest.raises(UnreachableError):
        controls.states(spec)


@pytest.mark.parametrize("kind", ["error_before", "throttle"])
def test_an_endpoint_that_fails_is_passed_over(world, controls, spec, kind):
    world.add_fault(kind, region=ENDPOINTS[0], service=SERVICE, operation=UPDATE)
    controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert [call["region"] for call in applied(world)] == [ENDPOINTS[1]]


def test_an_endpoint_that_fails_after_the_effect_does_no_harm(world, controls, spec):
    world.add_fault("error_after", region=ENDPOINTS[0], service=SERVICE, operation=UPDATE)
    controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert [call["region"] for call in applied(world)] == [*ENDPOINTS[:2]]
    assert controls.states(spec) == {HERE: False, THERE: True}


def test_an_endpoint_that_hangs_is_passed_over_and_asked_last_from_then_on(world, controls, spec):
    world.add_fault("region_hangs", region=ENDPOINTS[0])
    controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    controls.set_states(spec, {HERE: True, THERE: False}, CLAIM)
    asked = [call["region"] for call in world.calls() if call["operation"] == UPDATE]
    assert asked.count(ENDPOINTS[0]) <= 1
    assert controls.states(spec) == {HERE: True, THERE: False}


def test_a_missing_permission_is_told_at_once(world, controls, spec):
    world.add_fault("denied", service=SERVICE, operation=UPDATE)
    with pytest.raises(DeniedError, match=UPDATE):
        controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert len([call for call in world.calls() if call["operation"] == UPDATE]) == 1


# -- safety rules ----------------------------------------------------------------------------------------------------


@pytest.fixture
def forbidden(stage, controls):
    """A rule by which the target may not be on. The second one is not named in the topology."""

    def forbid(arn: str = RULE) -> None:
        if stage.world is None:
            controls.rules[arn] = lambda states: not states[THERE]
            return
        arc = stage.world.part(ArcWorld)
        arc.add(f"{PANEL}/routingcontrol/gate", on=False)
        gate = (f"{PANEL}/routingcontrol/gate",)
        arc.add_rule(SafetyRule(arn, "gate", (f"{PANEL}/routingcontrol/bbbb",), 1, gate))

    return forbid


def test_a_safety_rule_that_refuses_is_named_and_respected(controls, spec, forbidden):
    forbidden()
    with pytest.raises(SafetyRuleError, match=RULE) as raised:
        controls.set_states(spec, {HERE: False, THERE: True}, CLAIM)
    assert raised.value.rules == (RULE,)
    assert controls.states(spec) == {HERE: True, THERE: False}


def test_an_acknowledged_override_sets_it_aside(controls, spec, forbidden):
    forbidden()
    controls.set_states(spec, {HERE: False, THERE: True}, CLAIM, override=True)
    assert controls.states(spec) == {HERE: False, THERE: True}


def test_a_rule_that_the_topology_does_not_list_is_never_set_aside(controls, spec, forbidden):
    other = f"{PANEL}/safetyrule/ffff"
    forbidden()
    forbidden(other)
    with pytest.raises(RejectedError, match=other):
        controls.set_states(spec, {HERE: False, THERE: True}, CLAIM, override=True)
    assert controls.states(spec) == {HERE: True, THERE: False}


def test_without_a_list_every_rule_that_refuses_may_be_set_aside(controls, spec, forbidden):
    forbidden()
    forbidden(f"{PANEL}/safetyrule/ffff")
    open_to_all = spec.model_copy(update={"safety_rules": ()})
    controls.set_states(open_to_all, {HERE: False, THERE: True}, CLAIM, override=True)
    assert controls.states(spec) == {HERE: False, THERE: True}
