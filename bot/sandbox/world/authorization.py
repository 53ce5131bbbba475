"""What IAM asks about a call: its actions, and the ARNs that each of them is asked for.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

from bot.sandbox.world.api import Call, account_in
from bot.sandbox.world.policies import Asked, Values

FREE = frozenset({"sts:GetCallerIdentity"})
"""Nobody needs to be allowed these: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"""
PREFIXES = {"resourcegroupstaggingapi": "tag", "s3control": "s3", "service-quotas": "servicequotas"}
"""What actions begin with, where it is not the name of the boto3 client."""
NAMED_OTHERWISE = {
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "lambda:Invoke": "lambda:InvokeFunction",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketReplication": "s3:PutReplicationConfiguration",
    "s3:DeleteObjects": "s3:DeleteObject",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
}
"""By operation, the action that it takes."""
_OF_VERSIONS = {
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjects": "s3:DeleteObjectVersion",
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:HeadObject": "s3:GetObjectVersion",
}

_FLAGS = "appconfig:{region}:{account}:application/{ApplicationId}"
_PROFILE = _FLAGS + "/configurationprofile/{ConfigurationProfileId}"
_GROUP = "autoscaling:{region}:{account}:autoScalingGroup:0:autoScalingGroupName/{AutoScalingGroupName}"
_SERVICE = "ecs:{region}:{account}:service/{cluster}/"
_NODES = "eks:{region}:{account}:nodegroup/{clusterName}/{nodegroupName}/0"
_DATASTORE = "elasticache::{account}:globalreplicationgroup:{GlobalReplicationGroupId}"
_RULE = "events:{region}:{account}:rule/{bus/}{rule}"
_KEY = "kms:{region}:{account}:key/{key}"
_FUNCTION = "lambda:{region}:{account}:function:{FunctionName}"
_RDS = "rds:{region}:{account}:"
_GLOBAL = "rds::{account}:global-cluster:{GlobalClusterIdentifier}"
_ZONE, _CHECK = "route53:::hostedzone/{HostedZoneId}", "route53:::healthcheck/{HealthCheckId}"
_BUCKET, _OBJECT = "s3:::{Bucket}", "s3:::{Bucket}/{keys}"
_SCHEDULE = "scheduler:{region}:{account}:schedule/{schedules}/{Name}"
_SECRET = "secretsmanager:{region}:{account}:secret:{SecretId}-000000"  # noqa: S105  # an ARN
_SSM = "ssm:{region}:{account}:"
_QUEUE = "sqs:{region}:{account}:{queue}"

RESOURCES = {
    "appconfig:GetHostedConfigurationVersion": (
        _FLAGS, _PROFILE, f"{_PROFILE}/hostedconfigurationversion/{{VersionNumber}}",
    ),
    "appconfig:ListConfigurationProfiles": (_FLAGS,),
    "appconfig:ListDeployments": (_FLAGS, f"{_FLAGS}/environment/{{EnvironmentId}}"),
    "appconfig:ListEnvironments": (_FLAGS,),
    "application-autoscaling:RegisterScalableTarget": ("application-autoscaling:{region}:{account}:scalable-target/0",),
    "autoscaling:ResumeProcesses": (_GROUP,),
    "autoscaling:SuspendProcesses": (_GROUP,),
    "autoscaling:UpdateAutoScalingGroup": (_GROUP,),
    "budgets:DescribeBudgets": ("budgets::{account}:budget/*",),
    "cloudfront:GetDistribution": ("cloudfront::{account}:distribution/{Id}",),
    "cloudtrail:GetTrailStatus": ("cloudtrail:{region}:{account}:trail/{Name}",),
    "dynamodb:DescribeTable": ("dynamodb:{region}:{account}:table/{TableName}",),
    "ecr:DescribeImages": ("ecr:{region}:{registryId}:repository/{repositoryName}",),
    "ecs:DescribeServices": (_SERVICE + "{services}",),
    "ecs:UpdateService": (_SERVICE + "{service}",),
    "eks:DescribeNodegroup": (_NODES,),
    "eks:UpdateNodegroupConfig": (_NODES,),
    "elasticache:DescribeGlobalReplicationGroups": (_DATASTORE,),
    "elasticache:DescribeReplicationGroups": ("elasticache:{region}:{account}:replicationgroup:{ReplicationGroupId}",),
    "elasticache:FailoverGlobalReplicationGroup": (_DATASTORE,),
    "events:DescribeRule": (_RULE,),
    "events:DisableRule": (_RULE,),
    "events:EnableRule": (_RULE,),
    "events:ListTargetsByRule": (_RULE,),
    "iam:SimulatePrincipalPolicy": ("{PolicySourceArn}",),
    "kinesis:DescribeStreamSummary": ("kinesis:{region}:{account}:stream/{StreamName}",),
    "kms:Decrypt": (_KEY,),
    "kms:DescribeKey": (_KEY,),
    "kms:Encrypt": (_KEY,),
    "lambda:GetFunctionConfiguration": (_FUNCTION,),
    "lambda:Invoke": (_FUNCTION,),
    "lambda:UpdateEventSourceMapping": ("lambda:{region}:{account}:event-source-mapping:{UUID}",),
    "rds:CopyDBClusterSnapshot": (
        f"{_RDS}cluster-snapshot:{{SourceDBClusterSnapshotIdentifier}}",
        f"{_RDS}cluster-snapshot:{{TargetDBClusterSnapshotIdentifier}}",
    ),
    "rds:CreateDBInstance": (f"{_RDS}db:{{DBInstanceIdentifier}}", f"{_RDS}cluster:{{DBClusterIdentifier}}"),
    "rds:DeleteDBCluster": (f"{_RDS}cluster:{{DBClusterIdentifier}}",),
    "rds:DeleteDBInstance": (f"{_RDS}db:{{DBInstanceIdentifier}}",),
    "rds:DescribeDBClusterParameters": (f"{_RDS}cluster-pg:{{DBClusterParameterGroupName}}",),
    "rds:DescribeDBClusterSnapshots": (f"{_RDS}cluster:{{DBClusterIdentifier}}",),
    "rds:DescribeDBClusters": (f"{_RDS}cluster:{{DBClusterIdentifier}}",),
    "rds:DescribeDBInstances": (f"{_RDS}db:{{DBInstanceIdentifier}}",),
    "rds:DescribeDBProxies": (f"{_RDS}db-proxy:*",),
    "rds:DescribeDBProxyTargets": (f"{_RDS}db-proxy:*", f"{_RDS}target-group:*"),
    "rds:DescribeGlobalClusters": (_GLOBAL,),
    "rds:FailoverGlobalCluster": (_GLOBAL, f"{_RDS}cluster:{{TargetDbClusterIdentifier}}"),
    "rds:PromoteReadReplica": (f"{_RDS}db:{{DBInstanceIdentifier}}",),
    "rds:RemoveFromGlobalCluster": (_GLOBAL, f"{_RDS}cluster:{{DbClusterIdentifier}}"),
    "rds:RestoreDBClusterToPointInTime": (
        f"{_RDS}cluster:{{DBClusterIdentifier}}", f"{_RDS}cluster:{{SourceDBClusterIdentifier}}",
        f"{_RDS}cluster-pg:{{DBClusterParameterGroupName}}", f"{_RDS}og:{{OptionGroupName}}",
        f"{_RDS}subgrp:{{DBSubnetGroupName}}",
    ),
    "rds:StopDBInstance": (f"{_RDS}db:{{DBInstanceIdentifier}}",),
    "rds:SwitchoverGlobalCluster": (_GLOBAL, f"{_RDS}cluster:{{TargetDbClusterIdentifier}}"),
    "route53:ChangeResourceRecordSets": (_ZONE,),
    "route53:GetHealthCheck": (_CHECK,),
    "route53:GetHealthCheckStatus": (_CHECK,),
    "route53:ListResourceRecordSets": (_ZONE,),
    "route53-recovery-cluster:GetRoutingControlState": ("{RoutingControlArn}",),
    "route53-recovery-cluster:UpdateRoutingControlStates": ("{controls}",),
    "route53-recovery-control-config:ListSafetyRules": ("{ControlPanelArn}",),
    "s3:DeleteObject": (_OBJECT,),
    "s3:DeleteObjects": (_OBJECT,),
    "s3:GetBucketEncryption": (_BUCKET,),
    "s3:GetBucketLifecycleConfiguration": (_BUCKET,),
    "s3:GetBucketLocation": (_BUCKET,),
    "s3:GetBucketReplication": (_BUCKET,),
    "s3:GetBucketVersioning": (_BUCKET,),
    "s3:GetObject": (_OBJECT,),
    "s3:GetObjectLockConfiguration": (_BUCKET,),
    "s3:HeadBucket": (_BUCKET,),
    "s3:HeadObject": (_OBJECT,),
    "s3:ListObjectVersions": (_BUCKET,),
    "s3:ListObjectsV2": (_BUCKET,),
    "s3:PutBucketReplication": (_BUCKET,),
    "s3:PutObject": (_OBJECT,),
    "s3control:DescribeJob": ("s3:{region}:{account}:job/{JobId}",),
    "scheduler:GetSchedule": (_SCHEDULE,),
    "scheduler:UpdateSchedule": (_SCHEDULE,),
    "secretsmanager:DescribeSecret": (_SECRET,),
    "secretsmanager:GetSecretValue": (_SECRET,),
    "secretsmanager:StopReplicationToReplica": (_SECRET,),
    "sns:Publish": ("{TopicArn}",),
    "sqs:DeleteMessageBatch": (_QUEUE,),
    "sqs:GetQueueUrl": ("sqs:{region}:{account}:{QueueName}",),
    "sqs:ReceiveMessage": (_QUEUE,),
    "ssm:DeleteParameter": (f"{_SSM}parameter/{{Name}}",),
    "ssm:DescribeDocument": ("{document}",),
    "cloudwatch:DescribeAlarms": ("cloudwatch:{region}:{account}:alarm:{AlarmNames}",),
    "ssm:GetParameter": (f"{_SSM}parameter/{{Name}}",),
    "ssm:GetParameters": (f"{_SSM}parameter/{{Names}}",),
    "ssm:GetParametersByPath": (f"{_SSM}parameter/{{Path}}",),
    "ssm:PutParameter": (f"{_SSM}parameter/{{Name}}",),
    "ssm:StartAutomationExecution": (
        f"{_SSM}automation-execution/0", "{document}", "{definition}",
    ),
    "sts:AssumeRole": ("{RoleArn}",),
}  # fmt: skip
"""ARNs by client and operation, without `arn:aws:`, and with the names of parameters in braces: one that is left out
stands for `*`, a list for each of its values. What is not here is asked for on `*`: its action knows no resource."""

_ONE_OF = {
    "rds:DescribeDBClusterSnapshots": (
        "DBClusterSnapshotIdentifier", (f"{_RDS}cluster-snapshot:{{DBClusterSnapshotIdentifier}}",),
    ),
}  # fmt: skip
"""Operations that are asked for on something else where they name it by this parameter."""

_BRACES = re.compile(r"\{([^{}]+)\}")
_OF_AWS = ("aws", "amazon", "amzn")


def asked_by(call: Call, account: str) -> tuple[Asked, ...]:
    """Everything that has to be allowed for the call; `account`: whose names a caller without one means."""
    key = f"{call.service}:{call.operation}"
    if key in FREE:
        return ()
    prefix = PREFIXES.get(call.service, call.service)
    action = _OF_VERSIONS[key] if _versioned(call) else NAMED_OTHERWISE.get(key, f"{prefix}:{call.operation}")
    known = _known(call, account_in(call.principal, account))
    context = {"aws:RequestedRegion": (call.region,), **dict(_context(call))}
    named, instead = _ONE_OF.get(key, ("", ()))
    templates = instead if named in call.parameters else RESOURCES.get(key)
    resources = tuple(_filled(templates, known)) if templates else ("*",)
    # The world keeps one stock of everything, and its ARNs bear the world's account; whose they are Ownership knows.
    (caller,) = known["account"]
    resources = tuple(arn.replace(f":{account}:", f":{caller}:") for arn in resources)
    return (Asked(action, resources, context), *_more(call, resources, context))


def _versioned(call: Call) -> bool:
    """Whether a call to S3 names versions of objects, which has actions of its own."""
    if call.service != "s3" or f"s3:{call.operation}" not in _OF_VERSIONS:
        return False
    named = (call.parameters.get("Delete") or {}).get("Objects", ())
    return bool(call.parameters.get("VersionId")) or any(one.get("VersionId") for one in named)


def _known(call: Call, account: str) -> dict[str, Values]:
    """What may stand in braces: the parameters, and what has to be read out of them."""
    given = call.parameters
    found = {name: _texts(value) for name, value in given.items()}
    found |= {"region": (call.region,), "account": (account,)}
    key, bus = str(given.get("KeyId", "*")), str(given.get("EventBusName") or "default").rsplit("event-bus/", 1)[-1]
    schedules, named = str(given.get("GroupName") or "default"), str(given.get("DocumentName") or given.get("Name"))
    owner = "" if named.lower().startswith(_OF_AWS) else account
    document = named if named.startswith("arn:") else f"arn:aws:ssm:{call.region}:{owner}:document/{named}"
    keys = [str(one["Key"]) for one in (given.get("Delete") or {}).get("Objects", ())] or [str(given.get("Key", "*"))]
    entries = given.get("UpdateRoutingControlStateEntries", ())
    return found | {
        "key": (key if key.startswith("arn:") else "of-alias" if key.startswith("alias/") else key,),
        "bus/": ("" if bus == "default" else f"{bus}/",),
        "rule": (str(given.get("Rule") or given.get("Name") or "*"),),
        "schedules": (schedules,),
        "document": (document,),
        "definition": (f"{document.replace(':document/', ':automation-definition/')}:$DEFAULT",),
        "queue": (str(given.get("QueueUrl", "*")).rsplit("/", 1)[-1],),
        "keys": tuple(keys),
        "controls": tuple(str(one["RoutingControlArn"]) for one in entries),
        "registryId": (str(given.get("registryId") or account),),
        "cluster": (str(given.get("cluster") or "default").rsplit("/", 1)[-1],),
    }


def _filled(templates: tuple[str, ...], known: Mapping[str, Values]) -> Iterator[str]:
    for template in templates:
        names = _BRACES.findall(template)
        for values in product(*(known.get(name) or ("*",) for name in names)):
            whole = next((value for value in values if value.startswith("arn:")), None)
            yield whole or "arn:aws:" + _named(template, dict(zip(names, values, strict=True)))


def _named(template: str, values: Mapping[str, str]) -> str:
    """Names of RDS are stored in lower case; the first slash of a parameter's name is that of its ARN."""
    text = _BRACES.sub(lambda match: values[match[1]], template)
    text = text.lower() if template.startswith("rds:") else text
    return text.replace("parameter//", "parameter/")


