"""What runs: every service and group of the topology, in each region, behind TLS, with scaling and a way back."""

from collections.abc import Iterator
from typing import Any

import pytest

from dr_core.topology.capacity import Capacity
from dr_core.topology.deployment import Service
from infra.running.groups import instance_type
from infra.running.images import image_in
from tests.infra.synthesized import Assembly, Json, Template

SERVICE, GROUP = "AWS::ECS::Service", "AWS::AutoScaling::AutoScalingGroup"
BALANCER, LISTENER = "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::Listener"
KEPT = {"Ref": "AWS::NoValue"}


def _made(assembly: Assembly, concern: str) -> Iterator[tuple[str, Template]]:
    """(application, template) of the stacks of a concern."""
    for name, template in assembly.templates.items():
        for application in assembly.config.applications:
            if name == f"{application}-{concern}-{template.region}":
                yield application, template


def _entries(assembly: Assembly, application: str, kind: str) -> list[Capacity]:
    return [entry for entry in assembly.config.applications[application].capacity if entry.kind == kind]


def _count(assembly: Assembly, application: str, region: str, entry: Capacity) -> int:
    primary = assembly.config.applications[application].primary
    return int(entry.value.active if region == primary else entry.value.standby)


def test_each_service_stands_in_each_region(each: Assembly, edges: Assembly) -> None:
    for assembly in (each, edges):
        for application, template in _made(assembly, "compute"):
            found = {one["Properties"]["ServiceName"] for one in template.of(SERVICE).values()}
            assert found == {entry.value.service for entry in _entries(assembly, application, "ecs")}
            groups = {one["Properties"]["AutoScalingGroupName"] for one in template.of(GROUP).values()}
            assert groups == {entry.value.group for entry in _entries(assembly, application, "autoscaling")}


def test_a_count_is_given_once_and_left_alone_from_then_on(each: Assembly, edges: Assembly) -> None:
    """A deployment in the middle of a failover, or of a busy day, changes no count."""
    for assembly in (each, edges):
        for application, template in _made(assembly, "compute"):
            for entry in _entries(assembly, application, "ecs"):
                [(name, service)] = [
                    (name, one["Properties"]) for name, one in template.of(SERVICE).items()
                    if one["Properties"]["ServiceName"] == entry.value.service
                ]  # fmt: skip
                count = _count(assembly, application, template.region, entry)
                assert service["DesiredCount"] == {"Fn::If": [f"{name}Counted", KEPT, count]}
                # The service itself, not its stack: one that is added later is made with its count, too.
                assert template.body["Metadata"]["dr:once-stand"][f"{name}CountedStands"] == [
                    {"stack": template.stack, "region": template.region, "resource": name}
                ]


def test_services_scale_between_their_waiting_and_twice_their_working_size(each: Assembly, edges: Assembly) -> None:
    for assembly in (each, edges):
        for application, template in _made(assembly, "compute"):
            bounds = sorted(
                (one["Properties"]["MinCapacity"], one["Properties"]["MaxCapacity"])
                for one in template.of("AWS::ApplicationAutoScaling::ScalableTarget").values()
            )
            entries = _entries(assembly, application, "ecs")
            region = template.region
            wanted = sorted((_count(assembly, application, region, one), 2 * one.value.active) for one in entries)
            assert bounds == wanted
            policies = template.of("AWS::ApplicationAutoScaling::ScalingPolicy").values()
            assert len(policies) == len(entries)
            assert {one["Properties"]["PolicyType"] for one in policies} <= {"TargetTrackingScaling"}


