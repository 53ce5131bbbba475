"""Buckets: replicated both ways, versioned, private, encrypted; and rules that come once both ends stand."""

from collections.abc import Iterator
from typing import Any

from dr_core.topology.stores import S3Buckets
from infra.buckets import rules_from
from tests.infra.synthesized import Assembly, Json, Template

BUCKET = "AWS::S3::Bucket"


def _ours(each: Assembly) -> Iterator[tuple[Template, str, Json]]:
    """Those of applications and of the house that hold data: other stacks have buckets for logs and switches."""
    for template, name, properties in each.of(BUCKET):
        if "-storage-" in template.stack:
            yield template, name, properties


def _pairs(each: Assembly) -> Iterator[tuple[str, S3Buckets]]:
    for owner, app in each.config.applications.items():
        for storage in app.storage:
            if storage.s3:
                yield owner, storage.s3


def _bucket(each: Assembly, called: str) -> tuple[Template, str, Json]:
    [found] = [one for one in each.of(BUCKET) if one[2].get("BucketName") == called]
    return found


def _rules(each: Assembly, called: str) -> list[dict[str, Any]]:
    condition, yes, no = _bucket(each, called)[2]["ReplicationConfiguration"]["Fn::If"]
    assert (condition, no) == ("Others", {"Ref": "AWS::NoValue"})
    return list(yes["Rules"])


def test_every_bucket_of_the_topology_is_made_in_its_region(each: Assembly) -> None:
    topology = each.config.topology
    wanted = {(region, name) for _, spec in _pairs(each) for region, name in spec.buckets.items()}
    wanted |= {(one.region, one.bucket) for one in topology.audit.anchors}
    wanted |= {(one.region, one.bucket) for one in topology.runbook.buckets}
    assert wanted == {(template.region, properties["BucketName"]) for template, _, properties in _ours(each)}


