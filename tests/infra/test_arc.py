"""Routing controls: where they are named, and there alone, for they cost by the hour."""

from tests.infra.synthesized import Assembly

RULE = "AWS::Route53RecoveryControl::SafetyRule"


def test_a_control_for_each_region_and_its_arn_is_written(three: Assembly) -> None:
    template = three.templates["lifeline-arc-us-west-2"]
    assert len(template.of("AWS::Route53RecoveryControl::RoutingControl")) == 3
    base = "applications.tickets.traffic.1.arc_routing_controls.controls"
    assert set(template.body["Metadata"]["dr:writes"]) == {
        f"{base}.{region}" for region in ("eu-west-1", "eu-central-1", "eu-south-2")
    }


def test_one_stays_on_and_with_one_writer_no_two_are(three: Assembly) -> None:
    rules = {
        one["Properties"]["Name"]: one["Properties"]["RuleConfig"]
        for one in three.templates["lifeline-arc-us-west-2"].of(RULE).values()
    }
    assert rules == {
        "tickets-1-one-stays-on": {"Type": "ATLEAST", "Threshold": 1, "Inverted": False},
        "tickets-1-not-two": {"Type": "ATLEAST", "Threshold": 2, "Inverted": True},
    }


def test_what_cloudformation_cannot_tell_or_do_is_left_to_people(three: Assembly) -> None:
    left = three.templates["lifeline-arc-us-west-2"].body["Metadata"]["dr:left-to-people"]
    base = "applications.tickets.traffic.1.arc_routing_controls"
    assert "turn on the one for eu-west-1" in left[f"{base}.controls"]
    assert "describe-cluster" in left[f"{base}.endpoints"]


def test_nobody_else_pays_for_a_cluster(example: Assembly, north: Assembly, edges: Assembly) -> None:
    for assembly in (example, north, edges):
        assert not list(assembly.of("AWS::Route53RecoveryControl::Cluster"))
