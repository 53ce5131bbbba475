"""Pollers: one region alone is at work, and nothing brings another to work by itself."""

from tests.infra.synthesized import Assembly


def test_pollers_run_in_the_primary_and_nowhere_else(north: Assembly, edges: Assembly) -> None:
    counts = {
        (template.stack, properties["ServiceName"]): properties["DesiredCount"]["Fn::If"][2]
        for assembly in (north, edges)
        for template, _, properties in assembly.of("AWS::ECS::Service")
        if "-consumers-" in template.stack
    }
    assert counts == {
        ("booking-consumers-eu-north-1", "pollers"): 2,
        ("booking-consumers-eu-west-3", "pollers"): 0,
        ("press-consumers-eu-west-1", "press-mails"): 2,
        ("press-consumers-eu-south-1", "press-mails"): 0,
    }


def test_nothing_scales_a_poller(north: Assembly, edges: Assembly) -> None:
    for assembly in (north, edges):
        for name, template in assembly.templates.items():
            if "-consumers-" in name:
                assert not template.of("AWS::ApplicationAutoScaling::ScalableTarget")


def test_nobody_reaches_a_poller(north: Assembly) -> None:
    template = north.templates["booking-consumers-eu-north-1"]
    [task] = template.of("AWS::ECS::TaskDefinition").values()
    assert "PortMappings" not in task["Properties"]["ContainerDefinitions"][0]
    assert not template.of("AWS::EC2::SecurityGroupIngress")


def test_what_has_code_of_its_own_is_left_to_people(north: Assembly, edges: Assembly) -> None:
    left: dict[str, str] = {}
    for assembly in (north, edges):
        for template in assembly.templates.values():
            left |= template.body["Metadata"].get("dr:left-to-people", {})
    assert {path for path in left if ".consumers." in path or ".custom." in path or ".capacity." in path} == {
        "applications.booking.consumers.0",
        "applications.booking.consumers.1",
        "applications.press.consumers.1",
        "applications.press.custom.0",
        "applications.swarm.capacity.1",
    }
    assert "disabled everywhere but in eu-north-1" in left["applications.booking.consumers.0"]