def test_each_bucket_is_versioned_private_and_kept(each: Assembly) -> None:
    for template, name, properties in _ours(each):
        assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert template.body["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_nobody_reaches_a_bucket_without_tls(each: Assembly) -> None:
    for template, name, properties in _ours(each):
        policies = [one["Properties"] for one in template.of("AWS::S3::BucketPolicy").values()]
        [policy] = [one for one in policies if one["Bucket"] == {"Ref": name}]
        [deny] = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert deny["Resource"] == [f"arn:aws:s3:::{properties['BucketName']}{rest}" for rest in ("", "/*")]


def test_data_is_encrypted_with_the_owners_key_and_anchors_with_none_that_could_be_deleted(each: Assembly) -> None:
    anchors = {one.bucket for one in each.config.topology.audit.anchors}
    for template, _, properties in _ours(each):
        [rule] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        default = rule["ServerSideEncryptionByDefault"]
        if properties["BucketName"] in anchors:
            assert default == {"SSEAlgorithm": "AES256"}
            assert properties["ObjectLockEnabled"] is True
        else:
            assert default["SSEAlgorithm"] == "aws:kms"
            assert f"-{template.region}:" in str(default["KMSMasterKeyID"])
            assert rule["BucketKeyEnabled"] is True
            assert "ObjectLockEnabled" not in properties


def test_objects_are_carried_from_every_bucket_to_every_other_one(each: Assembly) -> None:
    for _, spec in _pairs(each):
        for region, called in spec.buckets.items():
            rules = _rules(each, called)
            carried = {(rule["Destination"]["Bucket"], rule["Filter"]["Prefix"]) for rule in rules}
            others = [name for other, name in spec.buckets.items() if other != region]
            assert carried == {(f"arn:aws:s3:::{name}", prefix) for name in others for prefix in spec.prefixes or ("",)}
            assert len({rule["Priority"] for rule in rules}) == len(rules)
            assert [rule["Id"] for rule in rules] == [rule.id for rule in rules_from(spec, region)]


def test_a_rule_carries_deletions_and_changes_under_a_key_of_the_other_region_and_is_timed(each: Assembly) -> None:
    for _, spec in _pairs(each):
        regions = {f"arn:aws:s3:::{name}": region for region, name in spec.buckets.items()}
        for called in spec.buckets.values():
            for rule in _rules(each, called):
                there = rule["Destination"]
                assert rule["Status"] == "Enabled"
                assert rule["DeleteMarkerReplication"] == {"Status": "Enabled"}
                assert {one["Status"] for one in rule["SourceSelectionCriteria"].values()} == {"Enabled"}
                assert set(rule["SourceSelectionCriteria"]) == {"SseKmsEncryptedObjects", "ReplicaModifications"}
                key = str(there["EncryptionConfiguration"]["ReplicaKmsKeyID"])
                assert f"arn:aws:kms:{regions[there['Bucket']]}:" in key
                assert there["ReplicationTime"] == {"Status": "Enabled", "Time": {"Minutes": 15}}
                assert there["Metrics"] == {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}


def test_the_rules_wait_until_the_buckets_of_all_other_regions_stand(each: Assembly) -> None:
    """S3 refuses a rule to a bucket that does not exist, and each of them is the other's destination."""
    for owner, spec in _pairs(each):
        for region in spec.buckets:
            body = each.templates[f"{owner}-storage-{region}"].body
            assert body["Parameters"]["OthersStand"]["Default"] == "no"
            assert body["Conditions"]["Others"] == {"Fn::Equals": [{"Ref": "OthersStand"}, "yes"]}
            waited = {one["stack"] for one in body["Metadata"]["dr:once-stand"]["OthersStand"]}
            assert waited == {f"{owner}-storage-{other}" for other in spec.buckets if other != region}
            assert waited <= set(each.templates)


def test_the_role_of_a_direction_reads_here_and_writes_there_and_nothing_else(each: Assembly) -> None:
    for _, spec in _pairs(each):
        for region, called in spec.buckets.items():
            template, name, _ = _bucket(each, called)
            role = next(
                one for key, one in template.of("AWS::IAM::Role").items() if key.startswith(f"{name}Replication")
            )
            [policy] = role["Properties"]["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]:
                actions, resources = str(statement["Action"]), statement["Resource"]
                assert "*" not in actions
                assert resources != "*"
                if "Replicate" in actions:
                    assert f":::{called}/" not in str(resources)
                elif "kms:Encrypt" in actions:
                    assert f"arn:aws:kms:{region}:" not in str(resources)
                    assert called not in str(statement["Condition"])
                elif "kms:Decrypt" in actions:
                    assert f"arn:aws:kms:{region}:" in str(resources)


def test_old_versions_and_broken_uploads_do_not_pile_up(each: Assembly) -> None:
    anchors = {one.bucket for one in each.config.topology.audit.anchors}
    for _, _, properties in _ours(each):
        whole, *short = properties["LifecycleConfiguration"]["Rules"]
        assert whole["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
        expired = whole.get("NoncurrentVersionExpiration")
        assert expired == (None if properties["BucketName"] in anchors else {"NoncurrentDays": 30})
        assert all(rule["Prefix"].endswith(".dr-heartbeat/") for rule in short)
        assert all(rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1} for rule in short)


def test_the_role_of_batch_replication_is_made_under_the_name_of_the_topology(each: Assembly) -> None:
    named = {spec.batch_role_arn: spec for _, spec in _pairs(each) if spec.batch_role_arn}
    roles = [one for _, _, one in each.of("AWS::IAM::Role") if "batchoperations.s3" in str(one)]
    assert {f"arn:aws:iam::{each.config.deployment.account}:role/{one['RoleName']}" for one in roles} == set(named)
    for role in roles:
        spec = named[f"arn:aws:iam::{each.config.deployment.account}:role/{role['RoleName']}"]
        [policy] = role["Policies"]
        start, listing = policy["PolicyDocument"]["Statement"]
        assert start["Action"] == "s3:InitiateReplication"
        assert set(start["Resource"]) == {f"arn:aws:s3:::{name}/*" for name in spec.buckets.values()}
        assert set(listing["Resource"]) == {f"arn:aws:s3:::{name}" for name in spec.buckets.values()}


def test_only_the_distributions_of_an_application_that_has_any_may_read_its_buckets(each: Assembly) -> None:
    for owner, app in each.config.applications.items():
        fronts = [one.cloudfront for one in app.traffic if one.cloudfront]
        for region in app.regions:
            template = each.templates.get(f"{owner}-storage-{region}")
            for one in template.of("AWS::S3::BucketPolicy").values() if template else ():
                allowed = [s for s in one["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
                assert bool(allowed) == bool(fronts)
                for statement in allowed:
                    account = each.config.deployment.account
                    sources = str(statement["Condition"]["ArnLike"]["aws:SourceArn"])
                    assert f"arn:aws:cloudfront::{account}:distribution/" in sources
