"""Whether a region has room for what the templates make there: Service Quotas, read as readiness reads them.

Codes: https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html,
https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from dr_core.aws.clients import observing_clients
from dr_core.aws.session import Purpose
from dr_core.doctor.result import Check, CheckState
from dr_core.errors import DrError, UnreachableError
from dr_core.readiness.examination import Subject
from dr_core.readiness.examinations.quotas import FARGATE, Quota, quota
from dr_core.readiness.surroundings import ServedCertificate, Surroundings
from infra.counted import counted
from infra.deploying.assembly import Assembly, Stack
from infra.deploying.site import Site

_VCPUS = frozenset({"fargate-x86-vcpu-hour", "fargate-arm-vcpu-hour"})


@dataclass(frozen=True)
class Limit:
    """A quota, and the type of resource that it counts."""

    name: str
    service: str
    code: str
    kind: str


LIMITS = (
    Limit("VPCs", "vpc", "L-F678F1CE", "AWS::EC2::VPC"),
    Limit("Elastic IP addresses", "ec2", "L-0263D0A3", "AWS::EC2::EIP"),
    Limit("application load balancers", "elasticloadbalancing", "L-53DA6B97",
          "AWS::ElasticLoadBalancingV2::LoadBalancer"),
    Limit("DB clusters", "rds", "L-952B80B8", "AWS::RDS::DBCluster"),
    Limit("DB instances", "rds", "L-7B6409FD", "AWS::RDS::DBInstance"),
)  # fmt: skip


def quotas(site: Site, assembly: Assembly, region: str) -> Iterator[Check]:
    """A line for each quota that the templates need something of."""
    here = [stack for stack in assembly.stacks.values() if stack.region == region]
    needs = [(limit.name, limit.service, limit.code, _count(here, limit.kind)) for limit in LIMITS]
    vcpus = sum((one.count for stack in here for one in counted(stack) if one.item in _VCPUS), Decimal(0))
    needs.append(("Fargate vCPUs", *FARGATE, float(vcpus)))
    for name, service, code, needed in needs:
        if needed:
            yield _asked(site, region, name, service, code, needed)


def _count(stacks: list[Stack], kind: str) -> float:
    return float(sum(one["Type"] == kind for stack in stacks for one in stack.resources.values()))


def _asked(site: Site, region: str, name: str, service: str, code: str, needed: float) -> Check:
    title = f"quota {region}"
    try:
        return judged(title, name, needed, quota(_subject(site), service, code, region))
    except DrError as error:
        return Check(name=title, state=CheckState.UNKNOWN, detail=f"{name}: {needed:g} needed; {error.message}")


def judged(title: str, name: str, needed: float, found: Quota) -> Check:
    """Pure. What is used may be this deployment's own, so that only a quota below the need itself fails."""
    use = f"{found.used:g} used" if found.used is not None else f"use unknown ({found.reason})"
    told = f"{name}: {needed:g} needed in all, {found.limit:g} allowed, {use}"
    way_out = "Ask AWS for a larger quota (Service Quotas)."
    if needed > found.limit:
        return Check(name=title, state=CheckState.FAILED, detail=told, way_out=way_out)
    if found.used is not None and found.used + needed > found.limit:
        way_out = f"{way_out} Unless what is used is this deployment's own already."
        return Check(name=title, state=CheckState.WARNING, detail=told, way_out=way_out)
    return Check(name=title, state=CheckState.OK, detail=told)


def _subject(site: Site) -> Subject:
    """As the operator: readiness' reader asks through a subject, of which it needs the clients and the time."""
    name, app = next(iter(site.config.applications.items()))
    return Subject(
        name=name,
        topology=site.config.topology,
        client_of=observing_clients(site.aws, None, Purpose.DEPLOY),
        observation=None,
        active=app.primary,
        now=site.clock.now(),
        surroundings=Surroundings(handshake=_no_handshake),
    )


def _no_handshake(name: str, host: str, port: int) -> ServedCertificate:
    raise UnreachableError(f"{name} at {host}:{port} is not asked for a certificate here.")
