"""What counts as destructive, and what became of a stack."""

import json
from datetime import UTC, datetime

import pytest

from dr_core.doctor.result import CheckState
from infra.deploying.applying import outcome_of
from infra.deploying.changes import HOLDS, WITHOUT_STATE, Act, changes_of, not_allowed
from infra.deploying.cloudformation import Standing
from infra.deploying.validating import stack_check

EARLY, LATE = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
TABLE, TASK = "AWS::DynamoDB::GlobalTable", "AWS::ECS::TaskDefinition"


def raw(kind: str, action: str, replacement: str | None = None, policy: str | None = None) -> dict[str, object]:
    change = {
        "LogicalResourceId": "It", "ResourceType": kind, "Action": action, "Replacement": replacement,
        "PolicyAction": policy,
    }  # fmt: skip
    return {"Type": "Resource", "ResourceChange": {name: value for name, value in change.items() if value is not None}}


@pytest.mark.parametrize(
    ("entry", "act", "destructive"),
    [
        (raw(TABLE, "Add"), Act.ADD, False),
        (raw(TABLE, "Import"), Act.ADD, False),
        (raw(TABLE, "Modify", "False"), Act.CHANGE, False),
        (raw(TABLE, "Modify", "True", "ReplaceAndDelete"), Act.REPLACE, True),
        (raw(TABLE, "Modify", "True", "ReplaceAndRetain"), Act.REPLACE, True),  # what stands in for it is empty
        (raw(TABLE, "Modify", "Conditional"), Act.MAY_REPLACE, True),
        (raw(TABLE, "Dynamic"), Act.MAY_REPLACE, True),
        (raw(TABLE, "Remove", policy="Delete"), Act.REMOVE, True),
        (raw(TABLE, "Remove"), Act.REMOVE, True),  # an old answer says nothing of the policy: the worst is meant
        (raw(TABLE, "Remove", policy="Snapshot"), Act.REMOVE, True),
        (raw(TABLE, "Remove", policy="Retain"), Act.LET_GO, False),
        (raw(TASK, "Modify", "True"), Act.REPLACE, False),  # made anew with every new image
        (raw("AWS::New::Thing", "Remove"), Act.REMOVE, True),  # what nobody knows counts as if it held something
    ],
)
def test_an_act_is_destructive_where_something_may_be_lost(
    entry: dict[str, object], act: Act, destructive: bool
) -> None:
    [change] = changes_of([entry])
    assert (change.act, change.destructive) == (act, destructive)
    if destructive and change.kind in HOLDS:
        assert change.holds == HOLDS[change.kind]


def test_only_what_was_named_is_allowed() -> None:
    changes = changes_of([raw(TABLE, "Remove"), raw(TASK, "Remove")])
    assert not_allowed("shop-tables-eu-west-1", changes, ()) == ("shop-tables-eu-west-1/It",)
    assert not_allowed("shop-tables-eu-west-1", changes, {"shop-tables-eu-west-1/It"}) == ()
    assert not_allowed("shop-tables-eu-west-1", changes, {"shop-tables-eu-central-1/It"}) != ()


def test_nothing_that_holds_data_is_without_state() -> None:
    assert not HOLDS.keys() & WITHOUT_STATE


def standing(status: str, at: datetime = EARLY) -> Standing:
    return Standing("a", "eu-west-1", status, changed_at=at)


