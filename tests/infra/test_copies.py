"""What AWS copies as a whole: caches and tables, and the flags that stand in each region."""

from tests.infra.synthesized import Assembly, Json, Template

GROUP = "AWS::ElastiCache::ReplicationGroup"


def _one(template: Template, kind: str) -> Json:
    return template.one(kind)


def test_a_cache_is_one_datastore_with_a_member_of_its_name_in_every_region(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        for cache in app.cache:
            first = each.templates[f"{owner}-cache-{app.primary}"]
            datastore = _one(first, "AWS::ElastiCache::GlobalReplicationGroup")
            assert datastore["GlobalReplicationGroupIdSuffix"] == cache.value.group
            [member] = datastore["Members"]
            assert (member["ReplicationGroupRegion"], member["Role"]) == (app.primary, "PRIMARY")
            for region in app.regions:
                assert _one(each.templates[f"{owner}-cache-{region}"], GROUP)["ReplicationGroupId"] == cache.value.group


def test_a_secondary_cache_joins_by_the_id_that_aws_gave_the_datastore(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        for region in app.standby if app.cache else ():
            template = each.templates[f"{owner}-cache-{region}"]
            group = _one(template, GROUP)
            origin = template.body["Metadata"]["dr:comes-from"][group["GlobalReplicationGroupId"]["Ref"]]
            assert origin["stack"] == f"{owner}-cache-{app.primary}"
            assert origin["output"] in each.templates[origin["stack"]].body["Outputs"]
            assert not {"Engine", "CacheNodeType", "AtRestEncryptionEnabled"} & set(group)


def test_caches_are_encrypted_stand_in_two_zones_and_admit_only_what_the_application_runs(each: Assembly) -> None:
    for template, _, group in each.of(GROUP):
        assert group["MultiAZEnabled"] is True
        assert group["AutomaticFailoverEnabled"] is True
        assert group["NumCacheClusters"] >= 2
        assert f"-keys-{template.region}" in str(group["KmsKeyId"])
        if "GlobalReplicationGroupId" not in group:
            assert group["TransitEncryptionEnabled"] is True
            assert group["AtRestEncryptionEnabled"] is True
        for rule in template.of("AWS::EC2::SecurityGroupIngress").values():
            assert "Services" in str(rule["Properties"]["SourceSecurityGroupId"])


def test_a_table_has_a_protected_replica_in_every_region_under_a_key_of_that_region(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        for table in app.tables:
            made = _one(each.templates[f"{owner}-tables-{app.primary}"], "AWS::DynamoDB::GlobalTable")
            assert made["TableName"] == table.value.table
            assert [one["Region"] for one in made["Replicas"]] == list(app.regions)
            for replica in made["Replicas"]:
                assert replica["DeletionProtectionEnabled"] is True
                assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
                assert f"arn:aws:kms:{replica['Region']}:" in str(replica["SSESpecification"]["KMSMasterKeyId"])
            assert made["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}  # copies are made from it


def test_a_tables_key_is_the_one_that_the_deployment_gives(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        for table in app.tables:
            key = each.config.built(owner).tables[table.value.table]
            made = _one(each.templates[f"{owner}-tables-{app.primary}"], "AWS::DynamoDB::GlobalTable")
            assert [one["AttributeName"] for one in made["KeySchema"]] == [key.partition, key.sort]
            assert [one["KeyType"] for one in made["KeySchema"]] == ["HASH", "RANGE"]


def test_the_flags_stand_in_every_region_and_none_is_on(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        for region in app.regions if app.parameters.flags else ():
            made = _one(each.templates[f"{owner}-parameters-{region}"], "AWS::SSM::Parameter")
            assert made["Name"] == app.parameters.flags
            assert (made["Type"], made["Value"]) == ("String", "{}")


def test_appconfig_has_the_same_names_in_every_region_and_a_strategy_to_deploy_with(each: Assembly) -> None:
    house = each.config.deployment.name
    for app in each.config.applications.values():
        for spec in app.parameters.appconfig:
            for region in app.regions:
                template = each.templates[f"{house}-appconfig-{region}"]
                named = {
                    kind: {one["Properties"]["Name"] for one in template.of(f"AWS::AppConfig::{kind}").values()}
                    for kind in ("Application", "Environment", "ConfigurationProfile")
                }
                assert spec.application in named["Application"]
                assert spec.environment in named["Environment"]
                assert spec.profile in named["ConfigurationProfile"]
                assert _one(template, "AWS::AppConfig::DeploymentStrategy")["FinalBakeTimeInMinutes"] > 0
