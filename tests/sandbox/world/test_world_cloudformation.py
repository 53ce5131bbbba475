"""CloudFormation of the world: stacks come, change, fail and go, and what they make is really there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.world.conftest import Stage, stages

NEAR, FAR = "eu-central-1", "eu-west-1"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stages(tmp_path_factory.mktemp("formation")) as start:
        yield start()


class Stacks:
    """One region's, as a client sees it."""

    def __init__(self, stage: Stage, region: str = NEAR) -> None:
        self.stage, self.region = stage, region
        self.api = stage.aws("cloudformation", region)

    def planned(self, name: str, template: Json, kind: str, **more: Any) -> Json:
        if kind == "UPDATE":
            self.api.delete_change_set(StackName=name, ChangeSetName="plan")
        made = self.api.create_change_set(
            StackName=name, ChangeSetName="plan", ChangeSetType=kind, TemplateBody=json.dumps(template), **more
        )
        return dict(self.api.describe_change_set(ChangeSetName=made["Id"]))

    def bring(self, name: str, template: Json, kind: str = "CREATE", **more: Any) -> str:
        """The status in which the stack ends."""
        self.api.execute_change_set(ChangeSetName=self.planned(name, template, kind, **more)["ChangeSetId"])
        return str(self.seen(name)["StackStatus"])

    def seen(self, name: str) -> Json:
        return dict(self.api.describe_stacks(StackName=name)["Stacks"][0])

    def outputs(self, name: str) -> dict[str, str]:
        return {one["OutputKey"]: one["OutputValue"] for one in self.seen(name)["Outputs"]}

    def told(self, name: str) -> list[tuple[str, str, str]]:
        """What failed or was left, oldest first."""
        events = reversed(self.api.describe_stack_events(StackName=name)["StackEvents"])
        kinds = ("FAILED", "SKIPPED")
        return [
            (one["LogicalResourceId"], one["ResourceStatus"], one.get("ResourceStatusReason", ""))
            for one in events
            if one["ResourceStatus"].endswith(kinds)
        ]


@pytest.fixture
def stacks(stage: Stage) -> Stacks:
    return Stacks(stage)


def parameter(name: Any, value: Any, **more: Any) -> Json:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": value}, **more}


def queue(name: str, **more: Any) -> Json:
    return {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}, **more}


def test_functions_parameters_conditions_and_stored_values_are_resolved(stacks: Stacks, stage: Stage) -> None:
    ssm = stage.aws("ssm", NEAR)
    ssm.put_parameter(Name="/given/size", Value="large", Type="String")
    stage.aws("secretsmanager", NEAR).create_secret(Name="given/word", SecretString='{"password": "s3cret"}')
    template = {
        "Parameters": {
            "Size": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/given/size"},
            "Zones": {"Type": "CommaDelimitedList"},
            "Extra": {"Type": "String", "Default": "no", "AllowedValues": ["yes", "no"]},
        },
        "Mappings": {"Rates": {NEAR: {"hourly": "7"}}},
        "Conditions": {"More": {"Fn::Equals": [{"Ref": "Extra"}, "yes"]}},
        "Resources": {
            "Last": parameter(
                "/made/last",
                {"Fn::Join": ["|", [{"Fn::GetAtt": ["First", "Value"]}, {"Fn::Select": [1, {"Ref": "Zones"}]}, "end"]]},
            ),
            "First": parameter("/made/first", {"Fn::Sub": ["${AWS::Region}-${Size}-${own}", {"own": "x"}]}),
            "Rate": parameter("/made/rate", {"Fn::FindInMap": ["Rates", {"Ref": "AWS::Region"}, "hourly"]}),
            "Word": parameter("/made/word", "{{resolve:secretsmanager:given/word:SecretString:password}}"),
            "Some": parameter("/made/some", {"Fn::If": ["More", "more", "less"]}),
            "Never": parameter("/made/never", "x", Condition="More"),
        },
        "Outputs": {"Name": {"Value": {"Ref": "First"}, "Export": {"Name": "made:name"}}},
    }
    zones = [{"ParameterKey": "Zones", "ParameterValue": "a, b"}]

    assert stacks.bring("resolved", template, Parameters=zones) == "CREATE_COMPLETE"

    found = {one["Name"]: one["Value"] for one in ssm.get_parameters_by_path(Path="/made")["Parameters"]}
    assert found == {
        "/made/first": f"{NEAR}-large-x",
        "/made/last": f"{NEAR}-large-x|b|end",
        "/made/rate": "7",
        "/made/word": "s3cret",
        "/made/some": "less",
    }
    assert stacks.outputs("resolved") == {"Name": "/made/first"}
    imported = {"Resources": {"Of": parameter("/imported", {"Fn::ImportValue": "made:name"})}}
    assert stacks.bring("importing", imported) == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="in use by importing"):
        stacks.api.delete_stack(StackName="resolved")


