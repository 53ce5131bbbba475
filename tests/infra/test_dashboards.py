"""Dashboards: each graph is of something that the templates make, and what is watched is on a graph of its region."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.notes import COMES_FROM
from tests.infra.synthesized import Assembly, Json, Template

_BALANCER = {
    ("RequestCount", "Sum"),
    ("HTTPCode_Target_5XX_Count", "Sum"),
    ("HTTPCode_ELB_5XX_Count", "Sum"),
    *(("TargetResponseTime", percent) for percent in ("p50", "p95", "p99")),
}
_ASSIGNED = {
    "AWS/ApplicationELB": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS/Route53": "AWS::Route53::HealthCheck",
}
"""What AWS gives a name to: the graph has it from the stack that makes it."""


@dataclass(frozen=True)
class Figure:
    """`of`: the dimensions; one that is filled in says `stack/logical id` of the resource it comes from."""

    namespace: str
    name: str
    statistic: str
    of: frozenset[tuple[str, str]]
    region: str


def test_every_graph_is_of_a_resource_of_the_templates(each: Assembly) -> None:
    _all_known(each)


def test_a_check_that_existed_before_is_graphed_by_the_id_that_the_file_gives(edges: Assembly) -> None:
    _all_known(edges)
    shown = {value for one in _graphed(edges, "swarm") for name, value in one.of if name == "HealthCheckId"}
    assert shown == set((edges.config.applications["swarm"].health[1].route53 or {}).values())


def _all_known(each: Assembly) -> None:
    made = set(_made(each))
    given = {
        check
        for app in each.config.applications.values()
        for one in app.health
        for check in (one.route53 or {}).values()
    }
    for application in each.config.applications:
        figures = _graphed(each, application)
        assert figures
        for one in figures:
            for dimension, value in one.of:
                known = (one.namespace, one.region, dimension, value) in made
                known |= dimension == "HealthCheckId" and value in given
                assert known or (dimension in {"SourceRegion", "ReceivingRegion"} and value in each.config.regions), one


def test_requests_errors_and_percentiles_of_every_balancer_are_graphed(each: Assembly) -> None:
    found = 0
    for name, app in each.config.applications.items():
        for region in app.regions:
            template = each.templates.get(f"{name}-compute-{region}")
            for balancer in template.of(_ASSIGNED["AWS/ApplicationELB"]) if template else ():
                of = frozenset({("LoadBalancer", f"{name}-compute-{region}/{balancer}")})
                shown = {
                    (one.name, one.statistic) for one in _graphed(each, name) if (one.of, one.region) == (of, region)
                }
                assert shown == _BALANCER
                found += 1
    assert found >= 2


def test_every_health_check_of_a_region_is_graphed_where_its_figures_exist(each: Assembly) -> None:
    found = 0
    for name in each.config.applications:
        shown = [one for one in _graphed(each, name) if one.namespace == "AWS/Route53"]
        alarms = each.templates.get(f"{name}-health-alarms-us-east-1")
        watched = set(_resolved(each, alarms)) if alarms else set()
        assert {value for one in shown for _, value in one.of} == watched
        assert {one.region for one in shown} <= {"us-east-1"}
        found += len(watched)
    assert found >= 2


def test_how_far_copies_are_behind_is_the_figure_that_the_alarm_compares(each: Assembly) -> None:
    seen = set()
    for name, app in each.config.applications.items():
        shown = {(one.namespace, one.name, one.of, one.region) for one in _graphed(each, name)}
        for region in app.regions:
            for body in each.templates[f"{name}-alarms-{region}"].of("AWS::CloudWatch::Alarm").values():
                if body["Properties"]["AlarmName"].endswith("-lag"):
                    for figure in _compared(body["Properties"]):
                        assert (*figure, region) in shown
                        seen.add(figure[0])
        assert not app.cache or "AWS/ElastiCache" in seen
        assert not app.database or "AWS/RDS" in seen
    assert seen


def _compared(alarm: Json) -> Iterator[tuple[str, str, frozenset[tuple[str, str]]]]:
    for one in [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", ()) if "MetricStat" in each] or [alarm]:
        of = frozenset((each["Name"], each["Value"]) for each in one["Dimensions"])
        yield one["Namespace"], one["MetricName"], of


def _graphed(assembly: Assembly, application: str) -> set[Figure]:
    template = assembly.templates[f"{application}-dashboard-{assembly.config.topology.control_region}"]
    body = _dashboard(template, _resolved_names(assembly, template))
    found = set()
    for widget in body["widgets"]:
        for namespace, name, *rest in widget["properties"].get("metrics", ()):
            *pairs, options = rest
            of = frozenset(zip(pairs[::2], pairs[1::2], strict=True))
            found.add(Figure(namespace, name, options.get("stat", "Average"), of, options["region"]))
    return found


def _dashboard(template: Template, names: dict[str, str]) -> Any:
    text = template.one("AWS::CloudWatch::Dashboard")["DashboardBody"]
    parts = text["Fn::Join"][1] if isinstance(text, dict) else [text]
    return json.loads("".join(one if isinstance(one, str) else names[one["Ref"]] for one in parts))


def _resolved_names(assembly: Assembly, template: Template) -> dict[str, str]:
    """By parameter, `stack/logical id` of the resource whose id or name fills it in."""
    found = {"AWS::Region": template.region}
    for parameter, source in template.body["Metadata"].get(COMES_FROM, {}).items():
        maker = assembly.templates[source["stack"]]
        resource, _ = maker.body["Outputs"][source["output"]]["Value"]["Fn::GetAtt"]
        found[parameter] = f"{source['stack']}/{resource}"
    return found


def _resolved(assembly: Assembly, alarms: Template) -> Iterator[str]:
    """The health checks that the stack's alarms compare."""
    names = _resolved_names(assembly, alarms)
    for body in alarms.of("AWS::CloudWatch::Alarm").values():
        [dimension] = body["Properties"]["Dimensions"]
        yield names[dimension["Value"]["Ref"]] if isinstance(dimension["Value"], dict) else dimension["Value"]


