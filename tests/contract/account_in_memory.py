"""A well-kept account in memory, in AWS's own shapes: what the examinations are told of the sample topology."""

from datetime import datetime, timedelta
from typing import Any

from dr_core.readiness.memory import MemoryAws, not_found
from dr_core.topology.model import Application, Topology

ACCOUNT = "123456789012"
WHO = f"arn:aws:iam::{ACCOUNT}:role/dr-bot"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/dr-bot/sandbox"
_TRACKED = "TargetTrackingScalingPolicyConfiguration"
HEALTH_CHECK = {"HealthCheckConfig": {"Type": "HTTPS", "RequestInterval": 30, "Disabled": False}}


def account(topology: Topology, name: str, now: datetime) -> MemoryAws:
    """Everything that the application names, at work in its primary region."""
    aws, app = MemoryAws(), topology.applications[name]
    aws.put("sts", "GetCallerIdentity", {"Arn": SESSION, "Account": ACCOUNT})
    aws.put("iam", "SimulatePrincipalPolicy", allowed)
    trail = {"Name": "all", "TrailARN": "arn:all", "IsMultiRegionTrail": True, "LogFileValidationEnabled": True}
    aws.put("cloudtrail", "DescribeTrails", {"trailList": [trail]})
    aws.put("cloudtrail", "GetTrailStatus", {"IsLogging": True})
    _databases(aws, app, now)
    _settings(aws, app)
    _buckets(aws, app)
    _services(aws, app, now)
    _traffic(aws, app)
    return aws


def allowed(**asked: Any) -> dict[str, Any]:
    return {
        "EvaluationResults": [{"EvalActionName": one, "EvalDecision": "allowed"} for one in asked["ActionNames"]],
        "IsTruncated": False,
    }


def _databases(aws: MemoryAws, app: Application, now: datetime) -> None:
    assert app.database is not None
    spec = app.database.aurora_global
    assert spec is not None
    for region, cluster in spec.clusters.items():
        zones = "ab" if region == app.primary else "a"
        instances = [
            {"DBClusterIdentifier": cluster, "AvailabilityZone": f"{region}{zone}", "DBInstanceIdentifier": zone}
            for zone in zones
        ]
        aws.put("rds", "DescribeDBClusters", {"DBClusters": [{
            "DBClusterIdentifier": cluster, "EngineVersion": "16.6", "BackupRetentionPeriod": 1,
            "DBClusterMembers": instances, "StorageEncrypted": True, "KmsKeyId": f"arn:aws:kms:{region}:1:key/mrk-1",
            "EarliestRestorableTime": now - timedelta(days=1), "LatestRestorableTime": now - timedelta(minutes=5),
            "DatabaseInsightsMode": "advanced", "DBClusterParameterGroup": "default.aurora-postgresql16"}]},
            region)  # fmt: skip
        aws.put("rds", "DescribeDBInstances", {"DBInstances": instances}, region)
    members = [
        {"DBClusterArn": f"arn:aws:rds:{region}:{ACCOUNT}:cluster:{cluster}", "IsWriter": region == app.primary}
        for region, cluster in spec.clusters.items()
    ]
    known = {
        "GlobalClusterIdentifier": spec.global_cluster,
        "GlobalClusterMembers": members,
        "Endpoint": f"{spec.global_cluster}.global-abc.global.rds.amazonaws.com",
    }
    aws.put("rds", "DescribeGlobalClusters", {"GlobalClusters": [known]})
    aws.put("rds", "DescribeDBProxies", {"DBProxies": []})


def _settings(aws: MemoryAws, app: Application) -> None:
    secret = {
        "VersionIdsToStages": {"v1": ["AWSCURRENT"]},
        "PrimaryRegion": app.primary,
        "ReplicationStatus": [{"Region": region, "Status": "InSync"} for region in app.standby],
    }
    aws.put("secretsmanager", "DescribeSecret", secret)
    aws.put("secretsmanager", "GetSecretValue", {"SecretString": '{"host": "db.global-abc.global.rds.amazonaws.com"}'})
    aws.put("kms", "DescribeKey", {"KeyMetadata": {"KeyId": "mrk-1", "KeyState": "Enabled", "MultiRegion": True}})
    aws.put("ssm", "DescribeParameters", parameters)


def parameters(**asked: Any) -> dict[str, Any]:
    return {"Parameters": [{"Name": f"{asked['ParameterFilters'][0]['Values'][0]}/one"}]}


def _buckets(aws: MemoryAws, app: Application) -> None:
    for entry in app.storage:
        assert entry.s3 is not None
        for region, bucket in entry.s3.buckets.items():
            rules = [
                {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""},
                 "Destination": {"Bucket": f"arn:aws:s3:::{other}"},
                 "SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}}}
                for other in entry.s3.buckets.values() if other != bucket
            ]  # fmt: skip
            aws.put("s3", "HeadBucket", {"BucketRegion": region}, region)
            aws.put("s3", "GetBucketReplication", {"ReplicationConfiguration": {"Rules": rules}}, region)
    aws.put("s3", "GetBucketVersioning", {"Status": "Enabled"})
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    aws.put("s3", "GetBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [default]}})


def _services(aws: MemoryAws, app: Application, now: datetime) -> None:
    size = next(entry.ecs for entry in app.capacity if entry.ecs)
    for region in app.regions:
        count = size.active if region == app.primary else size.standby
        aws.put("ecs", "DescribeServices", {"services": [
            {"serviceName": size.service, "status": "ACTIVE", "taskDefinition": "api:1", "desiredCount": count,
             "launchType": "FARGATE", "events": []}]}, region)  # fmt: skip
        image = f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/app:1"
        task = {"cpu": "1024", "containerDefinitions": [{"image": image}]}
        aws.put("ecs", "DescribeTaskDefinition", {"taskDefinition": task}, region)
    aws.put("ecr", "DescribeImages", {"imageDetails": [{"imageTags": ["1"]}]})
    aws.put("application-autoscaling", "DescribeScalableTargets", {"ScalableTargets": [{"MaxCapacity": 8}]})
    cpu = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    policy = {"PolicyType": "TargetTrackingScaling", _TRACKED: {**cpu, "TargetValue": 60.0}}
    aws.put("application-autoscaling", "DescribeScalingPolicies", {"ScalingPolicies": [policy]})
    usage = {"MetricNamespace": "AWS/Usage", "MetricName": "ResourceCount", "MetricDimensions": {"Service": "Fargate"}}
    aws.put("service-quotas", "GetServiceQuota", {"Quota": {"QuotaName": "q", "Value": 100.0, "UsageMetric": usage}})
    aws.put("cloudwatch", "GetMetricData", {"MetricDataResults": [{"Timestamps": [now], "Values": [4.0]}]})


def _traffic(aws: MemoryAws, app: Application) -> None:
    specs = [entry.route53_records for entry in app.traffic if entry.route53_records]
    records = [
        {"Name": f"{spec.name}.", "Type": spec.type, "TTL": 30, "SetIdentifier": identifier, "Weight": 0,
         "ResourceRecords": [{"Value": "192.0.2.1"}]}
        for spec in specs for identifier in spec.set_identifiers.values()
    ]  # fmt: skip
    aws.put("route53", "ListResourceRecordSets", {"ResourceRecordSets": records})
    aws.put("route53", "GetHealthCheck", {"HealthCheck": HEALTH_CHECK})


def gone(code: str = "ResourceNotFoundException") -> Any:
    """An answer that is a refusal: there is no such thing."""

    def refuse(**asked: Any) -> dict[str, Any]:
        raise not_found(f"gone: {asked}", code)

    return refuse
