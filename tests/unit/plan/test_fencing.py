"""What AWS offers to our changing calls: no idempotency tokens so far, and the conditions that we use."""

from dataclasses import replace

import botocore.session
import pytest

from dr_core.capacity.eks import token
from dr_core.claim import Claim
from tests.shape.fencing import calls, rows

CALLS = sorted({(call, row["condition"]) for row in rows().values() for call in calls(row)})
CLIENTS = {"s3:CreateJob": "s3control"}
OPERATIONS = {"lambda:InvokeFunction": "Invoke"}
"""Where the boto3 client, or its operation, is named unlike the action."""


@pytest.fixture(scope="module")
def session():
    return botocore.session.get_session()


@pytest.mark.parametrize(("call", "condition"), CALLS)
def test_no_call_has_a_token_that_we_leave_out(session, call, condition):
    """Fails when an SDK update brings one: then the claim's token belongs there, and the table says so."""
    service, operation = call.split(":")
    model = session.get_service_model(CLIENTS.get(call, service)).operation_model(OPERATIONS.get(call, operation))
    tokens = {name for name in model.input_shape.members if "token" in name.lower()} | {*model.idempotent_members}
    assert {name for name in tokens if f"`{name}`" not in condition} == set()


@pytest.mark.parametrize(("operation", "condition"), [("PutObject", "IfNoneMatch"), ("DeleteObject", "IfMatch")])
def test_s3_has_the_conditions_that_the_take_over_object_needs(session, operation, condition):
    assert condition in session.get_service_model("s3").operation_model(operation).input_shape.members


def test_every_owner_of_a_step_has_one_token_for_one_version_of_a_node_group():
    """So the late one of two updates does nothing; test_late_owners plays it."""
    read = {"nodegroupArn": "arn:a", "scalingConfig": {"minSize": 0, "maxSize": 8, "desiredSize": 4}, "modifiedAt": 1}
    once = Claim("token", "run-a", 1)
    others = (
        (replace(once, token="another"), read),
        (once, read | {"nodegroupArn": "arn:b"}),
        (once, read | {"scalingConfig": {"minSize": 0, "maxSize": 8, "desiredSize": 5}}),
        (once, read | {"modifiedAt": 2}),
    )
    assert token(once, dict(reversed(read.items()))) == token(replace(once, epoch=2), read)
    assert len({token(once, read), *(token(*other) for other in others)}) == 5
