"""Names: that what dr.yaml names besides stores and services exists in each region where it would be used.

Groups and node groups, custom steps, tables, distributions. What only one side has is found here, not in
the middle of a run.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from dr_core.errors import RejectedError
from dr_core.readiness.asking import call, found
from dr_core.readiness.examination import EVERYWHERE, About, Inquiry, Subject
from dr_core.readiness.examinations.traffic import HOME
from dr_core.readiness.model import Check
from dr_core.topology.capacity import AutoScalingGroup, Capacity
from dr_core.topology.custom import Custom

AREA = "names"
Ask = Callable[[], bool]


def inquiries(subject: Subject) -> Iterator[Inquiry[Any]]:
    app = subject.application
    for region in app.regions:
        for capacity in app.capacity:
            yield from _capacity(subject, capacity, region)
        for custom in app.custom:
            yield from _custom(subject, custom, region)
        for table in app.tables:
            if table.dynamodb_global:
                name = table.dynamodb_global.table
                ask = partial(_there, subject, "dynamodb", region, "DescribeTable", TableName=name)
                yield _exists("table", name, region, "DynamoDB DescribeTable", ask)
    for entry in app.traffic:
        if entry.cloudfront:
            name = entry.cloudfront.distribution
            ask = partial(_there, subject, "cloudfront", HOME, "GetDistribution", Id=name)
            yield _exists("distribution", name, EVERYWHERE, "CloudFront GetDistribution", ask)


def _exists(kind: str, name: str, lane: str, source: str, ask: Ask) -> Inquiry[bool]:
    where = source if lane == EVERYWHERE else f"{source}, {lane}"
    return Inquiry(f"{kind}-unknown", AREA, name, lane, where, ask, partial(judge, kind))


def _there(subject: Subject, service: str, region: str, operation: str, **parameters: object) -> bool:
    return found(subject, service, region, operation, **parameters) is not None


def _capacity(subject: Subject, entry: Capacity, region: str) -> Iterator[Inquiry[Any]]:
    if entry.autoscaling:
        spec = entry.autoscaling
        yield Inquiry(
            "group-unknown", AREA, spec.group, region, f"Auto Scaling DescribeAutoScalingGroups, {region}",
            partial(_group, subject, spec, region), partial(judge_group, spec),
        )  # fmt: skip
    elif entry.eks_nodegroup:
        node = entry.eks_nodegroup
        ask = partial(
            _there, subject, "eks", region, "DescribeNodegroup", clusterName=node.cluster, nodegroupName=node.nodegroup
        )
        yield _exists("node group", f"{node.cluster}/{node.nodegroup}", region, "EKS DescribeNodegroup", ask)


def _group(subject: Subject, spec: AutoScalingGroup, region: str) -> int | None:
    """The most instances that the group may have; None: there is no such group."""
    answer = call(subject, "autoscaling", region, "DescribeAutoScalingGroups", AutoScalingGroupNames=[spec.group])
    return next((int(raw["MaxSize"]) for raw in answer["AutoScalingGroups"]), None)


def _custom(subject: Subject, entry: Custom, region: str) -> Iterator[Inquiry[Any]]:
    if entry.lambda_:
        for name in _named(entry.lambda_.function, entry.lambda_.verify, entry.lambda_.undo):
            ask = partial(_there, subject, "lambda", region, "GetFunctionConfiguration", FunctionName=name)
            yield _exists("function", name, region, "Lambda GetFunctionConfiguration", ask)
    elif entry.ssm_document:
        for name in _named(entry.ssm_document.document, entry.ssm_document.verify, entry.ssm_document.undo):
            yield _exists("document", name, region, "SSM DescribeDocument", partial(_document, subject, name, region))


def _named(*names: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _document(subject: Subject, name: str, region: str) -> bool:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeDocument.html (InvalidDocument)."""
    try:
        call(subject, "ssm", region, "DescribeDocument", Name=name)
    except RejectedError as error:
        if getattr(error, "aws_code", None) == "InvalidDocument":
            return False
        raise
    return True


def judge(kind: str, there: bool, about: About) -> Iterable[Check]:
    code = f"missing:{kind.replace(' ', '-')}"
    where = f" in {about.region}" if about.region else ""
    if there:
        yield about.ok(code, f"The {kind} {about.subject} is there{where}.")
    else:
        message = f"There is no {kind} {about.subject}{where}."
        yield about.blocking(code, message, way_out="Create it there, or correct dr.yaml.")


def judge_group(spec: AutoScalingGroup, largest: int | None, about: About) -> Iterable[Check]:
    yield from judge("group", largest is not None, about)
    if largest is not None and largest < spec.active:
        message = f"Group {spec.group} may have {largest} instances at most; it needs {spec.active} after a failover."
        evidence = f"MaxSize {largest}"
        yield about.blocking("scaling-limit", message, evidence=evidence, way_out="Raise its maximum size.")