@pytest.mark.parametrize(
    ("was", "now", "ran", "expected"),
    [
        (None, None, False, "not begun"),
        (None, standing("CREATE_COMPLETE"), True, "made"),
        (None, standing("ROLLBACK_COMPLETE"), False, "failed"),
        (None, standing("CREATE_IN_PROGRESS"), False, "failed"),  # interrupted
        (standing("ROLLBACK_COMPLETE"), standing("CREATE_COMPLETE", LATE), True, "made"),
        (standing("CREATE_COMPLETE"), standing("CREATE_COMPLETE"), True, "unchanged"),
        (standing("CREATE_COMPLETE"), standing("CREATE_COMPLETE"), False, "not begun"),  # an earlier phase failed
        (standing("CREATE_COMPLETE"), standing("UPDATE_COMPLETE", LATE), True, "changed"),
        (standing("CREATE_COMPLETE"), standing("UPDATE_COMPLETE", LATE), False, "changed"),  # its neighbour failed
        (standing("UPDATE_COMPLETE"), standing("UPDATE_ROLLBACK_COMPLETE", LATE), False, "failed"),
        (standing("UPDATE_ROLLBACK_COMPLETE"), standing("UPDATE_ROLLBACK_COMPLETE"), True, "unchanged"),
        (standing("UPDATE_ROLLBACK_COMPLETE"), standing("UPDATE_ROLLBACK_COMPLETE"), False, "not begun"),
        (standing("UPDATE_ROLLBACK_FAILED"), standing("UPDATE_ROLLBACK_FAILED"), False, "failed"),
        (standing("UPDATE_ROLLBACK_COMPLETE"), standing("UPDATE_COMPLETE", LATE), True, "changed"),
    ],
)
def test_what_became_of_a_stack_follows_from_its_status(
    was: Standing | None, now: Standing | None, ran: bool, expected: str
) -> None:
    assert outcome_of(was, now, ran) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("UPDATE_COMPLETE", CheckState.OK),
        ("UPDATE_ROLLBACK_COMPLETE", CheckState.WARNING),  # what stood before stands
        ("UPDATE_ROLLBACK_FAILED", CheckState.FAILED),
        ("ROLLBACK_COMPLETE", CheckState.FAILED),
        ("UPDATE_IN_PROGRESS", CheckState.WARNING),
    ],
)
def test_an_update_that_was_undone_is_no_failure_for_ever(status: str, expected: CheckState) -> None:
    assert stack_check("a", standing(status)).state is expected


SECRET, BUCKET = "AWS::SecretsManager::Secret", "AWS::S3::Bucket"


def target(name: str, how: str, before: str = "", after: str = "") -> dict[str, str]:
    return {
        "Attribute": "Properties", "Name": name, "AttributeChangeType": how, "BeforeValue": before, "AfterValue": after
    }  # fmt: skip


def regions(*names: str) -> str:
    return json.dumps([{"Region": name, "KmsKeyId": "alias/a"} for name in names])


@pytest.mark.parametrize(
    ("kind", "target", "lost"),
    [
        (SECRET, target("ReplicaRegions", "Remove"), "copies of a secret"),
        (SECRET, target("ReplicaRegions", "Modify", regions("a", "b"), regions("a")), "copies of a secret"),
        (SECRET, target("ReplicaRegions", "Modify", regions("a"), regions("a", "b")), ""),
        (SECRET, target("ReplicaRegions", "Add"), ""),
        (SECRET, {"Attribute": "Properties", "Name": "ReplicaRegions"}, "copies of a secret"),  # no word how: the worst
        (SECRET, target("GenerateSecretString", "Add"), "made anew"),
        (SECRET, target("Description", "Modify"), ""),
        (TABLE, target("Replicas", "Modify", regions("a", "b"), regions("b")), "the items of a table"),
        (TABLE, target("BillingMode", "Modify"), ""),
        (BUCKET, target("ReplicationConfiguration", "Remove"), "copies"),
        (BUCKET, target("ReplicationConfiguration", "Add"), ""),  # the second pass of a first deployment
    ],
)
def test_a_loss_without_a_replacement_is_named_too(kind: str, target: dict[str, str], lost: str) -> None:
    entry = raw(kind, "Modify", "False")
    entry["ResourceChange"]["Details"] = [{"Target": target}]  # type: ignore[index]
    [change] = changes_of([entry])
    assert (change.act, change.destructive) == (Act.CHANGE, bool(lost))
    assert lost in change.holds
