"""Records and health checks as Route 53 gets them."""

from typing import Any

from infra.records import answers
from infra.stacks.dns import CHECKERS
from tests.infra.synthesized import Assembly, Json, Template

RECORD, CHECK = "AWS::Route53::RecordSet", "AWS::Route53::HealthCheck"


def _dns(assembly: Assembly, application: str) -> Template:
    return assembly.templates[f"{application}-dns-{assembly.config.topology.control_region}"]


def _checks(template: Template) -> dict[str, Json]:
    return {name: one["Properties"]["HealthCheckConfig"] for name, one in template.of(CHECK).items()}


def _all_checks(assembly: Assembly) -> list[Json]:
    return [properties["HealthCheckConfig"] for _, _, properties in assembly.of(CHECK)]


def _records(template: Template, name: str) -> dict[str, Json]:
    """By set identifier; a simple record by its name."""
    found = [one["Properties"] for one in template.of(RECORD).values() if one["Properties"]["Name"] == name]
    return {one.get("SetIdentifier", name): one for one in found}


def test_each_region_is_looked_at_every_30_s_and_counts_as_down_after_three_failures(each: Assembly) -> None:
    for name, app in each.config.applications.items():
        urls = [entry.http for entry in app.health if entry.http]
        if not any(entry.route53 for entry in app.health):
            continue
        found = {
            config["FullyQualifiedDomainName"]: config
            for config in _checks(_dns(each, name)).values() if config["Type"] == "HTTPS" and not config["Inverted"]
        }  # fmt: skip
        assert len(found) == len(app.regions) == len(urls[0])
        for config in found.values():
            assert (config["RequestInterval"], config["FailureThreshold"]) == (30, 3)
            assert config["EnableSNI"] is True


def test_ten_seconds_are_an_option(edges: Assembly) -> None:
    press = _checks(_dns(edges, "press"))
    assert {config["RequestInterval"] for config in press.values() if "RequestInterval" in config} == {10}
    paper = _checks(_dns(edges, "paper"))
    assert {config["RequestInterval"] for config in paper.values() if "RequestInterval" in config} == {30}


def test_three_regions_of_checkers_look_and_one_of_them_is_in_the_eu(each: Assembly, edges: Assembly) -> None:
    assert len(set(CHECKERS)) >= 3
    assert [region for region in CHECKERS if region.startswith("eu-")]
    for config in (*_all_checks(each), *_all_checks(edges)):
        if config["Type"] in ("HTTP", "HTTPS"):
            assert config["Regions"] == list(CHECKERS)


def test_health_is_looked_at_at_the_addresss_own_port(three: Assembly) -> None:
    ports = {one["Port"] for one in _checks(_dns(three, "tickets")).values() if one["Type"] == "HTTPS"}
    assert ports == {8443}


def test_one_check_says_whether_anybody_serves(each: Assembly) -> None:
    for name, app in each.config.applications.items():
        if any(entry.route53 for entry in app.health):
            [served] = [one for one in _checks(_dns(each, name)).values() if one["Type"] == "CALCULATED"]
            assert (served["HealthThreshold"], len(served["ChildHealthChecks"])) == (1, len(app.regions))


def test_ids_that_aws_assigns_are_written_where_the_topology_wants_them(each: Assembly) -> None:
    for name, app in each.config.applications.items():
        wanted = {
            f"applications.{name}.health.{index}.route53.{region}"
            for index, entry in enumerate(app.health) for region in entry.route53 or {}
        } | {
            f"applications.{name}.traffic.{index}.standby_takes_over.health_check"
            for index, entry in enumerate(app.traffic) if entry.standby_takes_over
        }  # fmt: skip
        noted = _dns(each, name).body["Metadata"].get("dr:writes", {})
        assert set(noted) == wanted
        assert set(noted.values()) <= set(_dns(each, name).body.get("Outputs", {}))


def test_what_stands_already_is_used_and_not_made(edges: Assembly) -> None:
    template = _dns(edges, "swarm")
    assert {one["Type"] for one in _checks(template).values()} == {"CALCULATED"}
    assert "dr:writes" not in template.body["Metadata"]
    assert {one["HealthCheckId"] for one in _records(template, "swarm.example.com").values()} == {
        "11111111-aaaa", "22222222-bbbb",
    }  # fmt: skip


