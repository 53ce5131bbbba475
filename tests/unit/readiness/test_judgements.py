"""Each judgement as a table: what was seen, and what it means."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dr_core.approvals.model import Actor, Face
from dr_core.drills.model import Drill, DrillKind, DrillState
from dr_core.plan.step import Mode
from dr_core.readiness import actions
from dr_core.readiness.examination import About
from dr_core.readiness.examinations import (
    certificates,
    database,
    keys,
    names,
    own_house,
    parameters,
    permissions,
    posture,
    quotas,
    rehearsal,
    residency,
    secrets,
    services,
    storage,
    traffic,
)
from dr_core.readiness.handshake import routed
from dr_core.readiness.surroundings import ServedCertificate
from dr_core.replication.elasticache import matching
from dr_core.replication.rules import Rule
from dr_core.settings import parse_connect_to
from dr_core.topology.capacity import AutoScalingGroup, Consumer
from dr_core.topology.model import Topology
from tests.unit.readiness.conftest import AT

HERE, THERE = "eu-west-1", "eu-central-1"
CLUSTER = database.ClusterFacts(
    "shop",
    "16.6",
    2,
    7,
    AT - timedelta(days=7),
    AT - timedelta(minutes=5),
    "Database Insights advanced",
    True,
    "k",
    "g",
)
RULE = Rule("r", "copy", enabled=True, replica_changes=True)
RECORD = traffic.Record("a", 30, None, False, False, ("192.0.2.1",))
WATCHES = traffic.HealthCheckFacts("hc", "HTTPS", 10, False, (("hc", "HTTPS"),))
NEED = quotas.Need("shop/api", 1.0, 4, 1)
QUOTA = quotas.Quota("Fargate vCPUs", 10.0, 5.0, AT, "")
IMAGE = services.Image("i", HERE, True)
SERVICE = services.ServiceFacts("api:1", "ACTIVE", (IMAGE,), "", None, 8)
TRAIL = posture.Trail("all", True, True, True)


def drill(state: DrillState) -> Drill:
    ada = Actor(person="person:Ada", display="Ada", face=Face.SLACK)
    return Drill(id="d-1", application="shop", kind=DrillKind.PROBE, state=state, by=ada, source=HERE, asked_at=AT,
                 ended_at=AT)  # fmt: skip


def following(*checks: tuple[str, str]) -> traffic.HealthCheckFacts:
    return replace(WATCHES, follows=checks)


def wrong(found: Any) -> list[tuple[str, str]]:
    """(code, severity or unknown) of what is not well."""
    return [(c.code, c.severity.value if c.state == "finding" else c.state.value) for c in found if c.state != "ok"]


CASES: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("a cluster that is well", lambda a: database.judge_cluster(CLUSTER, a), []),
    ("no cluster", lambda a: database.judge_cluster(None, a), [("missing:database", "blocking")]),
    ("headless", lambda a: database.judge_cluster(replace(CLUSTER, instances=0), a), [("target-headless", "blocking")]),
    (
        "headless, and a failover makes the instance",
        lambda a: database.judge_cluster(replace(CLUSTER, instances=0), a, made=True),
        [("target-headless", "info")],
    ),
    ("no backups",
     lambda a: database.judge_cluster(replace(CLUSTER, retention_days=0), a), [("no-backups", "warning")]),
    (
        "backups stand still",
        lambda a: database.judge_cluster(replace(CLUSTER, restorable_to=AT - timedelta(hours=3)), a),
        [("backups-behind", "warning")],
    ),
    ("window not told", lambda a: database.judge_cluster(replace(CLUSTER, restorable_to=None), a),
     [("no-backups", "unknown")]),
    ("it forwards writes", lambda a: database.judge_cluster(replace(CLUSTER, forwards=True), a),
     [("write-forwarding", "info")]),
    ("no insights", lambda a: database.judge_cluster(replace(CLUSTER, insights=""), a), [("no-insights", "info")]),
    ("insights not told", lambda a: database.judge_cluster(replace(CLUSTER, insights=None), a),
     [("no-insights", "unknown")]),
    ("one zone", lambda a: database.judge_zones(("a", "a"), a), [("single-az", "warning")]),
    ("two zones", lambda a: database.judge_zones(("a", "b"), a), []),
    ("RPO held, two regions", lambda a: database.judge_rpo(True, "20", a), [("global-db-rpo", "blocking")]),
    ("RPO held, three regions", lambda a: database.judge_rpo(False, "20", a), [("global-db-rpo", "warning")]),
    ("RPO not held", lambda a: database.judge_rpo(True, None, a), []),
    ("not encrypted", lambda a: database.judge_key(database.KeyFacts(False, None, None, None), a),
     [("not-encrypted", "warning")]),
    ("one-region key", lambda a: database.judge_key(database.KeyFacts(True, "k", False, "AWS"), a),
     [("key-not-multi-region", "info")]),
    ("versions differ", lambda a: database.judge_versions(THERE, {THERE: "16.6", HERE: "16.4"}, a),
     [("engine-versions-differ", "blocking")]),
    ("a version unknown", lambda a: database.judge_versions(THERE, {THERE: None, HERE: "16.4"}, a),
     [("engine-versions-unknown", "unknown")]),
    ("no secret", lambda a: secrets.judge(None, a), [("missing:secret", "blocking")]),
    ("a secret that is being deleted", lambda a: secrets.judge(secrets.SecretFacts(True, "v"), a),
     [("missing:secret", "blocking")]),
    ("a secret without a version", lambda a: secrets.judge(secrets.SecretFacts(False, None), a),
     [("missing:secret", "blocking")]),
    ("a secret that names the other region", lambda a: secrets.judge_endpoints(frozenset({THERE, HERE}), a),
     [("secret-points-elsewhere", "warning")]),
    ("a secret that names its own region", lambda a: secrets.judge_endpoints(frozenset({HERE}), a), []),
    ("no key", lambda a: keys.judge(None, a), [("missing:key", "blocking")]),
    ("a disabled key", lambda a: keys.judge(keys.KeyFacts("k", "Disabled", True), a), [("missing:key", "blocking")]),
    ("a key of one region", lambda a: keys.judge(keys.KeyFacts("k", "Enabled", False), a),
     [("key-not-multi-region", "warning")]),
    ("two keys", lambda a: keys.judge_same({HERE: "k1", THERE: "k2"}, a), [("keys-differ", "warning")]),
    ("one key seen", lambda a: keys.judge_same({HERE: "k1"}, a), [("keys-differ", "unknown")]),
    ("no bucket", lambda a: storage.judge_versioning(None, a), [("missing:bucket", "blocking")]),
    ("no versions", lambda a: storage.judge_versioning("Suspended", a), [("not-versioned", "warning")]),
    ("a rule that covers all", lambda a: storage.judge_rules(HERE, {THERE: "copy"}, ("blue/",), (RULE,), a), []),
    ("no rule out of the active region", lambda a: storage.judge_rules(HERE, {THERE: "copy"}, (), (), a),
     [("no-replication-rule", "blocking")]),
    ("no rule back", lambda a: storage.judge_rules(THERE, {THERE: "copy"}, (), (), a), [("rules-one-way", "warning")]),
    ("a rule for one prefix only",
     lambda a: storage.judge_rules(HERE, {THERE: "copy"}, ("blue/", "green/"), (replace(RULE, prefix="blue/"),), a),
     [("rule-too-narrow", "warning")]),
    ("a rule by tags",
     lambda a: storage.judge_rules(HERE, {THERE: "copy"}, (), (replace(RULE, tags=(("kind", "web"),)),), a),
     [("rule-too-narrow", "warning")]),
    ("no replica modifications",
     lambda a: storage.judge_rules(HERE, {THERE: "copy"}, (), (replace(RULE, replica_changes=False),), a),
     [("no-replica-modifications", "info")]),
    ("S3's own key", lambda a: storage.judge_encryption(storage.Encryption("AES256", None, None), a),
     [("key-not-multi-region", "info")]),
    ("a bucket's key of one region", lambda a: storage.judge_encryption(storage.Encryption("aws:kms", "k", False), a),
     [("key-not-multi-region", "warning")]),
    ("a bucket's key that cannot be asked",
     lambda a: storage.judge_encryption(storage.Encryption("aws:kms", "k", None), a),
     [("key-not-multi-region", "unknown")]),
    ("health on the record of a writer", lambda a: traffic.judge_switches(
        frozenset(), True, ((replace(RECORD, health_check="hc"), WATCHES),), a), [("health-is-no-switch", "warning")]),
    ("a target's health on the record", lambda a: traffic.judge_switches(
        frozenset(), True, ((replace(RECORD, evaluates_target=True), None),), a), [("health-is-no-switch", "warning")]),
    ("the take-over check on the record", lambda a: traffic.judge_switches(
        frozenset({"hc"}), True, ((replace(RECORD, health_check="hc"), WATCHES),), a), []),
    ("a routing control on the record", lambda a: traffic.judge_switches(
        frozenset(), True, ((replace(RECORD, health_check="hc"), following(("hc", "RECOVERY_CONTROL"))),), a), []),
    ("an alarm on the record", lambda a: traffic.judge_switches(
        frozenset(), True, ((replace(RECORD, health_check="hc"), following(("hc", "CLOUDWATCH_METRIC"))),), a),
     [("health-is-no-switch", "warning")]),
    ("a check that is made of switches", lambda a: traffic.judge_switches(
        frozenset({"object"}), True,
        ((replace(RECORD, health_check="hc"), following(("object", "HTTPS"), ("c", "RECOVERY_CONTROL"))),), a), []),
    ("a check of more than is looked at", lambda a: traffic.judge_switches(
        frozenset(), True, ((replace(RECORD, health_check="hc"), replace(following(), unseen=1)),), a),
     [("health-is-no-switch", "unknown")]),
    ("no record", lambda a: traffic.judge_switches(frozenset(), True, (), a), [("health-is-no-switch", "unknown")]),
    ("health where nothing writes", lambda a: traffic.judge_switches(
        frozenset(), False, ((replace(RECORD, health_check="hc"), WATCHES),), a), []),
    ("no health check", lambda a: traffic.judge_health_check(None, a), [("missing:health-check", "warning")]),
    ("a disabled health check", lambda a: traffic.judge_health_check(replace(WATCHES, disabled=True), a),
     [("health-check-disabled", "warning")]),
    ("a fast health check", lambda a: traffic.judge_health_check(WATCHES, a), []),
    ("no take-over bucket",
     lambda a: traffic.judge_takeover_bucket(None, a), [("missing:takeover-bucket", "blocking")]),
    ("records only",
     lambda a: traffic.judge_control_planes(("route53_records",), a), [("leans-on-us-east-1", "warning")]),
    ("records and an object", lambda a: traffic.judge_control_planes(("route53_records", "standby_takes_over"), a), []),
    ("room", lambda a: quotas.judge(quotas.Room((NEED,), QUOTA), a), []),
    ("room for the application, not beside the others",
     lambda a: quotas.judge(quotas.Room((NEED,), replace(QUOTA, used=8.0)), a), [("quota-short", "blocking")]),
    ("no room at all", lambda a: quotas.judge(quotas.Room((NEED,), replace(QUOTA, limit=3.0, used=None)), a),
     [("quota-short", "blocking")]),
    ("use unknown", lambda a: quotas.judge(quotas.Room((NEED,), replace(QUOTA, used=None)), a),
     [("quota-short", "unknown")]),
    ("nothing on Fargate", lambda a: quotas.judge(quotas.Room((), None), a), []),
    ("no service", lambda a: services.judge(4, None, a), [("missing:service", "blocking")]),
    ("a service that is well", lambda a: services.judge(4, SERVICE, a), []),
    ("an image of another region",
     lambda a: services.judge(4, replace(SERVICE, images=(services.Image("i", THERE, None),)), a),
     [("image-elsewhere", "blocking")]),
    ("an image that is gone",
     lambda a: services.judge(4, replace(SERVICE, images=(services.Image("i", HERE, False),)), a),
     [("image-missing", "blocking")]),
    ("an image of another registry",
     lambda a: services.judge(4, replace(SERVICE, images=(services.Image("i", None, None, "why"),)), a),
     [("image-missing", "unknown")]),
    ("scaling kept small", lambda a: services.judge(4, replace(SERVICE, largest=2), a), [("scaling-limit", "warning")]),
    ("a task without a place",
     lambda a: services.judge(4, replace(SERVICE, complaint="unable to place", complained_at=AT), a),
     [("capacity-short", "warning")]),
    ("a group that may not grow",
     lambda a: names.judge_group(AutoScalingGroup(group="g", active=4, standby=1), 2, a),
     [("scaling-limit", "blocking")]),
    ("no group", lambda a: names.judge_group(AutoScalingGroup(group="g", active=4, standby=1), None, a),
     [("missing:group", "blocking")]),
    ("no node group", lambda a: names.judge("node group", False, a), [("missing:node-group", "blocking")]),
    ("parameters missing",
     lambda a: parameters.judge(THERE, {THERE: frozenset({"/a", "/b"}), HERE: frozenset({"/a"})}, a),
     [("missing:parameter", "warning")]),
    ("no parameters at all", lambda a: parameters.judge(THERE, {THERE: frozenset(), HERE: frozenset()}, a),
     [("no-parameters", "warning")]),
    ("a silent region's parameters",
     lambda a: parameters.judge(THERE, {THERE: frozenset({"/a"}), HERE: "no answer"}, a),
     [("parameters-unknown", "unknown")]),
    ("a certificate that ends", lambda a: certificates.judge(
        certificates.Served(ServedCertificate(AT + timedelta(days=20), "x")), a), [("certificate-ends", "warning")]),
    ("a certificate that is good", lambda a: certificates.judge(
        certificates.Served(ServedCertificate(AT + timedelta(days=60), "x")), a), []),
    ("a certificate nobody trusts", lambda a: certificates.judge(certificates.Served(None, "expired"), a),
     [("certificate-invalid", "blocking")]),
    ("a certificate that is bad where users are sent now, which is no reason to stay there",
     lambda a: certificates.judge_now(certificates.Served(None, "expired"), a), [("certificate-invalid", "warning")]),
    ("a trail over all regions", lambda a: posture.judge((TRAIL,), a), []),
    ("a trail that is stopped",
     lambda a: posture.judge((replace(TRAIL, logging=False),), a), [("no-trail", "warning")]),
    ("a trail that delivers nothing",
     lambda a: posture.judge((replace(TRAIL, failing="AccessDenied"),), a), [("no-trail", "warning")]),
    ("a trail of one region", lambda a: posture.judge((replace(TRAIL, multi_region=False),), a),
     [("trail-one-region", "warning")]),
    ("a trail that could be changed", lambda a: posture.judge((replace(TRAIL, validated=False),), a),
     [("trail-not-validated", "info")]),
    ("the store in the active region",
     lambda a: own_house.judge_region(HERE, HERE, a), [("bot-in-active-region", "warning")]),
    ("the store elsewhere", lambda a: own_house.judge_region(THERE, HERE, a), []),
    ("a file", lambda a: own_house.judge_store(HERE, THERE, None, a), [("store-on-one-machine", "warning")]),
    ("a database of the active region",
     lambda a: own_house.judge_store(HERE, HERE, "dr.abc.eu-west-1.rds.amazonaws.com", a),
     [("bot-in-active-region", "warning")]),
    ("a database of another region",
     lambda a: own_house.judge_store(HERE, THERE, "dr.abc.eu-north-1.rds.amazonaws.com", a),
     [("store-elsewhere", "warning")]),
    ("a host that says nothing", lambda a: own_house.judge_store(HERE, THERE, "db.internal", a),
     [("store-elsewhere", "unknown")]),
    ("never tried", lambda a: rehearsal.judge_drill((None, None), a), [("never-rehearsed", "warning")]),
    ("tried long ago", lambda a: rehearsal.judge_drill((AT - timedelta(days=40), None), a), [("drill-old", "warning")]),
    ("moved lately", lambda a: rehearsal.judge_drill((AT - timedelta(days=40), AT - timedelta(days=1)), a), []),
    ("a drill that failed", lambda a: rehearsal.judge_result((drill(DrillState.FAILED), None), a),
     [("drill-not-passed", "warning")]),
    ("a drill that left something open, after a run", lambda a: rehearsal.judge_result(
        (drill(DrillState.INCOMPLETE), AT - timedelta(days=1)), a), [("drill-incomplete", "warning")]),
    ("a run after the drill that failed", lambda a: rehearsal.judge_result(
        (drill(DrillState.FAILED), AT + timedelta(days=1)), a), []),
    ("every drill passed", lambda a: rehearsal.judge_result((None, None), a), []),
    ("no runbook", lambda a: rehearsal.judge_runbook(None, a), [("runbook-old", "warning")]),
    ("an old runbook", lambda a: rehearsal.judge_runbook(AT - timedelta(hours=3), a), [("runbook-old", "warning")]),
    ("a copy outside", lambda a: residency.judge(frozenset({HERE}), (("x", "us-east-2"),), a),
     [("outside-residency", "warning")]),
    ("a bucket outside", lambda a: residency.judge_location(frozenset({HERE}), HERE, "us-east-2", a),
     [("outside-residency", "warning")]),
    ("a bucket elsewhere", lambda a: residency.judge_location(frozenset({HERE, THERE}), HERE, THERE, a),
     [("bucket-elsewhere", "warning")]),
    ("a bucket that does not say", lambda a: residency.judge_location(frozenset({HERE}), HERE, "", a),
     [("outside-residency", "unknown")]),
]  # fmt: skip


@pytest.mark.parametrize(("judged", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_was_seen_means(about: About, judged: Any, expected: list[tuple[str, str]]) -> None:
    assert wrong(judged(about)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://u:p@shop.cluster-abc.eu-west-1.rds.amazonaws.com/db", {HERE}),
        ("https://sqs.eu-central-1.amazonaws.com/1/q and https://x.eu-west-1.elb.amazonaws.com", {HERE, THERE}),
        ("shop.global-abc.global.rds.amazonaws.com", set()),
        ("eu-west-1", set()),
        ("https://eu-west-1.example.com", set()),
        ("my-eu-west-1.internal", set()),
    ],
)
def test_a_host_of_aws_inside_a_secret_names_its_region(text: str, expected: set[str]) -> None:
    assert secrets.named_regions(text, (THERE, HERE)) == expected


@pytest.mark.parametrize(
    ("group", "expected"),
    [("cache", ["fghij-cache"]), ("shop-cache", ["abcde-shop-cache"]), ("fghij-cache", ["fghij-cache"]), ("x", [])],
)
def test_a_global_datastore_is_named_in_full_or_without_the_prefix_of_aws(group: str, expected: list[str]) -> None:
    known = [{"GlobalReplicationGroupId": name} for name in ("abcde-shop-cache", "fghij-cache")]
    assert [raw["GlobalReplicationGroupId"] for raw in matching(group, known)] == expected


def test_a_record_that_is_missing_blocks_its_region_and_a_long_ttl_warns(about: About, shop: Topology) -> None:
    spec = shop.applications["shop"].traffic[0].route53_records
    assert spec is not None
    only = replace(RECORD, set_identifier=spec.set_identifiers[THERE], ttl_s=300)
    found = {(check.code, check.region): check.severity.value for check in traffic.judge_records(spec, (only,), about)}
    assert found == {("ttl-high", THERE): "warning", ("missing:record", HERE): "blocking"}


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("arn:aws:sts::111122223333:assumed-role/dr/session", "arn:aws:iam::111122223333:role/dr"),
        ("arn:aws:iam::111122223333:user/ada", "arn:aws:iam::111122223333:user/ada"),
    ],
)
def test_a_session_is_asked_about_as_its_role(arn: str, expected: str) -> None:
    assert permissions.principal_of(arn) == expected


def test_the_actions_of_both_modes_towards_every_standby_are_asked_about(shop: Topology) -> None:
    asked = actions.wanted(shop, "shop", THERE, "111122223333")
    by_action = {(one.action, one.region) for one in asked}
    assert ("rds:FailoverGlobalCluster", HERE) in by_action
    assert ("rds:SwitchoverGlobalCluster", THERE) in by_action
    assert ("route53:ChangeResourceRecordSets", None) in by_action
    assert "arn:aws:ecs:eu-west-1:111122223333:service/shop/api" in {one.resource for one in asked}


def test_an_action_is_asked_about_once_and_where_it_is_called(shop: Topology) -> None:
    """Route 53 is one place for everybody, whichever step needs it; a parameter is described in the source."""
    asked = actions.wanted(shop, "shop", THERE, "111122223333")
    assert {one.region for one in asked if one.action.startswith("route53:")} == {None}
    assert actions.Wanted("route53:TestDNSAnswer", "*", None) in asked
    assert [one for one in asked if one.action == "ssm:DescribeParameters"] == [
        actions.Wanted("ssm:DescribeParameters", "*", THERE)
    ]


def test_a_mapping_is_asked_about_by_its_function_which_is_all_that_a_policy_can_name(shop: Topology) -> None:
    """Its ARN has an id of Lambda's own, so a policy that allows this one only does so by the condition."""
    app = shop.applications["shop"]
    orders = Consumer.model_validate({"lambda_event_source": {"function": "shop-orders"}})
    apps = {"shop": app.model_copy(update={"consumers": (orders,)})}
    asked = actions.wanted(shop.model_copy(update={"applications": apps}), "shop", THERE, "111122223333")
    contexts = {one.region: one.context for one in asked if one.action == "lambda:UpdateEventSourceMapping"}
    functions = {region: f"arn:aws:lambda:{region}:111122223333:function:shop-orders" for region in (HERE, THERE)}
    assert contexts == {region: (("lambda:FunctionArn", arn),) for region, arn in functions.items()}
    assert {one.action for one in asked if one.context} == {
        "lambda:UpdateEventSourceMapping", "route53:ChangeResourceRecordSets",
    }  # fmt: skip