def test_an_update_shows_its_changes_makes_them_and_then_there_are_none(stacks: Stacks, stage: Stage) -> None:
    before = {"Resources": {"Stays": queue("stays"), "Changes": parameter("/up/one", "1"), "Goes": queue("goes")}}
    after = {
        "Resources": {
            "Stays": queue("stays"),
            "Changes": parameter("/up/one", "2"),
            "Comes": parameter("/up/named", "x"),
        }
    }
    replaced = {"Resources": {**after["Resources"], "Comes": parameter("/up/renamed", "x")}}
    assert stacks.bring("updated", before) == "CREATE_COMPLETE"

    plan = stacks.planned("updated", after, "UPDATE")
    changes = [one["ResourceChange"] for one in plan["Changes"]]
    assert [(one["Action"], one["LogicalResourceId"], one.get("Replacement")) for one in changes] == [
        ("Modify", "Changes", "False"), ("Add", "Comes", None), ("Remove", "Goes", None),
    ]  # fmt: skip
    assert stacks.bring("updated", after, "UPDATE") == "UPDATE_COMPLETE"
    ssm = stage.aws("ssm", NEAR)
    assert ssm.get_parameter(Name="/up/one")["Parameter"]["Value"] == "2"
    with pytest.raises(ClientError, match="NonExistentQueue"):
        stage.aws("sqs", NEAR).get_queue_url(QueueName="goes")

    [renamed] = [one["ResourceChange"] for one in stacks.planned("updated", replaced, "UPDATE")["Changes"]]
    assert renamed["Replacement"] == "True"
    assert stacks.bring("updated", replaced, "UPDATE") == "UPDATE_COMPLETE"
    assert [one["Name"] for one in ssm.get_parameters_by_path(Path="/up")["Parameters"]] == ["/up/one", "/up/renamed"]

    again = stacks.planned("updated", replaced, "UPDATE")
    assert (again["Status"], again["Changes"]) == ("FAILED", [])
    assert "didn't contain changes" in again["StatusReason"]


def test_what_fails_is_named_and_everything_goes_back_but_what_is_retained(stacks: Stacks, stage: Stage) -> None:
    kept = queue("kept-queue", DeletionPolicy="Retain")
    only_later = queue("later-queue", DeletionPolicy="RetainExceptOnCreate")
    failing = parameter("/fails", "x", DependsOn=["Kept", "Later"])
    template = {"Resources": {"Kept": kept, "Later": only_later, "Fails": failing}}
    fault = stage.world.add_fault("error_before", service="ssm", operation="PutParameter", region=NEAR)

    assert stacks.bring("failing", template) == "ROLLBACK_COMPLETE"

    stage.world.remove_fault(fault)
    (name, status, reason), (skipped, how, _) = stacks.told("failing")
    assert (name, status, skipped, how) == ("Fails", "CREATE_FAILED", "Kept", "DELETE_SKIPPED")
    assert "InternalFailure" in reason
    sqs = stage.aws("sqs", NEAR)
    assert sqs.get_queue_url(QueueName="kept-queue")["QueueUrl"]
    with pytest.raises(ClientError, match="NonExistentQueue"):
        sqs.get_queue_url(QueueName="later-queue")
    with pytest.raises(ClientError, match="ROLLBACK_COMPLETE state and can not be updated"):
        stacks.planned("failing", template, "UPDATE")
    stacks.api.delete_stack(StackName="failing")
    with pytest.raises(ClientError, match="does not exist"):
        stacks.seen("failing")


