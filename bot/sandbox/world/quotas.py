"""Service Quotas for what the topology runs, and how much of them is used, as CloudWatch tells it.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetAWSDefaultServiceQuota.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/monitoring-fargate-usage.html
"""

from datetime import timedelta

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.capacity import Capacity
from bot.sandbox.world.cloudwatch import CloudWatch, metric
from bot.sandbox.world.faults import FaultBook, FaultKind
from bot.sandbox.world.metrics import PERIOD_S, SHORTEST_S
from bot.sandbox.world.timeline import Timeline
from dr_core.topology.model import Topology

FARGATE, CODE, NAME = "fargate", "L-3032A538", "Fargate On-Demand vCPU resource count"
DEFAULT = 6.0
"""AWS's default for a new account; it raises the applied value with use."""
_LEAST_APPLIED = 100.0
_ROOM = 4
VCPUS_A_TASK = 1.0
_HISTORY = 10
_DIMENSIONS = {"Class": "Standard/OnDemand", "Resource": "vCPU", "Service": "Fargate", "Type": "Resource"}
_USAGE = {
    "MetricNamespace": "AWS/Usage",
    "MetricName": "ResourceCount",
    "MetricDimensions": _DIMENSIONS,
    "MetricStatisticRecommendation": "Maximum",
}


class Quotas:
    """One quota, that of Fargate's vCPUs; ample unless the fault `quota_short` says how many there are."""

    def __init__(
        self,
        account: str,
        topology: Topology,
        timeline: Timeline,
        faults: FaultBook,
        capacity: Capacity,
        cloudwatch: CloudWatch,
    ) -> None:
        self._account, self._timeline, self._faults = account, timeline, faults
        self._capacity, self._cloudwatch = capacity, cloudwatch
        tasks = [entry.ecs.active for app in topology.applications.values() for entry in app.capacity if entry.ecs]
        self._applied = max(_LEAST_APPLIED, _ROOM * VCPUS_A_TASK * sum(tasks))

    def operations(self) -> Operations:
        return {
            ("service-quotas", "GetServiceQuota"): self.get,
            ("service-quotas", "GetAWSDefaultServiceQuota"): self.get_default,
        }

    def get(self, call: Call) -> Parameters:
        short = self._faults.lasting(FaultKind.QUOTA_SHORT, (call.region,), "ecs")
        return self._quota(call, self._applied if short is None else float(short.value or 0.0))

    def get_default(self, call: Call) -> Parameters:
        return self._quota(call, DEFAULT)

    def start(self) -> None:
        """Publish the use with some history; then once a minute of the world."""
        interval = max(SHORTEST_S, PERIOD_S / self._timeline.speed)
        for back in range(_HISTORY, -1, -1):
            self._publish(-back * interval)
        self._timeline.every(PERIOD_S, lambda: self._publish(0.0), keep=600, shortest=SHORTEST_S)

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

    def _publish(self, shift: float) -> None:
        used: dict[str, float] = {}
        for fleet in self._capacity.fleets.values():
            if fleet.kind == "ecs":
                used[fleet.region] = used.get(fleet.region, 0.0) + fleet.running * VCPUS_A_TASK
        for region, vcpus in used.items():
            if not self._faults.up(region) or self._faults.lasting(FaultKind.METRICS_STOP, (region,), "ecs"):
                continue
            to = metric(region, "AWS/Usage", "ResourceCount", _DIMENSIONS)
            self._cloudwatch.publish(to, self._timeline.now + timedelta(seconds=shift), vcpus, "None")
