"""One network a region, with a way out that stands before it is needed."""

from ipaddress import ip_network
from itertools import combinations

from dr_core.topology.deployment import Size
from tests.infra.synthesized import Assembly, Template


def _networks(each: Assembly) -> list[Template]:
    return [each.templates[f"{each.config.deployment.name}-network-{region}"] for region in each.config.regions]


def test_no_two_regions_have_addresses_in_common(each: Assembly) -> None:
    blocks = [ip_network(template.one("AWS::EC2::VPC")["CidrBlock"]) for template in _networks(each)]
    assert len(blocks) == len(each.config.regions)
    assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))


def test_each_zone_has_a_public_and_a_private_subnet(each: Assembly) -> None:
    for template in _networks(each):
        subnets = [one["Properties"] for one in template.of("AWS::EC2::Subnet").values()]
        for zone in each.config.zones(template.region):
            assert {one["MapPublicIpOnLaunch"] for one in subnets if one["AvailabilityZone"] == zone} == {True, False}
        assert {one["AvailabilityZone"] for one in subnets} == set(each.config.zones(template.region))


def test_every_region_has_a_way_out_and_one_a_zone_where_the_size_asks_for_it(each: Assembly) -> None:
    size = each.config.deployment.size
    homes = {app.primary for app in each.config.applications.values()}
    for template in _networks(each):
        zones = len(each.config.zones(template.region))
        whole = size is Size.MULTI_SITE or (size is Size.WARM_STANDBY and template.region in homes)
        assert len(template.of("AWS::EC2::NatGateway")) == (zones if whole else 1)


def test_traffic_to_s3_and_dynamodb_does_not_go_through_the_gateway(each: Assembly) -> None:
    for template in _networks(each):
        kinds = [one["Properties"]["VpcEndpointType"] for one in template.of("AWS::EC2::VPCEndpoint").values()]
        assert kinds == ["Gateway", "Gateway"]


def test_all_flows_are_kept_encrypted_for_a_limited_time(each: Assembly) -> None:
    for template in _networks(each):
        assert template.one("AWS::EC2::FlowLog")["TrafficType"] == "ALL"
        group = template.one("AWS::Logs::LogGroup")
        assert group["RetentionInDays"] == 90
        assert group["KmsKeyId"]


def test_each_application_has_a_group_of_its_own_that_nothing_may_enter_by_itself(each: Assembly) -> None:
    for template in _networks(each):
        here = [name for name, app in each.config.applications.items() if template.region in app.regions]
        groups = [
            one["Properties"]
            for name, one in template.of("AWS::EC2::SecurityGroup").items()
            if name.startswith("Services")
        ]
        assert [one["GroupDescription"] for one in groups] == [f"What {name} runs" for name in here]
        assert not any("SecurityGroupIngress" in one for one in groups)