def test_a_failed_update_leaves_the_stack_as_it_was(stacks: Stacks, stage: Stage) -> None:
    before = {"Resources": {"One": parameter("/back/one", "1")}}
    after = {"Resources": {"One": parameter("/back/one", "2"), "Two": queue("back-two", DependsOn=["One"])}}
    assert stacks.bring("back", before) == "CREATE_COMPLETE"
    fault = stage.world.add_fault("denied", service="sqs", operation="CreateQueue", region=NEAR)

    assert stacks.bring("back", after, "UPDATE") == "UPDATE_ROLLBACK_COMPLETE"

    stage.world.remove_fault(fault)
    assert stage.aws("ssm", NEAR).get_parameter(Name="/back/one")["Parameter"]["Value"] == "1"
    assert stacks.bring("back", after, "UPDATE") == "UPDATE_COMPLETE"
    assert {one["LogicalResourceId"] for one in stacks.api.list_stack_resources(StackName="back")[
        "StackResourceSummaries"]} == {"One", "Two"}  # fmt: skip


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"Resources": {"X": {"Type": "AWS::Nowhere::Thing"}}}, "AWS::Nowhere::Thing"),
        ({"Resources": {"X": parameter("/x", {"Fn::GetAtt": ["Y", "Arn"]}), "Y": queue("y")}}, None),
    ],
)
def test_an_unknown_type_is_refused_by_its_name_and_makes_nothing(
    stacks: Stacks, template: Json, told: str | None
) -> None:
    name = "unknown" if told else "known"
    status = stacks.bring(name, template)
    events = stacks.api.describe_stack_events(StackName=name)["StackEvents"]
    reasons = " ".join(one.get("ResourceStatusReason", "") for one in events)
    assert status == ("ROLLBACK_COMPLETE" if told else "CREATE_COMPLETE")
    assert (told in reasons) if told else ("Unrecognized" not in reasons)
    assert len(stacks.api.describe_stack_resources(StackName=name)["StackResources"]) == (0 if told else 2)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ({"Resources": {}}, "At least one Resources member"),
        ({"Resources": {"X": parameter("/x", {"Ref": "Nobody"})}}, "Unresolved resource dependencies"),
        ({"Parameters": {"P": {"Type": "String"}}, "Resources": {"X": queue("x")}}, "must have values"),
        (
            {"Resources": {"A": parameter("/a", {"Ref": "B"}), "B": parameter("/b", {"Ref": "A"})}},
            "Circular dependency",
        ),
        (
            {
                "Rules": {"Never": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}, "AssertDescription": "no"}]}},
                "Resources": {"X": queue("x")},
            },
            "Template validation error: no",
        ),
    ],
)
def test_a_wrong_template_is_refused_before_anything_is_made(stacks: Stacks, template: Json, told: str) -> None:
    with pytest.raises(ClientError, match=told):
        stacks.planned("wrong", template, "CREATE")


def test_a_database_of_two_regions_a_service_and_a_record_live_as_seeded_ones_do(stage: Stage) -> None:
    near, far = Stacks(stage), Stacks(stage, FAR)
    cluster = {"Engine": "aurora-postgresql", "EngineVersion": "16.6", "StorageEncrypted": True}
    instance = {"Engine": "aurora-postgresql", "DBInstanceClass": "db.r6g.large", "DBClusterIdentifier": {"Ref": "C"}}
    first = {
        "Resources": {
            "C": {"Type": "AWS::RDS::DBCluster", "Properties": {
                **cluster, "DBClusterIdentifier": "built-near", "MasterUsername": "root",
                "MasterUserPassword": "long-enough"}},
            "I": {"Type": "AWS::RDS::DBInstance", "Properties": instance},
            "G": {"Type": "AWS::RDS::GlobalCluster", "Properties": {
                "GlobalClusterIdentifier": "built",
                "SourceDBClusterIdentifier": {"Fn::GetAtt": ["C", "DBClusterArn"]}}},
        }
    }  # fmt: skip
    second = {"Resources": {
        "C": {"Type": "AWS::RDS::DBCluster", "Properties": {
            **cluster, "DBClusterIdentifier": "built-far", "GlobalClusterIdentifier": "built"}},
        "I": {"Type": "AWS::RDS::DBInstance", "Properties": instance},
    }}  # fmt: skip
    assert near.bring("data", first) == "CREATE_COMPLETE"
    assert far.bring("data", second) == "CREATE_COMPLETE"

    rds = stage.aws("rds", FAR)
    [seen] = [
        one for one in rds.describe_global_clusters()["GlobalClusters"] if one["GlobalClusterIdentifier"] == "built"
    ]
    writers = {one["DBClusterArn"].split(":")[3]: one["IsWriter"] for one in seen["GlobalClusterMembers"]}
    assert writers == {NEAR: True, FAR: False}
    target = f"arn:aws:rds:{FAR}:123456789012:cluster:built-far"
    stage.aws("rds", NEAR).switchover_global_cluster(GlobalClusterIdentifier="built", TargetDbClusterIdentifier=target)
    stage.advance(150)
    [moved] = rds.describe_global_clusters(GlobalClusterIdentifier="built")["GlobalClusters"]
    assert [one["DBClusterArn"] for one in moved["GlobalClusterMembers"] if one["IsWriter"]] == [target]


def test_a_dead_region_answers_nothing_and_a_stack_of_another_cannot_be_made_of_it(stage: Stage) -> None:
    far = stage.world.add_fault("region_down", region=FAR)
    key = {"Type": "AWS::KMS::ReplicaKey", "Properties": {
        "PrimaryKeyArn": f"arn:aws:kms:{FAR}:123456789012:key/mrk-1", "KeyPolicy": {}}}  # fmt: skip
    assert Stacks(stage).bring("replica", {"Resources": {"K": key}}) == "ROLLBACK_COMPLETE"
    assert "ServiceUnavailable" in Stacks(stage).told("replica")[0][2]
    stage.world.remove_fault(far)
