"""Quotas and their use, the simulation of policies, trails, images and keys: each as AWS's documentation says."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

EAST, WEST = "eu-central-1", "eu-west-1"
FARGATE = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}
ROLE = "arn:aws:iam::123456789012:role/dr-bot"


@pytest.fixture
def stage(play):
    return play()


def used(stage, region):
    """What the quota's own metric says: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html"""
    metric = stage.aws("service-quotas", region).get_service_quota(**FARGATE)["Quota"]["UsageMetric"]
    now = stage.clock.now()
    answer = stage.aws("cloudwatch", region).get_metric_data(
        StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(seconds=1),
        MetricDataQueries=[{"Id": "used", "MetricStat": {"Period": 60, "Stat": "Maximum", "Metric": {
            "Namespace": metric["MetricNamespace"], "MetricName": metric["MetricName"],
            "Dimensions": [{"Name": k, "Value": v} for k, v in metric["MetricDimensions"].items()]}}}],
    )  # fmt: skip
    return answer["MetricDataResults"][0]["Values"][0]


def test_quotas_their_use_and_how_they_run_short(stage):
    """https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html"""
    quotas = stage.aws("service-quotas", WEST)
    assert quotas.get_service_quota(**FARGATE)["Quota"]["Value"] == 100
    assert quotas.get_aws_default_service_quota(**FARGATE)["Quota"]["Value"] == 6
    with pytest.raises(ClientError, match="NoSuchResourceException"):
        quotas.get_service_quota(ServiceCode="fargate", QuotaCode="L-00000000")
    assert (used(stage, EAST), used(stage, WEST)) == (4, 1)
    fault = stage.world.add_fault("quota_short", region=WEST, value=2)
    assert quotas.get_service_quota(**FARGATE)["Quota"]["Value"] == 2
    assert stage.aws("service-quotas", EAST).get_service_quota(**FARGATE)["Quota"]["Value"] == 100
    stage.world.remove_fault(fault)
    with pytest.raises(ValueError, match="vCPUs"):
        stage.world.add_fault("quota_short", region=WEST)


def simulated(stage, region="eu-west-1"):
    answer = stage.aws("iam", "us-east-1").simulate_principal_policy(
        PolicySourceArn=ROLE, ActionNames=["rds:FailoverGlobalCluster", "ecs:UpdateService"], ResourceArns=["*"],
        ContextEntries=[{"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string",
                         "ContextKeyValues": [region]}],
    )  # fmt: skip
    return {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}


def test_the_simulation_of_policies_tells_what_would_be_denied_and_calls_nothing(stage):
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html"""
    assert set(simulated(stage).values()) == {"allowed"}
    stage.world.add_fault("denied", region=WEST, service="rds", operation="FailoverGlobalCluster")
    assert simulated(stage) == {"rds:FailoverGlobalCluster": "implicitDeny", "ecs:UpdateService": "allowed"}
    assert set(simulated(stage, EAST).values()) == {"allowed"}
    with pytest.raises(ClientError, match="InvalidInput"):
        stage.aws("iam", "us-east-1").simulate_principal_policy(
            PolicySourceArn="arn:aws:sts::1:assumed-role/dr/x", ActionNames=["s3:GetObject"]
        )
    assert not [call for call in stage.world.calls() if call["operation"] == "FailoverGlobalCluster"]


@pytest.mark.parametrize(
    ("service", "decision", "missing"),
    [
        (None, "implicitDeny", ["iam:PassedToService"]),
        ("ec2.amazonaws.com", "implicitDeny", []),
        ("scheduler.amazonaws.com", "allowed", []),
        ("batchoperations.s3.amazonaws.com", "allowed", []),
    ],
)
def test_a_role_may_be_passed_only_to_the_service_that_the_condition_names(stage, service, decision, missing):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    told = {"ContextKeyName": "iam:PassedToService", "ContextKeyType": "string", "ContextKeyValues": [service]}
    asked = {"ActionNames": ["iam:PassRole"], "ResourceArns": [ROLE], "ContextEntries": [told] if service else []}
    answer = stage.aws("iam", "us-east-1").simulate_principal_policy(PolicySourceArn=ROLE, **asked)
    (result,) = answer["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == (decision, missing)


def test_a_trail_of_all_regions_is_seen_in_each_of_them(stage):
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeTrails.html"""
    for region in (EAST, WEST):
        client = stage.aws("cloudtrail", region)
        (trail,) = client.describe_trails()["trailList"]
        assert trail["IsMultiRegionTrail"]
        assert client.get_trail_status(Name=trail["TrailARN"])["IsLogging"]


def test_services_run_an_image_of_their_own_region_and_databases_a_multi_region_key(stage):
    """https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html"""
    for region in (EAST, WEST):
        task = stage.aws("ecs", region).describe_task_definition(taskDefinition="api")["taskDefinition"]
        image = task["containerDefinitions"][0]["image"]
        assert f".{region}." in image
        repository, tag = image.partition("/")[2].split(":")
        found = stage.aws("ecr", region).describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
        assert found["imageDetails"]
        cluster = stage.aws("rds", region).describe_db_clusters()["DBClusters"][0]
        assert stage.aws("kms", region).describe_key(KeyId=cluster["KmsKeyId"])["KeyMetadata"]["MultiRegion"]
        assert cluster["DatabaseInsightsMode"] == "advanced"
