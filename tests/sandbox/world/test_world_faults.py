"""What breaks, for whom, for how long; and the record of what was called."""

import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError, ReadTimeoutError


def error_of(call, *args, **kwargs):
    with pytest.raises(ClientError) as error:
        call(*args, **kwargs)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_a_region_that_is_down_resets_every_service_there_and_none_elsewhere(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    for service, call in (
        ("rds", "describe_global_clusters"),
        ("sts", "get_caller_identity"),
        ("ssm", "describe_parameters"),
    ):
        with pytest.raises((HTTPClientError, EndpointConnectionError)):
            getattr(stage.aws(service, "eu-central-1"), call)()
        getattr(stage.aws(service, "eu-west-1"), call)()
    assert stage.world.snapshot()["regions"] == {"eu-central-1": {"up": False}, "eu-west-1": {"up": True}}


def test_global_services_go_on_while_any_region_is_down(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    assert stage.aws("route53", "eu-central-1").list_hosted_zones()["HostedZones"]
    assert "Roles" in stage.aws("iam", "eu-central-1").list_roles()


def test_a_region_that_hangs_holds_calls_until_the_fault_ends(play):
    stage = play()
    fault = stage.world.add_fault("region_hangs", region="eu-central-1")
    client = stage.aws("rds", "eu-central-1")
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(client.describe_global_clusters()))
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    stage.world.remove_fault(fault)
    waiting.join(60)
    assert len(answers) == 1


def test_a_hanging_call_runs_into_the_client_s_timeout(play):
    stage = play()
    stage.world.add_fault("region_hangs", region="eu-central-1")
    client = boto3.client(
        "sts",
        region_name="eu-central-1",
        endpoint_url=stage.endpoints.aws_url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ReadTimeoutError):
        client.get_caller_identity()


def test_a_fault_ends_by_itself_in_real_seconds_at_any_speed(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1", for_s=30)
    stage.world.set_speed(600)
    stage.clock.advance(29)
    assert stage.world.faults()[0]["ends_in_s"] == 1
    stage.clock.advance(1)
    assert stage.world.faults() == []
    assert stage.world.snapshot()["regions"]["eu-central-1"]["up"]


@pytest.mark.parametrize(
    ("service", "operation", "call", "code", "status"),
    [
        ("rds", "describe_global_clusters", {}, "Throttling", 400),
        ("ssm", "describe_parameters", {}, "ThrottlingException", 400),
        ("route53", "list_hosted_zones", {}, "Throttling", 400),
        ("s3", "list_buckets", {}, "SlowDown", 503),
        ("cloudwatch", "list_metrics", {}, "ThrottlingException", 400),
    ],
)
def test_throttling_speaks_the_protocol_of_the_service(play, service, operation, call, code, status):
    stage = play({"tiny": {"primary": "eu-west-1", "standby": ["eu-central-1"]}})
    stage.world.add_fault("throttle", service=service, value=1)
    client = stage.aws(service, "eu-west-1")
    assert error_of(getattr(client, operation), **call)[:2] == (code, status)
    getattr(client, operation)(**call)


def test_an_error_before_changes_nothing_and_an_error_after_has_changed_it(play):
    stage = play()
    ecs = stage.aws("ecs", "eu-west-1", purpose="run")
    stage.world.add_fault("error_before", service="ecs", operation="UpdateService", value=1)
    assert error_of(ecs.update_service, cluster="shop", service="api", desiredCount=3)[1] == 500
    assert ecs.describe_services(cluster="shop", services=["api"])["services"][0]["desiredCount"] == 1
    stage.world.add_fault("error_after", service="ecs", operation="update_service", value=1)
    assert error_of(ecs.update_service, cluster="shop", service="api", desiredCount=3)[1] == 500
    assert ecs.describe_services(cluster="shop", services=["api"])["services"][0]["desiredCount"] == 3
    assert [(c["effect"], c["status"]) for c in stage.world.calls()] == [("none", 500), ("applied", 500)]


def test_a_denied_call_names_action_and_resource(play):
    stage = play()
    stage.world.add_fault("denied", service="rds", operation="SwitchoverGlobalCluster", region="eu-central-1")
    code, status, message = error_of(
        stage.aws("rds", "eu-central-1").switchover_global_cluster,
        GlobalClusterIdentifier="shop",
        TargetDbClusterIdentifier="shop-eu-west-1",
    )
    assert (code, status) == ("AccessDenied", 403)
    assert "rds:SwitchoverGlobalCluster on resource: " in message
    stage.world.add_fault("denied", service="ecs")
    assert error_of(stage.aws("ecs", "eu-west-1").list_clusters)[0] == "AccessDeniedException"


def test_a_fault_stays_in_its_scope(play):
    stage = play()
    stage.world.add_fault("throttle", service="ssm", region="eu-west-1")
    stage.aws("ssm", "eu-central-1").describe_parameters()
    stage.aws("ecs", "eu-west-1").list_clusters()
    assert error_of(stage.aws("ssm", "eu-west-1").describe_parameters)[0] == "ThrottlingException"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "earthquake"}, "expected one of region_down"),
        ({"kind": "region_down"}, "name the region"),
        ({"kind": "region_down", "region": "mars-1"}, "'mars-1' is not in this world"),
        ({"kind": "throttle", "service": "fax"}, "service 'fax' is unknown"),
        ({"kind": "throttle", "service": "rds", "operation": "Dance"}, "operation 'Dance' is unknown"),
        ({"kind": "replication_lag"}, "value must be the lag in seconds"),
        ({"kind": "metrics_stop", "for_s": 0}, "for_s must be more than 0"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_with_one_sentence(play, fault, words):
    stage = play({"tiny": {"primary": "eu-west-1", "standby": ["eu-central-1"]}})
    with pytest.raises(ValueError, match=words):
        stage.world.add_fault(**fault)
    with pytest.raises(ValueError, match="does not exist"):
        stage.world.remove_fault("fault-99")


def test_only_mutating_calls_are_recorded_with_what_they_were_for(play):
    stage = play()
    stage.aws("ecs", "eu-west-1").describe_services(cluster="shop", services=["api"])
    stage.aws("ecs", "eu-west-1", purpose="prepare").update_service(cluster="shop", service="api", desiredCount=2)
    stage.aws("ssm", "eu-west-1", purpose="run").put_parameter(Name="/x", Value="1", Type="String")
    stage.aws("rds", "eu-central-1").switchover_global_cluster(
        GlobalClusterIdentifier="shop", TargetDbClusterIdentifier="shop-eu-west-1"
    )
    calls = stage.world.calls()
    assert [(c["region"], c["service"], c["operation"], c["purpose"], c["effect"], c["status"]) for c in calls] == [
        ("eu-west-1", "ecs", "UpdateService", "prepare", "applied", 200),
        ("eu-west-1", "ssm", "PutParameter", "run", "applied", 200),
        ("eu-central-1", "rds", "SwitchoverGlobalCluster", None, "applied", 200),
    ]
    assert calls[0]["parameters"] == {"cluster": "shop", "service": "api", "desiredCount": 2}
    assert calls[0]["time"] == stage.clock.now().isoformat()


def test_a_call_that_was_reset_is_recorded_without_effect(play):
    stage = play()
    stage.world.add_fault("region_down", region="eu-central-1")
    with pytest.raises((HTTPClientError, EndpointConnectionError)):
        stage.aws("ecs", "eu-central-1", purpose="run").update_service(cluster="shop", service="api", desiredCount=0)
    assert [(c["effect"], c["status"]) for c in stage.world.calls()] == [("none", None)]


def test_a_new_speed_keeps_the_share_that_is_done(play):
    stage = play()
    stage.world.set_speed(1)
    stage.aws("rds", "eu-central-1").switchover_global_cluster(
        GlobalClusterIdentifier="shop", TargetDbClusterIdentifier="shop-eu-west-1"
    )
    stage.clock.advance(60)
    stage.world.set_speed(60)
    stage.clock.advance(0.9)
    assert stage.app()["writers"] != ["eu-west-1"]
    stage.clock.advance(0.2)
    assert stage.app()["writers"] == ["eu-west-1"]
    assert stage.world.snapshot()["speed"] == 60
    with pytest.raises(ValueError, match="above 0"):
        stage.world.set_speed(0)


def test_an_operation_that_the_world_cannot_do_is_an_error_not_a_hang(play):
    stage = play({"tiny": {"primary": "eu-west-1", "standby": ["eu-central-1"]}})
    ssm = stage.aws("ssm", "eu-west-1")
    assert error_of(ssm.describe_patch_groups)[0] == "NotImplemented"
