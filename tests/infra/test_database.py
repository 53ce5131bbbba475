"""Databases: one writer in the primary, copies under keys of their own region, as many instances as the size says."""

from dr_core.topology.deployment import Size
from dr_core.topology.model import Application
from dr_core.topology.stores import AuroraGlobal, RdsReplica
from tests.infra.synthesized import Assembly, Json, Template

CLUSTER, INSTANCE = "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"
STANDING = {Size.PILOT_LIGHT: 0, Size.WARM_STANDBY: 1, Size.MULTI_SITE: 2}


def _aurora(each: Assembly) -> list[tuple[str, Application, AuroraGlobal]]:
    return [
        (name, app, app.database.value)
        for name, app in each.config.applications.items()
        if app.database and isinstance(app.database.value, AuroraGlobal)
    ]


def _stack(each: Assembly, owner: str, region: str) -> Template:
    return each.templates[f"{owner}-database-{region}"]


def _cluster(each: Assembly, owner: str, region: str) -> Json:
    return _stack(each, owner, region).one(CLUSTER)


def test_each_application_with_a_database_has_one_stack_a_region(each: Assembly) -> None:
    wanted = {
        f"{name}-database-{region}"
        for name, app in each.config.applications.items()
        if app.database
        for region in app.regions
    }
    assert {name for name in each.templates if "-database-" in name} == wanted


def test_the_global_cluster_is_made_around_the_primary_and_cannot_be_deleted(each: Assembly) -> None:
    for owner, app, spec in _aurora(each):
        made = _stack(each, owner, app.primary).one("AWS::RDS::GlobalCluster")
        assert made["GlobalClusterIdentifier"] == spec.global_cluster
        assert made["SourceDBClusterIdentifier"] == {"Fn::GetAtt": ["Cluster", "DBClusterArn"]}
        assert made["DeletionProtection"] is True
        for region in app.standby:
            assert not _stack(each, owner, region).of("AWS::RDS::GlobalCluster")


def test_a_secondary_joins_by_name_and_brings_no_master_of_its_own(each: Assembly) -> None:
    for owner, app, spec in _aurora(each):
        for region in app.standby:
            cluster = _cluster(each, owner, region)
            assert cluster["GlobalClusterIdentifier"] == spec.global_cluster
            assert not {"MasterUsername", "MasterUserPassword", "DatabaseName"} & set(cluster)


def test_the_clusters_of_a_global_database_are_alike_and_named_as_the_bot_knows_them(each: Assembly) -> None:
    for owner, app, spec in _aurora(each):
        clusters = {region: _cluster(each, owner, region) for region in app.regions}
        assert {region: one["DBClusterIdentifier"] for region, one in clusters.items()} == dict(spec.clusters)
        assert len({(one["Engine"], one["EngineVersion"], one["Port"]) for one in clusters.values()}) == 1


def test_every_database_is_encrypted_backed_up_kept_and_watched(each: Assembly) -> None:
    for template, name, properties in (*each.of(CLUSTER), *each.of(INSTANCE)):
        if "DBClusterIdentifier" in properties and "BackupRetentionPeriod" not in properties:
            continue  # an instance of a cluster has all of that from it
        if "-database-" not in template.stack:
            continue
        assert f"-keys-{template.region}" in str(properties["KmsKeyId"])
        assert properties.get("StorageEncrypted") or "SourceDBInstanceIdentifier" in properties
        assert properties["BackupRetentionPeriod"] >= 7
        assert properties["DeletionProtection"] is True
        assert properties["EnableIAMDatabaseAuthentication"] is True
        assert properties.get("PerformanceInsightsEnabled") or properties.get("EnablePerformanceInsights")
        assert template.body["Resources"][name]["DeletionPolicy"] == "Retain"


def test_the_logs_of_a_database_are_kept_for_a_limited_time(each: Assembly) -> None:
    for template, name, properties in each.of("AWS::Logs::LogGroup"):
        if "-database-" in template.stack:
            assert properties["RetentionInDays"] == 90
            assert properties["KmsKeyId"]
            made = {**template.of(CLUSTER), **template.of(INSTANCE)}
            assert any(name in one.get("DependsOn", ()) for one in made.values())  # or RDS would make it first


def test_the_primary_stands_in_two_zones_at_every_size_and_a_standby_as_its_size_says(each: Assembly) -> None:
    for owner, app, _ in _aurora(each):
        readers = [one.aurora_readers for one in app.capacity if one.aurora_readers]
        for region in app.regions:
            made = [one["Properties"] for one in _stack(each, owner, region).of(INSTANCE).values()]
            if region == app.primary:
                assert len(made) == max([2, *(1 + one.active for one in readers)])
                assert len({one["AvailabilityZone"] for one in made}) == 2
            else:
                standing = STANDING[each.config.deployment.size]
                assert len(made) == max([standing, *(one.standby for one in readers)])


def test_commits_are_paused_for_the_rpo_only_where_a_third_region_can_keep_it(each: Assembly) -> None:
    for owner, app, spec in _aurora(each):
        for region in app.regions:
            [group] = _stack(each, owner, region).of("AWS::RDS::DBClusterParameterGroup").values()
            limit = group["Properties"]["Parameters"].get("rds.global_db_rpo")
            assert limit == ("60" if len(spec.clusters) > 2 else None)
            assert group["Properties"]["Parameters"]["rds.force_ssl"] == "1"


def test_a_database_admits_what_its_application_runs_and_nothing_else(each: Assembly) -> None:
    for template in each.templates.values():
        if "-database-" in template.stack:
            [rule] = template.of("AWS::EC2::SecurityGroupIngress").values()
            owner = template.stack.partition("-database-")[0]
            assert f"Services{owner}" in str(rule["Properties"]["SourceSecurityGroupId"])
            assert rule["Properties"]["FromPort"] == rule["Properties"]["ToPort"]
            assert not any(one["Properties"].get("PubliclyAccessible") for one in template.of(INSTANCE).values())


def test_a_replica_in_another_region_has_its_source_by_arn_and_a_key_of_its_own_region(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        if not (app.database and isinstance(app.database.value, RdsReplica)):
            continue
        names = app.database.value.instances
        source = _stack(each, owner, app.primary).one(INSTANCE)
        assert source["DBInstanceIdentifier"] == names[app.primary]
        assert source["MultiAZ"] is True
        for region in app.standby:
            copy = _stack(each, owner, region).one(INSTANCE)
            account = each.config.deployment.account
            assert copy["DBInstanceIdentifier"] == names[region]
            assert copy["SourceDBInstanceIdentifier"] == f"arn:aws:rds:{app.primary}:{account}:db:{names[app.primary]}"
            assert copy["MultiAZ"] is (each.config.deployment.size is Size.MULTI_SITE)
            assert not {"MasterUsername", "MasterUserPassword", "Engine", "AllocatedStorage"} & set(copy)
