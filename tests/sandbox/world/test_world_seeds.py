"""Any topology starts, and everything it names exists."""

import pytest

FULL = {
    "primary": "eu-north-1",
    "standby": ["us-west-2", "ap-southeast-2"],
    "account": {"role_arn": "arn:aws:iam::111122223333:role/dr"},
    "health": [{"route53": {"eu-north-1": "weird id/1", "us-west-2": "hc_2", "ap-southeast-2": "3"}}],
    "traffic": [
        {
            "route53_records": {
                "hosted_zone": "ZSHARED",
                "name": "Orders.Example.ORG.",
                "type": "CNAME",
                "set_identifiers": {"eu-north-1": "north", "us-west-2": "west", "ap-southeast-2": "south"},
            }
        },
        {"cloudfront": {"distribution": "E999"}},
        {
            "arc_routing_controls": {
                "endpoints": [
                    {"region": "us-east-1", "url": "https://abc.route53-recovery-cluster.us-east-1.amazonaws.com/v1"}
                ],
                "controls": {"eu-north-1": "arn:aws:a", "us-west-2": "arn:aws:b"},
            }
        },
    ],
    "database": {"rds_replica": {"instances": {"eu-north-1": "orders-n", "us-west-2": "orders-w"}}},
    "cache": [{"elasticache_global": {"group": "orders-cache"}}],
    "tables": [{"dynamodb_global": {"table": "orders"}}],
    "secrets": ["orders/db", "orders/api"],
    "parameters": {"paths": ["/orders/config"], "flags": "/orders/flags"},
    "keys": ["alias/orders"],
    "capacity": [
        {"autoscaling": {"group": "orders-web", "active": 2, "standby": 0}},
        {"eks_nodegroup": {"cluster": "orders", "nodegroup": "web", "active": 2, "standby": 1}},
    ],
    "consumers": [
        {"lambda_event_source": {"function": "orders-in"}},
        {"eventbridge_rule": {"rule": "nightly", "bus": "orders"}},
        {"eventbridge_schedule": {"schedule": "hourly", "group": "orders"}},
        {"ecs_poller": {"cluster": "orders", "service": "poller", "count": 2}},
    ],
    "custom": [
        {"lambda": {"name": "warm", "function": "orders-warm", "verify": "orders-warm-check"}},
        {"ssm_document": {"name": "doc", "document": "orders-doc"}},
        {"webhook": {"name": "tell", "url": "https://hooks.example.org/tell"}},
    ],
}
BARE = {
    "primary": "us-west-2",
    "standby": ["eu-north-1"],
    "depends_on": ["orders"],
    "traffic": [
        {
            "route53_records": {
                "hosted_zone": "ZSHARED",
                "name": "web.example.org",
                "set_identifiers": {"us-west-2": "w", "eu-north-1": "n"},
            }
        }
    ],
    "verify": [{"http_write_read": {"url": "https://web.example.org/probe"}}],
}


@pytest.fixture(scope="module")
def stage(play_module):
    """Every kind of resource at once; the tests here only look."""
    return play_module({"orders": FULL, "web": BARE, "idle": {"primary": "eu-north-1", "standby": ["us-west-2"]}})


def test_every_kind_that_moto_can_hold_exists_in_each_region(stage):
    assert stage.world.missing == ()
    for region in ("eu-north-1", "us-west-2", "ap-southeast-2"):
        assert stage.aws("dynamodb", region).list_tables()["TableNames"] == ["orders"]
        assert (
            stage.aws("elasticache", region).describe_replication_groups()["ReplicationGroups"][0]["ReplicationGroupId"]
            == "orders-cache"
        )
        aliases = [a["AliasName"] for a in stage.aws("kms", region).list_aliases()["Aliases"]]
        assert "alias/orders" in aliases
        functions = {f["FunctionName"] for f in stage.aws("lambda", region).list_functions()["Functions"]}
        assert functions == {"orders-in", "orders-warm", "orders-warm-check"}
        assert stage.aws("eks", region).describe_nodegroup(clusterName="orders", nodegroupName="web")["nodegroup"][
            "status"
        ]
        assert stage.aws("ssm", region).describe_document(Name="orders-doc")["Document"]["Status"] == "Active"
    assert stage.aws("cloudfront", "us-east-1").get_distribution(Id="E999")["Distribution"]["Id"] == "E999"


