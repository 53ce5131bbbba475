"""What is asked of records, health checks, routing controls, take-over objects and distributions. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53recoverycluster.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonroute53recoverycontrols.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudfront.html
"""

from collections.abc import Iterator

from dr_core.permissions.model import Ground
from dr_core.plan.kind import Need


def records(ground: Ground) -> Iterator[Need]:
    for entry in ground.app.traffic:
        if entry.route53_records:
            zone = f"arn:aws:route53:::hostedzone/{entry.route53_records.hosted_zone}"
            yield Need("route53:ListResourceRecordSets", None, (zone,))
            yield Need("route53:TestDNSAnswer", None)


def health_checks(ground: Ground) -> Iterator[Need]:
    """Which check a record names, and which are below a calculated one, only Route 53 tells."""
    app = ground.app
    if any(entry.route53 for entry in app.health):
        yield Need("route53:GetHealthCheckStatus", None, ("arn:aws:route53:::healthcheck/*",))
    named = [entry for entry in app.traffic if entry.route53_records or entry.standby_takes_over]
    if named or any(entry.arc_routing_controls for entry in app.traffic):
        yield Need("route53:GetHealthCheck", None, ("arn:aws:route53:::healthcheck/*",))


def controls(ground: Ground) -> Iterator[Need]:
    for entry in ground.app.traffic:
        arc = entry.arc_routing_controls
        if arc is not None:
            told = tuple(arc.controls.values())
            for endpoint in arc.endpoints:
                yield Need("route53-recovery-cluster:GetRoutingControlState", endpoint.region, told)
            panels = tuple(dict.fromkeys(control.partition("/routingcontrol/")[0] for control in told))
            yield Need("route53-recovery-control-config:ListSafetyRules", None, panels)


def takeovers(ground: Ground) -> Iterator[Need]:
    """Whether an object is there is listed."""
    for entry in ground.app.traffic:
        if entry.standby_takes_over:
            for region, bucket in entry.standby_takes_over.bucket.items():
                yield Need("s3:ListBucket", region, (f"arn:aws:s3:::{bucket}",))


def distributions(ground: Ground) -> Iterator[Need]:
    for entry in ground.app.traffic:
        if entry.cloudfront:
            arn = f"arn:aws:cloudfront::{ground.account}:distribution/{entry.cloudfront.distribution}"
            yield Need("cloudfront:GetDistribution", None, (arn,))
