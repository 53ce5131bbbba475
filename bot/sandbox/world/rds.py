"""RDS's API over the global databases: what moto lacks or does wrongly; clusters and instances are moto's."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from moto.rds.models import rds_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.clones import Clones
from bot.sandbox.world.database_values import Happened, Mode
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page
from bot.sandbox.world.snapshots import Snapshots

_MOST = 100


class Rds:
    """`globals`: Aurora global databases by lower-case id."""

    PAGES: ClassVar[dict[str, str]] = {"rds": "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._clones = ground.part(Clones)
        self._snapshots = ground.part(Snapshots)
        self.globals: dict[str, GlobalDatabase] = {}

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "DescribeGlobalClusters": self.describe_global_clusters,
            "SwitchoverGlobalCluster": self.switchover,
            "FailoverGlobalCluster": self.failover,
            "RemoveFromGlobalCluster": self.remove_from,
            "ModifyGlobalCluster": self.modify,
            "DescribeEvents": self.describe_events,
            "DescribeDBClusters": self.describe_clusters,
        }
        return {("rds", name): handler for name, handler in table.items()}

    # -- reading -----------------------------------------------------------------------------------------------------

    def describe_global_clusters(self, call: Call) -> Parameters:
        """A global cluster is listed in every region that has a member; 100 a page."""
        wanted = call.parameters.get("GlobalClusterIdentifier")
        if wanted:
            return {"GlobalClusters": [self._view(self._global(call, wanted))]}
        here = [database for database in self.globals.values() if call.region in database.members]
        return _listing(call, "GlobalClusters", [self._view(database) for database in here])

    def describe_clusters(self, call: Call) -> Reply:
        """moto's answer, after statuses and writer flags were brought up to the roles of now."""
        self.refresh(call.region)
        return call.forward()

    def describe_events(self, call: Call) -> Parameters:
        """Events of the last hour unless asked otherwise, oldest first, 100 a page.

        https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html
        """
        asked = call.parameters
        end = _aware(asked.get("EndTime")) or self._timeline.now
        minutes = int(asked.get("Duration") or 60)
        start = _aware(asked.get("StartTime")) or end - timedelta(minutes=minutes)
        events = [
            event
            for database in self.globals.values()
            for event in database.events
            if event.region == call.region and start <= event.at <= end
        ]
        source = asked.get("SourceIdentifier")
        if source:
            events = [event for event in events if event.cluster.lower() == source.lower()]
        if asked.get("SourceType") not in (None, "db-cluster"):
            events = []
        return _listing(call, "Events", [self._event(event) for event in sorted(events, key=lambda event: event.at)])

    def refresh(self, region: str) -> None:
        """Bring moto's clusters of the region up to the roles of now."""
        self._clones.refresh(region)
        for database in self.globals.values():
            if region in database.members:
                self._refresh(database, region)
            elif region in database.detached:
                self._refresh_alone(database, region)

    def lag_metrics(self, database: GlobalDatabase) -> tuple[str, ...]:
        """Aurora MySQL before 3.04 has no lag of user transactions: page "aurora-global-database-disaster-recovery"."""
        region, name = next(iter(database.members.items()), (None, ""))
        version = str(self._cluster(region, name).engine_version) if region is not None else ""
        old = re.match(r".*mysql_aurora\.(\d+)\.(\d+)", version)
        lags = ("AuroraGlobalDBReplicationLag", "AuroraGlobalDBProgressLag")
        has_rpo = old is None or (int(old[1]), int(old[2])) >= ((2, 12) if old[1] == "2" else (3, 4))
        return ("AuroraGlobalDBRPOLag", *lags) if has_rpo else lags

    # -- changing ----------------------------------------------------------------------------------------------------

    def switchover(self, call: Call) -> Parameters:
        """Only in the primary region, only between healthy members of one engine version, one at a time."""
        database, target = self._target(call)
        return self._switch(call, database, target)

    def failover(self, call: Call) -> Parameters:
        """AllowDataLoss: forced, in the target's region. Otherwise the same as a switchover."""
        asked = call.parameters
        if asked.get("AllowDataLoss") and asked.get("Switchover"):
            raise AwsError("InvalidParameterCombination", "AllowDataLoss and Switchover can't be specified together.")
        database, target = self._target(call)
        if not asked.get("AllowDataLoss"):
            return self._switch(call, database, target)
        if call.region != target:
            raise AwsError(
                "InvalidDBClusterStateFault",
                f"A failover that allows data loss must be requested in {target}, the Region of the target DB cluster.",
            )
        if not database.stalled():
            self._check_free(database)
        self._check_instances(database, target)
        database.start_failover(target)
        return {"GlobalCluster": self._view(database)}

    def remove_from(self, call: Call) -> Parameters:
        """The detached cluster becomes a standalone one; in any region, unlike moto's."""
        database = self._global(call, call.text("GlobalClusterIdentifier"))
        region = _member(database, call.text("DbClusterIdentifier"), self._arn)
        self._check_free(database)
        others = [other for other in database.members if other != region]
        if region == database.writer and others:
            raise AwsError(
                "InvalidGlobalClusterStateFault",
                "The primary DB cluster can't be removed while the global cluster has secondary clusters.",
            )
        self._check_instances(database, region)
        view = self._view(database)
        view["GlobalClusterMembers"] = [
            m for m in view["GlobalClusterMembers"] if m["DBClusterArn"].split(":")[3] != region
        ]
        database.remove(region)
        return {"GlobalCluster": view}

    def modify(self, call: Call) -> Parameters:
        """A new name or engine version, at once, while no change of roles is under way."""
        database = self._global(call, call.text("GlobalClusterIdentifier"))
        self._check_free(database)
        asked = call.parameters
        if asked.get("EngineVersion"):
            for region, cluster in database.members.items():
                self._cluster(region, cluster).engine_version = asked["EngineVersion"]
        renamed = asked.get("NewGlobalClusterIdentifier")
        if renamed:
            if renamed.lower() in self.globals:
                raise AwsError("GlobalClusterAlreadyExistsFault", f"Global cluster {renamed} already exists.")
            del self.globals[database.id.lower()]
            database.id = renamed
            self.globals[renamed.lower()] = database
        return {"GlobalCluster": self._view(database)}

    def save_lost_tail(self, region: str, cluster: str, at: datetime) -> None:
        """The automatic snapshot of what the old primary had and nobody else."""
        stamp = f"{at:%Y-%m-%d-%H-%M-%S}"
        self._snapshots.take(region, cluster, f"rds:unplanned-global-failover-{cluster.lower()}-{stamp}")

    # -- inside ------------------------------------------------------------------------------------------------------

    def _switch(self, call: Call, database: GlobalDatabase, target: str) -> Parameters:
        if call.region != database.writer:
            raise AwsError(
                "InvalidGlobalClusterStateFault",
                f"A switchover must be requested in the Region of the primary DB cluster, {database.writer}.",
            )
        self._check_free(database)
        self._check_instances(database, target)
        versions = {
            str(self._cluster(region, database.members[region]).engine_version) for region in (call.region, target)
        }
        if len(versions) > 1:
            raise AwsError(
                "InvalidDBClusterStateFault",
                "The primary and the target DB cluster must run the same engine "
                f"version, found {' and '.join(sorted(versions))}.",
            )
        if target in database.pending_resync:
            raise AwsError("InvalidDBClusterStateFault", f"DB cluster {database.members[target]} is resynchronizing.")
        if not database.faults.up(target):
            raise AwsError("InvalidDBClusterStateFault", f"DB cluster {database.members[target]} is not available.")
        database.start_switchover(target)
        return {"GlobalCluster": self._view(database)}

    def _target(self, call: Call) -> tuple[GlobalDatabase, str]:
        database = self._global(call, call.text("GlobalClusterIdentifier"))
        target = _member(database, call.text("TargetDbClusterIdentifier"), self._arn)
        if target == database.writer:
            raise AwsError(
                "InvalidDBClusterStateFault", f"DB cluster {database.members[target]} already is the primary."
            )
        return database, target

    def _check_free(self, database: GlobalDatabase) -> None:
        if database.operation is not None:
            raise AwsError(
                "InvalidGlobalClusterStateFault",
                f"Global cluster {database.id} is in state {database.operation.status}.",
            )

    def _check_instances(self, database: GlobalDatabase, region: str) -> None:
        cluster = database.members[region]
        if not self._instances(region, cluster):
            raise AwsError(
                "InvalidDBClusterStateFault", f"DB cluster {cluster} has no DB instance that could be promoted."
            )

    def _global(self, call: Call, identifier: str) -> GlobalDatabase:
        database = self.globals.get(identifier.rsplit(":", 1)[-1].lower())
        if database is None or call.region not in database.members:
            raise AwsError("GlobalClusterNotFoundFault", f"Global cluster {identifier} not found.", 404)
        return database

    def _cluster(self, region: str, cluster: str) -> Any:
        try:
            return rds_backends[self._account][region].clusters[cluster]
        except KeyError:
            raise AwsError("DBClusterNotFoundFault", f"DBCluster {cluster} not found.", 404) from None

    def _instances(self, region: str, cluster: str) -> list[Any]:
        return list(self._cluster(region, cluster)._members)

    def _arn(self, region: str, cluster: str) -> str:
        return f"arn:aws:rds:{region}:{self._account}:cluster:{cluster.lower()}"

    def _refresh(self, database: GlobalDatabase, region: str) -> None:
        cluster = self._cluster(region, database.members[region])
        operation = database.operation
        cluster.status = "available"
        if operation is not None and region in (operation.source, operation.target) and operation.status != "pending":
            cluster.status = "switching-over" if operation.mode is Mode.SWITCHOVER else "failing-over"
        cluster.designate_writer = lambda: None  # a secondary has readers only; moto would name a writer
        for number, instance in enumerate(self._instances(region, database.members[region])):
            instance.is_cluster_writer = number == 0 and region == database.writer

    def _refresh_alone(self, database: GlobalDatabase, region: str) -> None:
        name = database.detached[region]
        writes = region in database.writing
        cluster = self._cluster(region, name)
        cluster.status = "available" if writes else "promoting"
        cluster.designate_writer = lambda: None
        for number, instance in enumerate(self._instances(region, name)):
            instance.is_cluster_writer = number == 0 and writes

    def _view(self, database: GlobalDatabase) -> Parameters:
        first, cluster_id = next(iter(database.members.items()))
        cluster = self._cluster(database.writer or first, database.members.get(database.writer or first, cluster_id))
        status, operation = "available", database.operation
        view: Parameters = {
            "GlobalClusterIdentifier": database.id.lower(),
            "GlobalClusterResourceId": f"cluster-{database.id.lower()}",
            "GlobalClusterArn": f"arn:aws:rds::{self._account}:global-cluster:{database.id.lower()}",
            "Engine": cluster.engine,
            "EngineVersion": cluster.engine_version,
            "StorageEncrypted": True,
            "DeletionProtection": False,
            "Endpoint": f"{database.id.lower()}.global-sandbox.global.rds.amazonaws.com",
            "GlobalClusterMembers": [self._member_view(database, region) for region in database.members],
        }
        if operation is not None:
            status = "switching-over" if operation.mode is Mode.SWITCHOVER else "failing-over"
            view["FailoverState"] = {
                "Status": operation.status,
                "IsDataLossAllowed": operation.mode is Mode.FAILOVER,
                "FromDbClusterArn": self._arn(operation.source, database.members[operation.source]),
                "ToDbClusterArn": self._arn(operation.target, database.members[operation.target]),
            }
        return {**view, "Status": status}

    def _member_view(self, database: GlobalDatabase, region: str) -> Parameters:
        writer = region == database.writer
        readers = [self._arn(other, cluster) for other, cluster in database.members.items() if other != region]
        view: Parameters = {
            "DBClusterArn": self._arn(region, database.members[region]),
            "IsWriter": writer,
            "Readers": readers if writer else [],
            "SynchronizationStatus": "pending-resync" if region in database.pending_resync else "connected",
        }
        return view if writer else {**view, "GlobalWriteForwardingStatus": "disabled"}

    def _event(self, event: Happened) -> Parameters:
        return {
            "SourceIdentifier": event.cluster.lower(),
            "SourceType": "db-cluster",
            "Message": event.message,
            "EventCategories": list(event.categories),
            "Date": event.at,
            "SourceArn": self._arn(event.region, event.cluster),
        }


def _listing(call: Call, name: str, items: list[Parameters]) -> Parameters:
    refusal = AwsError("InvalidParameterValue", "The marker is not valid.")
    found, rest = page(items, call.parameters.get("Marker"), int(call.parameters.get("MaxRecords") or _MOST), refusal)
    return {name: found, **({"Marker": rest} if rest else {})}


def _member(database: GlobalDatabase, identifier: str, arn: Any) -> str:
    """The region of the member given by ARN or, where it is unique, by its name."""
    found = [
        region
        for region, cluster in database.members.items()
        if identifier.lower() in (arn(region, cluster).lower(), cluster.lower())
    ]
    if len(found) != 1:
        raise AwsError(
            "DBClusterNotFoundFault", f"DB cluster {identifier} is not a member of global cluster {database.id}.", 404
        )
    return found[0]


def _aware(value: datetime | None) -> datetime | None:
    """moto's parser yields naive UTC."""
    return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value