def test_parameters_are_asked_about_as_policies_name_them(shop: Topology) -> None:
    """A policy for `/shop/config/*` allows all that a run does; `/shop/config*` as a whole it does not allow."""
    resources = {
        (one.action, one.resource.partition(":parameter")[2])
        for one in actions.wanted(shop, "shop", THERE, "111122223333")
        if one.action.startswith("ssm:")
    }
    assert ("ssm:PutParameter", "/shop/config/*") in resources
    assert ("ssm:GetParametersByPath", "/shop/config") in resources
    assert not any(resource.endswith("config*") for _, resource in resources)


@pytest.mark.parametrize(
    ("action", "severity", "mode"),
    [
        ("rds:FailoverGlobalCluster", "blocking", Mode.FORCED),
        ("rds:SwitchoverGlobalCluster", "blocking", Mode.PLANNED),
        ("route53:ChangeResourceRecordSets", "blocking", None),
    ],
)
def test_a_missing_permission_stops_the_mode_that_needs_it(
    about: About, shop: Topology, action: str, severity: str, mode: Mode | None
) -> None:
    asked = actions.wanted(shop, "shop", THERE, "111122223333")
    decisions = tuple(
        permissions.Decision(one, uses, "implicitDeny" if one.action == action else "allowed")
        for one, uses in asked.items()
    )
    found = [c for c in permissions.judge(permissions.Simulation("who", decisions), about) if c.state == "finding"]
    assert [(c.code, c.region, c.severity, c.mode) for c in found] == [(f"permission:{action}", HERE, severity, mode)]


def test_what_is_best_effort_only_warns(about: About, shop: Topology) -> None:
    uses = (actions.Use(HERE, Mode.FORCED, essential=False),)
    one = permissions.Decision(actions.Wanted("ecs:UpdateService", "*", THERE), uses, "implicitDeny")
    (found,) = permissions.judge(permissions.Simulation("who", (one,)), about)
    assert found.severity == "warning"


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ("", ("h", 443)),
        ("::127.0.0.1:9", ("127.0.0.1", 9)),
        ("other:443:127.0.0.1:9", ("h", 443)),
        ("h:443::8443", ("h", 8443)),
    ],
)
def test_a_handshake_goes_where_probes_go(entries: str, expected: tuple[str, int]) -> None:
    assert routed(parse_connect_to(entries), "h", 443) == expected
