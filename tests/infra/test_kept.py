"""What a failed first attempt leaves behind: nothing that holds a name and that the next attempt could not make."""

from tests.infra.synthesized import Assembly, Json

NAMES = frozenset({
    "BucketName", "DBClusterIdentifier", "DBInstanceIdentifier", "FunctionName", "GlobalClusterIdentifier",
    "GlobalReplicationGroupIdSuffix", "LogGroupName", "Name", "QueueName", "ReplicationGroupId", "TableName",
})  # fmt: skip


def protected(resource: Json) -> bool:
    """Whether AWS itself refuses to delete it: CloudFormation's attempt would stop the rollback."""
    properties = resource.get("Properties", {})
    replicas = properties.get("Replicas", [])
    of_all = bool(replicas) and all(one.get("DeletionProtectionEnabled") is True for one in replicas)
    return properties.get("DeletionProtection") is True or of_all


def stuck(assembly: Assembly) -> list[str]:
    return [
        f"{template.stack}/{name}"
        for template in assembly.templates.values()
        for name, one in template.body.get("Resources", {}).items()
        if one.get("DeletionPolicy") == "Retain" and NAMES & one["Properties"].keys() and not protected(one)
    ]


def test_what_a_failed_attempt_has_made_does_not_keep_its_name(each: Assembly) -> None:
    assert stuck(each) == []


def test_what_holds_data_is_retained_when_its_stack_goes(each: Assembly) -> None:
    """But for the queue of signals, whose messages are told again."""
    holding = ("AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::DynamoDB::GlobalTable", "AWS::RDS::DBCluster")
    policies = {
        (one["Type"], one.get("DeletionPolicy"), one.get("UpdateReplacePolicy"))
        for template in each.templates.values()
        for one in template.body["Resources"].values()
        if one["Type"] in holding
    }
    assert {kept for _, kept, _ in policies} <= {"Retain", "RetainExceptOnCreate"}
    assert {replaced for _, _, replaced in policies} == {"Retain"}
