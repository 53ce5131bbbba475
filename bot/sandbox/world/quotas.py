"""Service Quotas for what the topology runs, and how much of them is used, as CloudWatch tells it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html
"""

from dataclasses import dataclass
from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground

_LEAST_APPLIED = 100.0
_ROOM = 4


@dataclass(frozen=True)
class Counted:
    """A quota of vCPUs. `fleets` is the kind that it counts, `each` the vCPUs of one of it, `fault` the service that
    the fault `quota_short` names; `default` is AWS's for a new account, which raises the applied value with use."""

    service: str
    code: str
    name: str
    usage: str
    fleets: str
    each: float
    fault: str
    default: float

    @property
    def dimensions(self) -> dict[str, str]:
        return {"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": self.usage, "Type": "Resource"}


FARGATE = Counted("fargate", "L-3032A538", "Fargate On-Demand vCPU resource count", "Fargate", "ecs", 1.0, "ecs", 6.0)
STANDARD = Counted(
    "ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", "EC2", "autoscaling", 2.0,
    "ec2", 5.0,
)  # fmt: skip
COUNTED = (FARGATE, STANDARD)


class Quotas:
    """Those of vCPUs; ample unless the fault `quota_short` says how many there are."""

    PAGES: ClassVar[dict[str, str]] = {
        "service-quotas": "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account, self._faults = ground.account, ground.faults
        self._capacity = ground.part(Capacity)
        entries = [entry for app in ground.topology.applications.values() for entry in app.capacity]
        wanted = max(quota.each for quota in COUNTED) * sum(entry.value.active for entry in entries)
        self._applied = max(_LEAST_APPLIED, _ROOM * wanted)

    def operations(self) -> Operations:
        return {
            ("service-quotas", "GetServiceQuota"): self.get,
            ("service-quotas", "GetAWSDefaultServiceQuota"): self.get_default,
        }

    def get(self, call: Call) -> Parameters:
        """The applied value: ample, unless the fault `quota_short` says how many there are."""
        quota = _asked(call)
        short = self._faults.lasting(FaultKind.QUOTA_SHORT, (call.region,), quota.fault)
        return self._quota(call, quota, self._applied if short is None else float(short.value or 0.0))

    def get_default(self, call: Call) -> Parameters:
        """AWS's default."""
        quota = _asked(call)
        return self._quota(call, quota, quota.default)

    def used(self) -> dict[tuple[str, Counted], float]:
        """vCPUs that run, by region and quota."""
        found: dict[tuple[str, Counted], float] = {}
        for fleet in self._capacity.fleets.values():
            for quota in (one for one in COUNTED if one.fleets == fleet.kind):
                key = fleet.region, quota
                found[key] = found.get(key, 0.0) + fleet.running * quota.each
        return found

    def _quota(self, call: Call, quota: Counted, value: float) -> Parameters:
        return {
            "Quota": {
                "ServiceCode": quota.service,
                "ServiceName": f"AWS {quota.usage}",
                "QuotaArn": f"arn:aws:servicequotas:{call.region}:{self._account}:{quota.service}/{quota.code}",
                "QuotaCode": quota.code,
                "QuotaName": quota.name,
                "Value": value,
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
                "UsageMetric": {
                    "MetricNamespace": "AWS/Usage",
                    "MetricName": "ResourceCount",
                    "MetricDimensions": quota.dimensions,
                    "MetricStatisticRecommendation": "Maximum",
                },
            }
        }


def _asked(call: Call) -> Counted:
    wanted = (call.text("ServiceCode"), call.text("QuotaCode"))
    for quota in COUNTED:
        if (quota.service, quota.code) == wanted:
            return quota
    raise AwsError("NoSuchResourceException", "The specified resource does not exist.", 400)
