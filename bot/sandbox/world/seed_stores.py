"""What keeps data and is made here: databases, buckets, parameters, secrets."""

from bot.sandbox.world.aurora import GlobalDatabase
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.rds import Rds
from bot.sandbox.world.rds_replicas import RdsReplicas
from bot.sandbox.world.replica_set import ReplicaSet
from bot.sandbox.world.seeding import Seeding
from dr_core.topology.model import Application, Topology
from dr_core.topology.stores import AuroraEngine

VERSIONS = {AuroraEngine.POSTGRESQL: "16.6", AuroraEngine.MYSQL: "8.0.mysql_aurora.3.08.0"}
_SAMPLE_OBJECTS = {"index.html": b"<!doctype html><title>sandbox</title>", "release.json": b'{"release": "1"}'}


class Stores:
    """Seeds them all; databases are shared by applications that name the same one."""

    def __init__(self, seeds: Seeding, ground: Ground) -> None:
        self._seeds = seeds
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._rds = ground.part(Rds)
        self._instances = ground.part(RdsReplicas)
        self._replicas: dict[tuple[tuple[str, str], ...], ReplicaSet] = {}

    def seed(self, app_name: str, app: Application) -> GlobalDatabase | None:
        """All stores of one application; returns its database."""
        for storage in app.storage:
            if storage.s3:
                self._buckets(dict(storage.s3.buckets), storage.s3.prefixes)
        for traffic in app.traffic:
            for region, bucket in (traffic.standby_takes_over.bucket if traffic.standby_takes_over else {}).items():
                self._bucket(region, bucket, lock=False)
        self._parameters(app)
        self._secrets(app_name, app)
        return self._database(app_name, app)

    def anchors(self, topology: Topology) -> None:
        for anchor in topology.audit.anchors:
            self._bucket(anchor.region, anchor.bucket, lock=True)

    def runbooks(self, topology: Topology) -> None:
        for place in topology.runbook.buckets:
            self._bucket(place.region, place.bucket, lock=False)

    # -- databases ---------------------------------------------------------------------------------------------------

    def _database(self, app_name: str, app: Application) -> GlobalDatabase | None:
        if app.database and app.database.aurora_global:
            plan = app.database.aurora_global
            known = self._rds.globals.get(plan.global_cluster.lower())
            engine = plan.engine or AuroraEngine.POSTGRESQL
            return known or self._aurora(plan.global_cluster, self._ordered(app, plan.clusters), engine)
        if app.database and app.database.rds_replica:
            instances = self._ordered(app, app.database.rds_replica.instances)
            key = tuple(sorted(instances.items()))
            if key not in self._replicas:
                self._replicas[key] = self._replica(app_name, instances)
            return self._replicas[key]
        return None

    def _ordered(self, app: Application, by_region: dict[str, str]) -> dict[str, str]:
        """The primary first."""
        first = {region: by_region[region] for region in app.regions if region in by_region}
        return {**first, **by_region}

    def _new(self, identifier: str, members: dict[str, str]) -> GlobalDatabase:
        return GlobalDatabase(
            id=identifier,
            members=members,
            writer=next(iter(members)),
            timeline=self._timeline,
            faults=self._faults,
            lost_tail=self._rds.save_lost_tail,
        )

    def _aurora(self, identifier: str, clusters: dict[str, str], engine: AuroraEngine) -> GlobalDatabase:
        for number, (region, cluster) in enumerate(clusters.items()):
            rds = self._seeds.at("rds", region)
            with self._seeds.tolerated(f"cluster {cluster}"):
                rds(
                    "CreateDBCluster",
                    DBClusterIdentifier=cluster,
                    Engine=engine.value,
                    EngineVersion=VERSIONS[engine],
                    MasterUsername="sandbox",
                    MasterUserPassword="sandbox-only",
                    StorageEncrypted=True,
                    DatabaseName="app",
                )  # simulated
            for index in range(2 if number == 0 else 1):
                with self._seeds.tolerated(f"instance of {cluster}"):
                    rds(
                        "CreateDBInstance",
                        DBInstanceIdentifier=f"{cluster}-{index + 1}",
                        DBClusterIdentifier=cluster,
                        Engine=engine.value,
                        DBInstanceClass="db.r6g.large",
                        AvailabilityZone=f"{region}{'ab'[index]}",
                    )
        database = self._rds.globals[identifier.lower()] = self._new(identifier, clusters)
        return database

    def _replica(self, app_name: str, instances: dict[str, str]) -> ReplicaSet:
        (first, source), *others = instances.items()
        with self._seeds.tolerated(f"instance {source}"):
            self._seeds.at("rds", first)(
                "CreateDBInstance",
                DBInstanceIdentifier=source,
                Engine="postgres",
                DBInstanceClass="db.m6g.large",
                AllocatedStorage=20,
                MasterUsername="sandbox",
                MasterUserPassword="sandbox-only",
                BackupRetentionPeriod=7,
                MultiAZ=True,
            )  # simulated
        database = ReplicaSet(f"{app_name}-replicas", instances, first, self._timeline, self._faults, engine="postgres")
        self._instances.sets.append(database)
        arn = f"arn:aws:rds:{first}:{self._account}:db:{source.lower()}"
        for region, replica in others:
            with self._seeds.tolerated(f"replica {replica}"):
                self._seeds.at("rds", region)(
                    "CreateDBInstanceReadReplica",
                    DBInstanceIdentifier=replica,
                    SourceDBInstanceIdentifier=arn,
                    DBInstanceClass="db.m6g.large",
                )
        return database

    # -- objects -----------------------------------------------------------------------------------------------------

    def _buckets(self, buckets: dict[str, str], prefixes: tuple[str, ...]) -> None:
        for region, bucket in buckets.items():
            self._bucket(region, bucket, lock=False)
            for prefix in prefixes or ("",):
                for name, body in _SAMPLE_OBJECTS.items():
                    with self._seeds.tolerated(f"object in {bucket}"):
                        self._seeds.at("s3", region)("PutObject", Bucket=bucket, Key=f"{prefix}{name}", Body=body)
        for region, bucket in buckets.items():
            with self._seeds.tolerated(f"replication of {bucket}"):
                self._replicate(region, bucket, {r: b for r, b in buckets.items() if b != bucket})

    def _replicate(self, region: str, bucket: str, others: dict[str, str]) -> None:
        rules = [
            {
                "ID": f"to-{other}",
                "Priority": number + 1,
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Enabled"},
                "SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}},
                "Destination": {
                    "Bucket": f"arn:aws:s3:::{target}",
                    "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                    "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
                },
            }
            for number, (other, target) in enumerate(others.items())
        ]
        if rules:
            self._seeds.at("s3", region)(
                "PutBucketReplication",
                Bucket=bucket,
                ReplicationConfiguration={"Role": f"arn:aws:iam::{self._account}:role/replication", "Rules": rules},
            )

    def _bucket(self, region: str, bucket: str, *, lock: bool) -> None:
        s3 = self._seeds.at("s3", region)
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        with self._seeds.tolerated(f"bucket {bucket}"):
            s3("CreateBucket", Bucket=bucket, ObjectLockEnabledForBucket=lock, **where)
            s3("PutBucketVersioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    # -- settings ----------------------------------------------------------------------------------------------------

    def _parameters(self, app: Application) -> None:
        wanted: list[tuple[str, str, str]] = []
        for path in app.parameters.paths:
            root = "/" + path.strip("/")
            wanted += [
                (f"{root}/log-level", "info", "String"),
                (f"{root}/page-size", "50", "String"),
                (f"{root}/api-token", "sandbox-token", "SecureString"),
            ]
        if app.parameters.flags:
            flags = "/" + app.parameters.flags.strip("/")
            wanted += [
                (flags, '{"new-checkout": true}', "String"),
                (f"{flags}/new-checkout", "on", "String"),
                (f"{flags}/search-v2", "off", "String"),
            ]
        if app.release:
            wanted.append((app.release.pointer, next(iter(app.release.colours)), "String"))
        for region in app.regions:
            for name, value, kind in wanted:
                with self._seeds.tolerated(f"parameter {name}"):
                    self._seeds.at("ssm", region)("PutParameter", Name=name, Value=value, Type=kind)

    def _secrets(self, app_name: str, app: Application) -> None:
        for name in app.secrets:
            with self._seeds.tolerated(f"secret {name}"):
                self._seeds.at("secretsmanager", app.primary)(
                    "CreateSecret",
                    Name=name,
                    SecretString=f'{{"owner": "{app_name}", "value": "sandbox"}}',
                    AddReplicaRegions=[{"Region": region} for region in app.standby],
                )
