"""What users meet: health by region, what sends them to one, the canary, and the write that proves success."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import Count, Duration, PerRegion, Region, Text, Url, Weight
from dr_core.value import Value


class HealthCheck(OneOf):
    """By region, what is looked at: a URL, a health check's id, or a CloudWatch alarm that says the region is unwell,
    by its name or ARN, and that arrives through `detection.queue`."""

    http: dict[Region, Url] | None = None
    route53: PerRegion | None = None
    alarm: PerRegion | None = None


class Route53Records(Value):
    hosted_zone: Text
    name: Text
    type: Literal["A", "AAAA", "CNAME"] = "A"
    set_identifiers: PerRegion
    weights: dict[Region, Weight] = Field({})


class ArcEndpoint(Value):
    region: Region
    url: Url


class ArcRoutingControls(Value):
    endpoints: tuple[ArcEndpoint, ...] = Field(min_length=1)
    controls: PerRegion = Field(max_length=10)
    safety_rules: tuple[Text, ...] = ()


class StandbyTakesOver(Value):
    bucket: PerRegion
    key: Text
    health_check: Text


class CloudFront(Value):
    """`probe`: an address behind the distribution whose answer says which region gave it."""

    distribution: Text
    probe: Url | None = None


class Traffic(OneOf):
    route53_records: Route53Records | None = None
    arc_routing_controls: ArcRoutingControls | None = None
    standby_takes_over: StandbyTakesOver | None = None
    cloudfront: CloudFront | None = None


CANARY_PATIENCE = timedelta(minutes=2)


class Canary(Value):
    """`max_error_rate`: percent of the target's probes that may fail beyond the active side's own share. Its median
    latency may be `max_latency_ratio` times the active side's; `latency_allowance` is what distance alone may cost.
    """

    percent: Count = Field(ge=1, le=5)
    hold: Duration = timedelta(minutes=5)
    max_error_rate: float = Field(10, ge=0, le=100)
    max_latency_ratio: float = Field(2, ge=1)
    latency_allowance: Duration = timedelta(milliseconds=250)
    min_samples: Count = Field(5, ge=1)

    @property
    def patience(self) -> timedelta:
        """How much longer than its hold it waits until enough was measured."""
        return max(self.hold, CANARY_PATIENCE)


class HttpWriteRead(Value):
    url: Url


class Verify(OneOf):
    http_write_read: HttpWriteRead | None = None