def test_a_broken_release_goes_back_by_itself_and_takes_nothing_away(each: Assembly) -> None:
    for _, _, service in each.of(SERVICE):
        deployment = service["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert deployment["MinimumHealthyPercent"] == 100


def test_tasks_have_no_public_address(each: Assembly) -> None:
    for _, _, service in each.of(SERVICE):
        assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


def _attributes(properties: Json, key: str) -> dict[str, Any]:
    return {one["Key"]: one["Value"] for one in properties[key]}


def test_load_balancers_are_kept_logged_and_strict(each: Assembly) -> None:
    found = [one for _, template in _made(each, "compute") for one in template.of(BALANCER).values()]
    assert found
    for one in found:
        attributes = _attributes(one["Properties"], "LoadBalancerAttributes")
        assert attributes["deletion_protection.enabled"] == "true"
        assert attributes["access_logs.s3.enabled"] == "true"
        assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"


def test_every_address_of_the_topology_has_a_listener_with_a_modern_tls(three: Assembly) -> None:
    for _, template in _made(three, "compute"):
        listeners = {one["Properties"]["Port"]: one["Properties"] for one in template.of(LISTENER).values()}
        assert set(listeners) == {443, 8443}  # the public name's, and that of the region's health
        for one in listeners.values():
            assert one["Protocol"] == "HTTPS"
            assert one["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


def test_without_tls_only_what_the_topology_names_is_answered(edges: Assembly) -> None:
    template = edges.templates["swarm-compute-eu-west-1"]
    [plain] = [one["Properties"] for one in template.of(LISTENER).values() if one["Properties"]["Protocol"] == "HTTP"]
    assert plain["Port"] == 8080
    assert plain["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    rule = template.one("AWS::ElasticLoadBalancingV2::ListenerRule")
    assert rule["Conditions"] == [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/up"]}}]


def test_the_certificate_holds_every_name_and_proves_itself_in_their_zones(edges: Assembly) -> None:
    made = edges.templates["press-compute-eu-south-1"].one("AWS::CertificateManager::Certificate")
    names = [made["DomainName"], *made["SubjectAlternativeNames"]]
    assert names == [
        "mil.press.example.net", "blue-mil.press.example.net", "green-mil.press.example.net", "www.press.example.net",
    ]  # fmt: skip
    assert made["ValidationMethod"] == "DNS"
    assert {one["DomainName"]: one["HostedZoneId"] for one in made["DomainValidationOptions"]} == dict.fromkeys(
        names, "Z8PRESS"
    )


def test_a_name_without_a_known_zone_is_left_to_people(north: Assembly) -> None:
    template = north.templates["catalog-compute-eu-north-1"]
    assert "sto.catalog.test" in template.body["Metadata"]["dr:left-to-people"]["applications.catalog.traffic"]
    assert "DomainValidationOptions" not in template.one("AWS::CertificateManager::Certificate")


def test_targets_are_looked_at_where_the_topology_says(three: Assembly) -> None:
    for _, template in _made(three, "compute"):
        group = template.one("AWS::ElasticLoadBalancingV2::TargetGroup")
        assert (group["HealthCheckPath"], group["Port"]) == ("/ok", 9000)


def test_only_the_load_balancer_reaches_what_runs(each: Assembly) -> None:
    for application, template in _made(each, "compute"):
        port = each.config.built(application).service.port
        rules = [one["Properties"] for one in template.of("AWS::EC2::SecurityGroupIngress").values()]
        assert [(one["FromPort"], one["ToPort"]) for one in rules] == [(port, port)]
        assert all("SourceSecurityGroupId" in one for one in rules)


# -- permissions and logs ----------------------------------------------------------------------------------------------


def test_roles_name_what_they_may_touch(each: Assembly) -> None:
    for _, template in _made(each, "compute"):
        for policy in template.of("AWS::IAM::Policy").values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                if statement["Action"] != "ecr:GetAuthorizationToken":  # which knows no resource
                    assert statement["Resource"] != "*"
                assert "*" not in str(statement["Action"])


def test_a_role_reads_the_secrets_of_its_own_region_and_application(north: Assembly) -> None:
    template = north.templates["booking-compute-eu-west-3"]
    statements = [
        statement for policy in template.of("AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"] if statement.get("Sid") == "Secrets"
    ]  # fmt: skip
    arn = "arn:aws:secretsmanager:eu-west-3:444455556666:secret:booking/db-??????"
    assert [statement["Resource"] for statement in statements] == [arn]


def test_logs_are_encrypted_and_do_not_stay_for_ever(each: Assembly) -> None:
    for _, template in _made(each, "compute"):
        for one in template.of("AWS::Logs::LogGroup").values():
            assert one["Properties"]["RetentionInDays"] == 90
            assert "KmsKeyId" in one["Properties"]


# -- groups and images -------------------------------------------------------------------------------------------------


def test_a_groups_size_is_left_alone_by_a_deployment(edges: Assembly) -> None:
    template = edges.templates["press-compute-eu-south-1"]
    [group] = template.of(GROUP).values()
    assert group["UpdatePolicy"]["AutoScalingScheduledAction"] == {"IgnoreUnmodifiedGroupSizeProperties": True}
    sizes = [group["Properties"][key] for key in ("MinSize", "DesiredCapacity", "MaxSize")]
    assert sizes == ["0", "0", "8"]


def test_instances_tell_their_role_only_to_who_asks_with_a_token(edges: Assembly) -> None:
    for _, _, template in edges.of("AWS::EC2::LaunchTemplate"):
        data = template["LaunchTemplateData"]
        assert data["MetadataOptions"]["HttpTokens"] == "required"
        assert all(one["Ebs"]["Encrypted"] for one in data["BlockDeviceMappings"])


@pytest.mark.parametrize(
    ("cpu", "memory", "wanted"),
    [(256, 512, "t3.small"), (256, 2048, "t3.medium"), (2048, 7168, "t3.large"), (4096, 512, "t3.xlarge"),
     (16384, 65536, "t3.2xlarge")],
)  # fmt: skip
def test_the_smallest_instance_that_holds_the_container(cpu: int, memory: int, wanted: str) -> None:
    assert instance_type(Service(image="i:1", cpu=cpu, memory=memory)) == wanted


def test_an_image_of_ecr_is_pulled_in_its_own_region() -> None:
    image = image_in("eu-west-3", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/shop:7")
    assert image.name == "111122223333.dkr.ecr.eu-west-3.amazonaws.com/team/shop:7"
    assert image.repository == "arn:aws:ecr:eu-west-3:111122223333:repository/team/shop"
    assert image.comes == "let ECR copy team/shop from eu-west-1 to eu-west-3"
    assert image_in("eu-west-1", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/shop:7").comes == ""


def test_an_image_from_elsewhere_is_told() -> None:
    image = image_in("eu-west-3", "public.ecr.aws/nginx/nginx:1.29")
    assert (image.name, image.repository) == ("public.ecr.aws/nginx/nginx:1.29", None)
    assert "copy it to ECR" in image.comes


def test_applications_share_a_cluster_that_is_made_once(edges: Assembly) -> None:
    here = [
        (template.stack, properties["ClusterName"])
        for template, _, properties in edges.of("AWS::ECS::Cluster")
        if properties["ClusterName"] == "shared"
    ]
    assert sorted(here) == [("press-compute-eu-south-1", "shared"), ("press-compute-eu-west-1", "shared")]


def test_the_count_of_tasks_is_seen_in_each_cluster(each: Assembly) -> None:
    for _, template in _made(each, "compute"):
        for one in template.of("AWS::ECS::Cluster").values():
            assert one["Properties"]["ClusterSettings"] == [{"Name": "containerInsights", "Value": "enabled"}]