def test_every_record_of_the_topology_is_made_as_planned(each: Assembly, edges: Assembly) -> None:
    for assembly in (each, edges):
        for name, app in assembly.config.applications.items():
            for spec in (entry.route53_records for entry in app.traffic if entry.route53_records):
                found = _records(_dns(assembly, name), spec.name)
                wanted = {one.identifier: (one.weight, one.role) for one in answers(app, spec)}
                assert {key: (one.get("Weight"), one.get("Failover")) for key, one in found.items()} == wanted


def test_an_answer_is_kept_for_30_s_or_as_long_as_the_load_balancers(each: Assembly, edges: Assembly) -> None:
    for assembly in (each, edges):
        for _, _, record in assembly.of(RECORD):
            assert record.get("TTL") == "30" if "AliasTarget" not in record else "TTL" not in record


def test_with_one_writer_no_target_is_evaluated(each: Assembly) -> None:
    """Scaling to zero must not move anybody before the database is promoted."""
    for name, app in each.config.applications.items():
        if app.database is not None:
            for one in _dns(each, name).of(RECORD).values():
                assert (
                    one["Properties"].get("AliasTarget", {"EvaluateTargetHealth": False})["EvaluateTargetHealth"]
                    is False
                )


def test_a_take_over_object_is_watched_upside_down(edges: Assembly, north: Assembly) -> None:
    for template, host in (
        (_dns(edges, "press"), "press-switch-mil.s3.eu-south-1.amazonaws.com"),
        (_dns(north, "catalog"), "catalog-takeover-par.s3.eu-west-3.amazonaws.com"),
    ):
        [config] = [one for one in _checks(template).values() if one.get("Inverted")]
        assert config["FullyQualifiedDomainName"] == host
        assert config["Type"] == "HTTPS"
    primary = _records(_dns(edges, "press"), "www.press.example.net")["dub"]
    assert primary["HealthCheckId"] == {"Fn::GetAtt": ["Switch1", "HealthCheckId"]}


def test_a_switch_that_no_record_follows_is_told(north: Assembly, edges: Assembly) -> None:
    path = "applications.catalog.traffic.0"
    assert "no record is named" in _dns(north, "catalog").body["Metadata"]["dr:left-to-people"][path]
    assert "dr:left-to-people" not in _dns(edges, "press").body["Metadata"]


def test_records_follow_their_routing_control(three: Assembly) -> None:
    template = _dns(three, "tickets")
    follows = {name: one for name, one in _checks(template).items() if one["Type"] == "RECOVERY_CONTROL"}
    records = _records(template, "tickets.test")
    assert len(follows) == len(records) == 3
    comes = template.body["Metadata"]["dr:comes-from"]
    for identifier, region in (("dub", "EuWest1"), ("fra", "EuCentral1"), ("zaz", "EuSouth2")):
        assert records[identifier]["HealthCheckId"] == {"Fn::GetAtt": [f"Follows1{region}", "HealthCheckId"]}
        assert follows[f"Follows1{region}"]["RoutingControlArn"] == {"Ref": f"Control1{region}"}
        assert comes[f"Control1{region}"]["stack"] == "lifeline-arc-us-west-2"


def test_a_regions_own_name_leads_to_that_region_alone(example: Assembly) -> None:
    template = _dns(example, "shop")
    for region, word in (("eu-central-1", "EuCentral1"), ("eu-west-1", "EuWest1")):
        [record] = _records(template, f"api-{region}.shop.example.com").values()
        assert record["AliasTarget"]["DNSName"] == {"Ref": f"Balancer{word}"}
        assert template.body["Metadata"]["dr:comes-from"][f"Balancer{word}"] == {
            "stack": f"shop-compute-{region}", "region": region, "output": "BalancerName",
        }  # fmt: skip


def test_no_stack_refers_to_another_regions(each: Assembly) -> None:
    def imports(node: Any) -> bool:
        if isinstance(node, dict):
            return "Fn::ImportValue" in node or any(map(imports, node.values()))
        return isinstance(node, list) and any(map(imports, node))

    for name in each.config.applications:
        assert not imports(_dns(each, name).body["Resources"])
