"""One dashboard for each application: what the bot looks at, of all of its regions beside each other."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import aws_cloudwatch as watch

from dr_core.topology.stores import AuroraGlobal, S3Buckets
from infra.alarms import metric, tasks
from infra.buckets import rules_from
from infra.place import Level, Part
from infra.stacks.alarms import Alarms

_WIDE, _HIGH = 12, 6


class Dashboards(Part):
    """The application's dashboard"""

    concern = "dashboard"
    level = Level.APPLICATION_ONCE

    def build(self) -> None:
        app = self.place.app
        rows = [self._alarms(region) for region in app.regions]
        figures = [*self._services(), *self._database(), *self._buckets(), *self._tables()]
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
        lag = "AuroraGlobalDBReplicationLag" if aurora else "ReplicaLag"
        for title, name in (("Database, copy behind", lag), ("Database, processors", "CPUUtilization")):
            found = [
                metric("AWS/RDS", name, {key: part}, region=region).with_(label=region)
                for region, part in database.parts.items()
            ]
            yield {"title": title, "left": found}

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
