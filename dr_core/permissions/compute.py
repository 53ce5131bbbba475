"""What is asked of services, groups, consumers, custom steps and the quotas above them. Pure."""

from collections.abc import Iterator

from dr_core.capacity.actions import actions_on
from dr_core.consumers.actions import READS, context, resources
from dr_core.permissions.model import Ground
from dr_core.permissions.settings import SUFFIX
from dr_core.plan.kind import Need
from dr_core.plan.kinds.custom_lambda import function_arn
from dr_core.plan.kinds.custom_ssm import document_arn


def capacity(ground: Ground) -> Iterator[Need]:
    for entry in ground.app.capacity:
        for region in ground.app.regions:
            for action, on in actions_on(entry, region, ground.account).items():
                if action.partition(":")[2].startswith("Describe"):
                    yield Need(action, region, on)


def scaling_policies(ground: Ground) -> Iterator[Need]:
    if any(entry.ecs for entry in ground.app.capacity):
        yield from ground.each_region("application-autoscaling:DescribeScalingPolicies")
    if any(entry.autoscaling for entry in ground.app.capacity):
        yield from ground.each_region("autoscaling:DescribePolicies")
    if any(entry.ecs or entry.autoscaling for entry in ground.app.capacity):
        alarms = f"arn:aws:cloudwatch:{{region}}:{ground.account}:alarm:*"
        yield from ground.each_region("cloudwatch:DescribeAlarms", alarms)


def images(ground: Ground) -> Iterator[Need]:
    """What a service would start, and whether its images are in the region: a registry may be anybody's."""
    if any(entry.ecs for entry in ground.app.capacity):
        yield from ground.each_region("ecs:DescribeTaskDefinition")
        yield from ground.each_region("ecr:DescribeImages", "arn:aws:ecr:{region}:*:repository/*")


def quotas(ground: Ground) -> Iterator[Need]:
    kinds = {entry.kind for entry in ground.app.capacity}
    if kinds & {"ecs", "autoscaling", "eks_nodegroup"}:
        yield from ground.each_region("servicequotas:GetServiceQuota")
        yield from ground.each_region("servicequotas:GetAWSDefaultServiceQuota")
        yield from ground.each_region("cloudwatch:GetMetricData")
    if kinds & {"autoscaling", "eks_nodegroup"}:
        yield from ground.each_region("ec2:DescribeInstanceTypes")
    if "autoscaling" in kinds:
        yield from ground.each_region("ec2:DescribeLaunchTemplateVersions")
        yield from ground.each_region("autoscaling:DescribeLaunchConfigurations")
    if "aurora_readers" in kinds:
        yield from ground.each_region("rds:DescribeAccountAttributes")


def consumers(ground: Ground) -> Iterator[Need]:
    for entry in ground.app.consumers:
        reads = READS[entry.kind]
        for region in ground.app.regions:
            for action in (*reads, "events:ListTargetsByRule") if entry.eventbridge_rule else reads:
                told = context(entry, action, region, ground.account)
                yield Need(action, region, resources(entry, action, region, ground.account), told)


def sources(ground: Ground) -> Iterator[Need]:
    """The queues and streams that functions read, which their mappings name; they may be another account's."""
    if any(entry.lambda_event_source for entry in ground.app.consumers):
        yield from ground.each_region("sqs:GetQueueUrl", "arn:aws:sqs:{region}:*:*")
        yield from ground.each_region("kinesis:DescribeStreamSummary", "arn:aws:kinesis:{region}:*:stream/*")


def custom(ground: Ground) -> Iterator[Need]:
    """Whether what the team's own steps call is there."""
    for entry in ground.app.custom:
        for region in ground.app.regions:
            if entry.lambda_:
                named = (entry.lambda_.function, entry.lambda_.verify, entry.lambda_.undo)
                for name in filter(None, named):
                    arn = function_arn(name, region, ground.account)
                    yield Need("lambda:GetFunctionConfiguration", region, (arn,))
            if entry.ssm_document:
                spec = entry.ssm_document
                for name in filter(None, (spec.document, spec.verify, spec.undo)):
                    yield Need("ssm:DescribeDocument", region, (document_arn(name, region, ground.account),))
            if entry.webhook and entry.webhook.secret:
                arn = f"arn:aws:secretsmanager:{region}:{ground.account}:secret:{entry.webhook.secret}{SUFFIX}"
                yield Need("secretsmanager:DescribeSecret", region, (arn,))


def pretended(ground: Ground) -> Iterator[Need]:
    """A drill's dry run of a function needs what calling it needs."""
    for entry in ground.app.custom:
        if entry.lambda_ and entry.lambda_.region == "target":
            for region in ground.app.regions:
                arn = function_arn(entry.lambda_.function, region, ground.account)
                yield Need("lambda:InvokeFunction", region, (arn,))