def _made(assembly: Assembly) -> Iterator[tuple[str, str, str, str]]:
    """(namespace, region of its figures, dimension, value) of what the templates make."""
    for template in assembly.templates.values():
        for logical, body in template.body.get("Resources", {}).items():
            for namespace, kind in _ASSIGNED.items():
                if body["Type"] == kind:
                    dimension = "LoadBalancer" if namespace == "AWS/ApplicationELB" else "HealthCheckId"
                    region = "us-east-1" if namespace == "AWS/Route53" else template.region
                    yield namespace, region, dimension, f"{template.stack}/{logical}"
            for namespace, dimension, value in _named(body["Type"], body.get("Properties", {})):
                yield namespace, template.region, dimension, value
        for _, _, table in ((template, *one) for one in template.of("AWS::DynamoDB::GlobalTable").items()):
            for replica in table["Properties"]["Replicas"]:
                yield "AWS/DynamoDB", replica["Region"], "TableName", table["Properties"]["TableName"]


def _named(kind: str, properties: Json) -> Iterator[tuple[str, str, str]]:
    match kind:
        case "AWS::RDS::DBCluster":
            yield "AWS/RDS", "DBClusterIdentifier", properties["DBClusterIdentifier"]
        case "AWS::RDS::DBInstance" if "DBInstanceIdentifier" in properties:
            yield "AWS/RDS", "DBInstanceIdentifier", properties["DBInstanceIdentifier"]
        case "AWS::ECS::Cluster":
            yield "ECS/ContainerInsights", "ClusterName", properties["ClusterName"]
        case "AWS::ECS::Service":
            yield "ECS/ContainerInsights", "ServiceName", properties["ServiceName"]
        case "AWS::ElastiCache::ReplicationGroup":
            for number in range(1, properties["NumCacheClusters"] + 1):
                yield "AWS/ElastiCache", "CacheClusterId", f"{properties['ReplicationGroupId']}-{number:03}"
        case "AWS::S3::Bucket" if "ReplicationConfiguration" in properties:
            yield "AWS/S3", "SourceBucket", properties["BucketName"]
            for rule in properties["ReplicationConfiguration"]["Fn::If"][1]["Rules"]:
                yield "AWS/S3", "RuleId", rule["Id"]
                yield "AWS/S3", "DestinationBucket", rule["Destination"]["Bucket"].rpartition(":")[2]
