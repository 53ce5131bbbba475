"""Routing controls of the world: what the API says at once, what DNS follows later, and what safety rules refuse."""

import pytest
from botocore.exceptions import ClientError

PANEL = "arn:aws:route53-recovery-control::123456789012:controlpanel/77aa"
NORTH, SOUTH = "eu-north-1", "eu-south-1"
CONTROLS = {NORTH: f"{PANEL}/routingcontrol/north", SOUTH: f"{PANEL}/routingcontrol/south"}
RULE = f"{PANEL}/safetyrule/one"
DESK = {
    "primary": NORTH,
    "standby": [SOUTH],
    "traffic": [
        {
            "route53_records": {
                "hosted_zone": "ZDESK", "name": "desk.example.com", "set_identifiers": {NORTH: "n", SOUTH: "s"},
            }
        },
        {
            "arc_routing_controls": {
                "endpoints": [{"region": "us-east-1", "url": "https://a.example.com"}],
                "controls": CONTROLS,
                "safety_rules": [RULE],
            }
        },
    ],
}  # fmt: skip


@pytest.fixture
def desk(play):
    return play({"desk": DESK})


@pytest.fixture
def cluster(desk):
    return desk.aws("route53-recovery-cluster", "us-east-1")


def states(cluster) -> dict[str, str]:
    listed = cluster.list_routing_controls(ControlPanelArn=PANEL)["RoutingControls"]
    return {one["RoutingControlName"]: one["RoutingControlState"] for one in listed}


def turned(**states: str) -> list[dict[str, str]]:
    by_name = {"north": CONTROLS[NORTH], "south": CONTROLS[SOUTH]}
    return [{"RoutingControlArn": by_name[name], "RoutingControlState": state} for name, state in states.items()]


def test_the_states_are_told_at_once_and_dns_follows(desk, cluster):
    assert states(cluster) == {"north": "On", "south": "Off"}
    cluster.update_routing_control_states(UpdateRoutingControlStateEntries=turned(north="Off", south="On"))
    assert states(cluster) == {"north": "Off", "south": "On"}
    assert desk.app("desk")["answers"] == [NORTH]
    desk.advance(6)
    assert desk.app("desk")["answers"] == [SOUTH]


def test_a_rule_refuses_the_whole_call_and_names_itself_unless_it_is_set_aside(cluster):
    with pytest.raises(ClientError) as refused:
        cluster.update_routing_control_state(RoutingControlArn=CONTROLS[NORTH], RoutingControlState="Off")
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    assert RULE in refused.value.response["Error"]["Message"]
    assert states(cluster) == {"north": "On", "south": "Off"}
    cluster.update_routing_control_state(
        RoutingControlArn=CONTROLS[NORTH], RoutingControlState="Off", SafetyRulesToOverride=[RULE]
    )
    assert states(cluster) == {"north": "Off", "south": "Off"}


def test_all_controls_off_is_answered_as_if_all_were_on(desk, cluster):
    entries = turned(north="Off", south="Off")
    cluster.update_routing_control_states(UpdateRoutingControlStateEntries=entries, SafetyRulesToOverride=[RULE])
    desk.advance(6)
    assert set(desk.app("desk")["answers"]) == {NORTH, SOUTH}


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (turned(north="On") * 11, "ServiceLimitExceededException"),
        ([{"RoutingControlArn": f"{PANEL}/routingcontrol/west", "RoutingControlState": "On"}], "ResourceNotFound"),
    ],
)
def test_what_cannot_be_switched_changes_nothing(cluster, entries, code):
    with pytest.raises(ClientError, match=code):
        cluster.update_routing_control_states(UpdateRoutingControlStateEntries=entries)
    assert states(cluster) == {"north": "On", "south": "Off"}


def test_the_control_plane_lists_the_rules(desk):
    config = desk.aws("route53-recovery-control-config", "us-west-2")
    (rule,) = config.list_safety_rules(ControlPanelArn=PANEL)["SafetyRules"]
    assert rule["ASSERTION"]["SafetyRuleArn"] == RULE
    assert set(rule["ASSERTION"]["AssertedControls"]) == set(CONTROLS.values())
