"""What users meet: health by region, what sends them to one, the canary, and the write that proves success."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from dr_core.topology.part import OneOf
from dr_core.topology.scalars import Count, Duration, PerRegion, Region, Text, Url
from dr_core.value import Value


class HealthCheck(OneOf):
    http: dict[Region, Url] | None = None
    route53: PerRegion | None = None


class Route53Records(Value):
    hosted_zone: Text
    name: Text
    type: Literal["A", "AAAA", "CNAME"] = "A"
    set_identifiers: PerRegion


class ArcEndpoint(Value):
    region: Region
    url: Url


class ArcRoutingControls(Value):
    endpoints: tuple[ArcEndpoint, ...] = Field(min_length=1)
    controls: PerRegion


class StandbyTakesOver(Value):
    bucket: PerRegion
    key: Text
    health_check: Text


class CloudFront(Value):
    distribution: Text


class Traffic(OneOf):
    route53_records: Route53Records | None = None
    arc_routing_controls: ArcRoutingControls | None = None
    standby_takes_over: StandbyTakesOver | None = None
    cloudfront: CloudFront | None = None


class Canary(Value):
    percent: Count = Field(ge=1, le=5)
    hold: Duration = timedelta(minutes=5)


class HttpWriteRead(Value):
    url: Url


class Verify(OneOf):
    http_write_read: HttpWriteRead | None = None
