"""docs/steps.md is the catalogue; in it every action is one of AWS, and nothing that is changed lacks its undo."""

from functools import cache

import botocore.session
import pytest

from dr_core.plan.kind import Kind
from dr_core.plan.steps import KINDS
from dr_core.readiness.actions import OBSERVED
from tests.shape import steps

# Where an IAM prefix is not the name of the boto3 client that has its operations, or not of the only one.
CLIENTS = {"s3": ("s3", "s3control"), "servicequotas": ("service-quotas",)}
# Actions that no operation is named after, with the operations that they allow, as the pages of "Actions, resources,
# and condition keys" of the service say: https://docs.aws.amazon.com/service-authorization/latest/reference/
NAMED_OTHERWISE = {
    "s3:ListBucket": "ListObjectsV2",
    "s3:GetReplicationConfiguration": "GetBucketReplication",
    "s3:PutReplicationConfiguration": "PutBucketReplication",
    "lambda:InvokeFunction": "Invoke",
}
# Actions that guard no operation of their own.
GUARDS_ONLY = {"iam:PassRole"}


@cache
def operations(prefix: str) -> frozenset[str]:
    session = botocore.session.get_session()
    models = [session.get_service_model(client) for client in CLIENTS.get(prefix, (prefix,))]
    return frozenset(name for model in models for name in model.operation_names)


READ = (action for actions in OBSERVED.values() for action in actions)
ACTIONS = sorted({*READ, *(action for kind in KINDS.values() for action in kind.actions)} - GUARDS_ONLY)


def test_the_page_is_printed_from_the_catalogue() -> None:
    """`python -m tests.shape.steps` after a change."""
    assert steps.PAGE.read_text(encoding="utf-8") == steps.page()


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_one_of_aws(action: str) -> None:
    prefix, _, name = action.partition(":")
    assert NAMED_OTHERWISE.get(action, name) in operations(prefix)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_a_kind_says_of_itself_all_that_people_decide_by(kind: Kind) -> None:
    assert kind.does.endswith(".")
    assert kind.deadline_s > 0
    assert not (kind.irreversible and kind.back), "it can be undone, or it cannot"
    assert kind.published is None or kind.published.seconds > 0
    assert kind.published is None or kind.published.basis.startswith("published: ")


def test_an_action_that_aws_does_not_have_would_be_seen() -> None:
    assert "FailoverGlobalCluster" in operations("rds")
    assert "PromoteGlobalWriterDB" not in operations("rds")
