"""What one region has, as plain facts: each function asks one service, and takes only what `wanted` wants.

https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeGlobalClusters.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeGlobalReplicationGroups.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
"""

from collections.abc import Callable
from typing import Any

from dr_core.aws.faults import AwsRejectedError, is_gone
from dr_core.discovery.asking import ClientOf, asked, carries, listed
from dr_core.discovery.found import Database

Wanted = Callable[[str], bool]
"""Whether a resource is asked for, by its ARN."""
Tags = tuple[tuple[str, str], ...]
_SERVICES_AT_ONCE = 10


def databases(client_of: ClientOf, region: str, wanted: Wanted) -> list[Database]:
    """Global databases of which at least one member is wanted: the others are linked to it."""
    found = []
    for raw in listed(client_of, "rds", region, "DescribeGlobalClusters", "GlobalClusters"):
        members = raw.get("GlobalClusterMembers", ())
        arns = [member["DBClusterArn"] for member in members]
        if any(wanted(arn) for arn in arns):
            writers = [_region(member["DBClusterArn"]) for member in members if member.get("IsWriter")]
            clusters = {_region(arn): _last(arn) for arn in arns}
            found.append(Database(raw["GlobalClusterIdentifier"], clusters, writers[0] if writers else None))
    return found


def buckets(client_of: ClientOf, region: str, _wanted: Wanted) -> dict[str, list[str]]:
    """Each bucket that lives in `region`, with the buckets its enabled rules lead to; wanted or not: links count."""
    found = {}
    for raw in listed(client_of, "s3", region, "ListBuckets", "Buckets"):
        name = raw["Name"]
        home = asked(client_of, "s3", region, "GetBucketLocation", Bucket=name).get("LocationConstraint")
        if (home or "us-east-1") == region:
            found[name] = _targets(client_of, region, name)
    return found


def _targets(client_of: ClientOf, region: str, bucket: str) -> list[str]:
    try:
        answer = asked(client_of, "s3", region, "GetBucketReplication", Bucket=bucket)
    except AwsRejectedError as error:
        if is_gone(error) or error.aws_code == "ReplicationConfigurationNotFoundError":
            return []
        raise
    rules = answer["ReplicationConfiguration"]["Rules"]
    return [_last(rule["Destination"]["Bucket"]) for rule in rules if rule.get("Status") == "Enabled"]


def services(client_of: ClientOf, region: str, wanted: Wanted) -> dict[tuple[str, str], int]:
    """(cluster, service) -> tasks wanted. A tag on the cluster counts for its services."""
    found = {}
    for cluster in listed(client_of, "ecs", region, "ListClusters", "clusterArns"):
        arns = listed(client_of, "ecs", region, "ListServices", "serviceArns", cluster=cluster)
        for start in range(0, len(arns), _SERVICES_AT_ONCE):
            batch = arns[start : start + _SERVICES_AT_ONCE]
            answer = asked(client_of, "ecs", region, "DescribeServices", cluster=cluster, services=batch)
            for raw in answer["services"]:
                if wanted(raw["serviceArn"]) or wanted(cluster):
                    found[cluster.rsplit("/", 1)[-1], raw["serviceName"]] = int(raw["desiredCount"])
    return found


def groups(client_of: ClientOf, region: str, tags: Tags) -> dict[str, int]:
    """Group -> instances wanted. Their tags come with them."""
    found = listed(client_of, "autoscaling", region, "DescribeAutoScalingGroups", "AutoScalingGroups")
    return {
        raw["AutoScalingGroupName"]: int(raw["DesiredCapacity"]) for raw in found if carries(raw.get("Tags", ()), tags)
    }


def secrets(client_of: ClientOf, region: str, wanted: Wanted) -> list[str]:
    found = listed(client_of, "secretsmanager", region, "ListSecrets", "SecretList")
    return [raw["Name"] for raw in found if wanted(raw["ARN"])]


def parameters(client_of: ClientOf, region: str, wanted: Wanted) -> list[str]:
    """Names only. An ARN of a parameter is made of its name."""
    found = listed(client_of, "ssm", region, "DescribeParameters", "Parameters")
    return [raw["Name"] for raw in found if wanted(raw.get("ARN") or _parameter_arn(raw["Name"], region))]


def _parameter_arn(name: str, region: str) -> str:
    """Without the account, which `Wanted` is told to overlook."""
    return f"arn:aws:ssm:{region}::parameter/{name.lstrip('/')}"


def keys(client_of: ClientOf, region: str, wanted: Wanted) -> list[str]:
    """Aliases of multi-Region keys of the customer."""
    found = []
    for raw in listed(client_of, "kms", region, "ListAliases", "Aliases"):
        if raw["AliasName"].startswith("alias/aws/") or not raw.get("TargetKeyId"):
            continue
        key = asked(client_of, "kms", region, "DescribeKey", KeyId=raw["TargetKeyId"])["KeyMetadata"]
        if key.get("MultiRegion") and wanted(key["Arn"]):
            found.append(raw["AliasName"])
    return found


def caches(client_of: ClientOf, region: str, wanted: Wanted) -> dict[str, list[str]]:
    """Global group -> regions of its members. A tag on a member's group counts for all."""
    found: dict[str, list[str]] = {}
    answers = listed(
        client_of, "elasticache", region, "DescribeGlobalReplicationGroups", "GlobalReplicationGroups",
        ShowMemberInfo=True,
    )  # fmt: skip
    for raw in answers:
        members = raw.get("Members", ())
        arns = [
            f"arn:aws:elasticache:{member['ReplicationGroupRegion']}::replicationgroup:{member['ReplicationGroupId']}"
            for member in members
        ]
        if any(wanted(arn) for arn in (*arns, raw.get("ARN") or "")):
            found[raw["GlobalReplicationGroupId"]] = [member["ReplicationGroupRegion"] for member in members]
    return found


def tables(client_of: ClientOf, region: str, wanted: Wanted) -> dict[str, list[str]]:
    """Global tables: table -> regions with a replica, this one among them."""
    found = {}
    for name in listed(client_of, "dynamodb", region, "ListTables", "TableNames"):
        raw: dict[str, Any] = asked(client_of, "dynamodb", region, "DescribeTable", TableName=name)["Table"]
        regions = {replica["RegionName"] for replica in raw.get("Replicas", ())} | {region}
        if len(regions) > 1 and wanted(raw["TableArn"]):
            found[name] = sorted(regions)
    return found


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _last(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]