def _texts(value: Any) -> Values:
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value)
    return (str(value),) if isinstance(value, str | int) else ()


# -- what IAM is told besides ------------------------------------------------------------------------------------------


def _context(call: Call) -> Iterator[tuple[str, Values]]:
    given = call.parameters
    if call.service == "kms" and str(given.get("KeyId", "")).startswith("alias/"):
        yield "kms:RequestAlias", (str(given["KeyId"]),)
    if call.operation == "ChangeResourceRecordSets":
        changes = given["ChangeBatch"]["Changes"]
        sets = [change["ResourceRecordSet"] for change in changes]
        of = "route53:ChangeResourceRecordSets"
        yield f"{of}Actions", tuple({str(change["Action"]) for change in changes})
        yield f"{of}RecordTypes", tuple({str(one["Type"]) for one in sets})
        yield f"{of}NormalizedRecordNames", tuple({str(one["Name"]).lower().rstrip(".") for one in sets})
    if call.service == "application-autoscaling" and "ServiceNamespace" in given:
        yield "application-autoscaling:service-namespace", (str(given["ServiceNamespace"]),)


def _more(call: Call, resources: tuple[str, ...], context: Mapping[str, Values]) -> Iterator[Asked]:
    """Actions that a parameter brings with it."""
    given = call.parameters
    if call.service == "s3":
        yield from (Asked(action, resources, context) for parameter, action in _BROUGHT if given.get(parameter))
    if call.service == "rds" and given.get("Tags") and not call.operation.startswith("Describe"):
        yield Asked("rds:AddTagsToResource", resources[:1], context)
    if call.operation == "StartAutomationExecution" and given.get("Tags"):
        yield Asked("ssm:AddTagsToResource", resources[:1], context)
    role, to = _handed(call)
    if role:
        yield Asked("iam:PassRole", (role,), {**context, "iam:PassedToService": (to,)})


_BROUGHT = (
    ("IfMatch", "s3:GetObject"),
    ("ObjectLockMode", "s3:PutObjectRetention"),
    ("Tagging", "s3:PutObjectTagging"),
)


def _handed(call: Call) -> tuple[str, str]:
    """The role that a call hands over, and the service that gets it."""
    given: Mapping[str, Any] = call.parameters
    takes: dict[str, Callable[[], tuple[str, str]]] = {
        "UpdateSchedule": lambda: (str(given["Target"]["RoleArn"]), "scheduler.amazonaws.com"),
        "CreateJob": lambda: (str(given.get("RoleArn", "")), "batchoperations.s3.amazonaws.com"),
        "StartAutomationExecution": lambda: (
            "".join((given.get("Parameters") or {}).get("AutomationAssumeRole", ())), "ssm.amazonaws.com",
        ),
    }  # fmt: skip
    return takes[call.operation]() if call.operation in takes else ("", "")