def test_exactly_the_primary_consumes(stage):
    for region, state, mapped in (("eu-north-1", "ENABLED", "Enabled"), ("us-west-2", "DISABLED", "Disabled")):
        assert stage.aws("events", region).describe_rule(Name="nightly", EventBusName="orders")["State"] == state
        assert stage.aws("scheduler", region).get_schedule(Name="hourly", GroupName="orders")["State"] == state
        mapping = stage.aws("lambda", region).list_event_source_mappings(FunctionName="orders-in")[
            "EventSourceMappings"
        ][0]
        assert mapping["State"] == mapped
    poller = {"cluster": "orders", "services": ["poller"]}
    assert stage.aws("ecs", "eu-north-1").describe_services(**poller)["services"][0]["runningCount"] == 2
    assert stage.aws("ecs", "us-west-2").describe_services(**poller)["services"][0]["runningCount"] == 0


def test_parameters_are_equal_in_every_region(stage):
    found = []
    for region in ("eu-north-1", "us-west-2", "ap-southeast-2"):
        ssm = stage.aws("ssm", region)
        answers = [
            ssm.get_parameters_by_path(Path=path, Recursive=True, WithDecryption=True)["Parameters"]
            for path in ("/orders/config/", "/orders/flags")
        ]
        found.append(sorted((p["Name"], p["Value"], p["Type"]) for answer in answers for p in answer))
    assert found[0] == found[1] == found[2]
    assert {kind for _, _, kind in found[0]} == {"String", "SecureString"}


def test_secrets_are_replicated_and_readable_in_each_region(stage):
    for name in FULL["secrets"]:
        secret = stage.aws("secretsmanager", "eu-north-1").describe_secret(SecretId=name)
        assert {r["Region"]: r["Status"] for r in secret["ReplicationStatus"]} == {
            "us-west-2": "InSync",
            "ap-southeast-2": "InSync",
        }
        values = {
            stage.aws("secretsmanager", region).get_secret_value(SecretId=name)["SecretString"]
            for region in ("eu-north-1", "us-west-2", "ap-southeast-2")
        }
        assert len(values) == 1


def test_two_applications_share_a_hosted_zone_and_names_are_used_as_they_are(stage):
    route53 = stage.aws("route53", "us-west-2")
    assert [(z["Id"], z["Name"]) for z in route53.list_hosted_zones()["HostedZones"]] == [
        ("/hostedzone/ZSHARED", "example.org.")
    ]
    names = {r["Name"] for r in route53.list_resource_record_sets(HostedZoneId="ZSHARED")["ResourceRecordSets"]}
    assert names == {"orders.example.org.", "web.example.org."}
    by_controls = {"follows-arn:aws:a", "follows-arn:aws:b"}
    assert {c["Id"] for c in route53.list_health_checks()["HealthChecks"]} == {"weird id/1", "hc_2", "3"} | by_controls
    assert route53.get_health_check_status(HealthCheckId="hc_2")["HealthCheckObservations"]


def test_the_truth_of_applications_of_every_shape(stage):
    apps = stage.world.snapshot()["applications"]
    assert apps["orders"]["writers"] == ["eu-north-1"]
    assert apps["orders"]["answers"] == ["eu-north-1"]
    assert apps["orders"]["running"] == {"eu-north-1": 4, "us-west-2": 1, "ap-southeast-2": 1}
    assert apps["web"] == {
        "writers": [],
        "answers": ["us-west-2"],
        "weights": {"us-west-2": 100, "eu-north-1": 0},
        "lag_seconds": {},
        "running": {},
        "consuming": {},
        "colours": {},
    }
    assert apps["idle"] == {
        "writers": [],
        "answers": [],
        "weights": {},
        "lag_seconds": {},
        "running": {},
        "consuming": {},
        "colours": {},
    }


def test_identities_answer_as_the_principal_that_was_registered(stage):
    arn = "arn:aws:iam::111122223333:user/ada"
    sts = stage.aws("sts", "us-west-2", keys=stage.world.credentials(arn))
    assert (sts.get_caller_identity()["Arn"], sts.get_caller_identity()["Account"]) == (arn, "111122223333")
    made = sts.assume_role(RoleArn=FULL["account"]["role_arn"], RoleSessionName="s1")["Credentials"]
    temporary = (made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    session = stage.aws("sts", "us-west-2", keys=temporary)
    assert session.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/dr/s1"
    assert stage.aws("dynamodb", "us-west-2", keys=(made["AccessKeyId"], made["SecretAccessKey"])).list_tables()[
        "TableNames"
    ]
