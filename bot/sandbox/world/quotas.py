"""Service Quotas for what the topology runs, and how much of them is used, as CloudWatch tells it.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html
"""

from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground

FARGATE, CODE, NAME = "fargate", "L-3032A538", "Fargate On-Demand vCPU resource count"
DEFAULT = 6.0
"""AWS's default for a new account; it raises the applied value with use."""
_LEAST_APPLIED = 100.0
_ROOM = 4
VCPUS_A_TASK = 1.0
DIMENSIONS = {"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "Fargate", "Type": "Resource"}
_USAGE = {
    "MetricNamespace": "AWS/Usage",
    "MetricName": "ResourceCount",
    "MetricDimensions": DIMENSIONS,
    "MetricStatisticRecommendation": "Maximum",
}


class Quotas:
    """One quota, that of Fargate's vCPUs; ample unless the fault `quota_short` says how many there are."""

    PAGES: ClassVar[dict[str, str]] = {
        "service-quotas": "https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account, self._faults = ground.account, ground.faults
        self._capacity = ground.part(Capacity)
        tasks = [
            entry.ecs.active for app in ground.topology.applications.values() for entry in app.capacity if entry.ecs
        ]
        self._applied = max(_LEAST_APPLIED, _ROOM * VCPUS_A_TASK * sum(tasks))

    def operations(self) -> Operations:
        return {
            ("service-quotas", "GetServiceQuota"): self.get,
            ("service-quotas", "GetAWSDefaultServiceQuota"): self.get_default,
        }

    def get(self, call: Call) -> Parameters:
        """The applied value: ample, unless the fault `quota_short` says how many there are."""
        short = self._faults.lasting(FaultKind.QUOTA_SHORT, (call.region,), "ecs")
        return self._quota(call, self._applied if short is None else float(short.value or 0.0))

    def get_default(self, call: Call) -> Parameters:
        """AWS's default."""
        return self._quota(call, DEFAULT)

    def used(self) -> dict[str, float]:
        """vCPUs that run, by region."""
        found: dict[str, float] = {}
        for fleet in self._capacity.fleets.values():
            if fleet.kind == "ecs":
                found[fleet.region] = found.get(fleet.region, 0.0) + fleet.running * VCPUS_A_TASK
        return found

    def _quota(self, call: Call, value: float) -> Parameters:
        if (call.text("ServiceCode"), call.text("QuotaCode")) != (FARGATE, CODE):
            raise AwsError("NoSuchResourceException", "The specified resource does not exist.", 400)
        return {
            "Quota": {
                "ServiceCode": FARGATE,
                "ServiceName": "AWS Fargate",
                "QuotaArn": f"arn:aws:servicequotas:{call.region}:{self._account}:{FARGATE}/{CODE}",
                "QuotaCode": CODE,
                "QuotaName": NAME,
                "Value": value,
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
                "UsageMetric": _USAGE,
            }
        }
