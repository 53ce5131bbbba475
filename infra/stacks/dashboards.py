"""One dashboard for each application: what the bot looks at, of all of its regions beside each other."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import aws_cloudwatch as watch

from dr_core.topology.stores import AuroraGlobal, S3Buckets
from infra.alarms import metric, tasks
from infra.buckets import rules_from
from infra.figures import database_lag, of_nodes
from infra.place import Level, Part
from infra.running.balancer import MEASURED
from infra.stacks.alarms import Alarms
from infra.stacks.compute import Compute
from infra.stacks.health_alarms import CHECKS_HOME, checks_of
from infra.words import camel

_WIDE, _HIGH = 12, 6
_BALANCER = {
    "Requests": (("RequestCount", "Sum"),),
    "Errors, of targets and of the balancer": (("HTTPCode_Target_5XX_Count", "Sum"), ("HTTPCode_ELB_5XX_Count", "Sum")),
    "Seconds until targets answer": tuple(("TargetResponseTime", percent) for percent in ("p50", "p95", "p99")),
}
"""Figures of one graph: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html"""


class Dashboards(Part):
    """The application's dashboard"""

    concern = "dashboard"
    level = Level.APPLICATION_ONCE

    def build(self) -> None:
        app = self.place.app
        rows = [self._alarms(region) for region in app.regions]
        met = (*self._balancers(), *self._checks(), *self._services())
        figures = [*met, *self._database(), *self._caches(), *self._buckets(), *self._tables()]
        graphs = [watch.GraphWidget(width=_WIDE, height=_HIGH, **one) for one in figures]
        pairs = [graphs[at : at + 2] for at in range(0, len(graphs), 2)]
        watch.Dashboard(self, "Dashboard", dashboard_name=self.place.owner, widgets=[rows, *pairs])

    def _alarms(self, region: str) -> Any:
        """By name: they stand in other regions' stacks."""
        alarms = self.place.everywhere[self.place.application, Alarms.concern, region]
        assert isinstance(alarms, Alarms)
        wide = 24 // len(self.place.app.regions)
        made = [
            watch.Alarm.from_alarm_arn(
                self, f"Alarm-{name}", f"arn:aws:cloudwatch:{region}:{self.account}:alarm:{name}"
            )
            for name in alarms.names
        ]
        return watch.AlarmStatusWidget(title=f"Alarms, {region}", alarms=made, width=max(wide, 6), height=_HIGH)

    def _balancers(self) -> Iterator[dict[str, Any]]:
        """CloudWatch knows a balancer by what AWS assigns: each region's stack tells it."""
        known = {}
        for region in self.place.app.regions:
            compute = self.place.everywhere.get((self.place.application, Compute.concern, region))
            if isinstance(compute, Compute) and compute.balancer is not None:
                known[region] = self.output_of(f"Balancer{camel(region)}", compute, MEASURED)
        for title, figures in _BALANCER.items() if known else ():
            found = [
                metric("AWS/ApplicationELB", name, {"LoadBalancer": balancer}, statistic, region=region).with_(
                    label=f"{name} {statistic}, {region}"
                )
                for region, balancer in known.items()
                for name, statistic in figures
            ]
            yield {"title": title, "left": found}

    def _checks(self) -> Iterator[dict[str, Any]]:
        """1 is healthy."""
        found = [
            metric(
                "AWS/Route53", "HealthCheckStatus", {"HealthCheckId": check}, "Minimum", region=CHECKS_HOME
            ).with_(label=f"{region}, health[{index}]")
            for index, region, check in checks_of(self)
        ]  # fmt: skip
        if found:
            yield {"title": "Health checks of Route 53", "left": found}

    def _services(self) -> Iterator[dict[str, Any]]:
        for entry in self.place.app.capacity:
            if entry.ecs:
                found = [
                    tasks(entry.ecs.cluster, entry.ecs.service, name, region).with_(label=f"{name}, {region}")
                    for region in self.place.app.regions
                    for name in ("DesiredTaskCount", "RunningTaskCount")
                ]
                yield {"title": f"Tasks of {entry.ecs.service}", "left": found}

    def _database(self) -> Iterator[dict[str, Any]]:
        database = self.place.app.database.value if self.place.app.database else None
        if database is None:
            return
        aurora = isinstance(database, AuroraGlobal)
        key = "DBClusterIdentifier" if aurora else "DBInstanceIdentifier"
        lag = [
            one.with_(label=region)
            for region in database.parts
            for one in database_lag(self.place.app, database, region)
        ]  # fmt: skip
        busy = [
            metric("AWS/RDS", "CPUUtilization", {key: part}, region=region).with_(label=region)
            for region, part in database.parts.items()
        ]
        yield {"title": f"Database, {'milli' if aurora else ''}seconds behind", "left": lag}
        yield {"title": "Database, processors", "left": busy}

    def _caches(self) -> Iterator[dict[str, Any]]:
        shown = {"GlobalDatastoreReplicationLag": "seconds behind", "EngineCPUUtilization": "processors"}
        for group in [entry.elasticache_global.group for entry in self.place.app.cache if entry.elasticache_global]:
            for name, words in shown.items():
                found = [
                    one.with_(label=f"{(one.dimensions or {})['CacheClusterId']}, {region}")
                    for region in self.place.app.regions
                    for one in of_nodes(group, name, region)
                ]
                yield {"title": f"{group}, {words}", "left": found}

    def _buckets(self) -> Iterator[dict[str, Any]]:
        for entry in self.place.app.storage:
            if not isinstance(entry.value, S3Buckets):
                continue
            found = [
                metric(
                    "AWS/S3", "ReplicationLatency",
                    {"SourceBucket": bucket, "DestinationBucket": rule.bucket, "RuleId": rule.id}, region=region,
                ).with_(label=f"{region}: {rule.id}")
                for region, bucket in entry.value.buckets.items()
                for rule in rules_from(entry.value, region)
            ]  # fmt: skip
            yield {"title": "Buckets, copy behind", "left": found}

    def _tables(self) -> Iterator[dict[str, Any]]:
        regions = self.place.app.regions
        for table in [entry.dynamodb_global.table for entry in self.place.app.tables if entry.dynamodb_global]:
            found = [
                metric(
                    "AWS/DynamoDB", "ReplicationLatency", {"TableName": table, "ReceivingRegion": other}, "Average",
                    region=region,
                ).with_(label=f"{region} to {other}")
                for region in regions for other in regions if other != region
            ]  # fmt: skip
            yield {"title": f"{table}, copy behind", "left": found}
