"""What AWS offers to our changing calls: no idempotency tokens so far, and the conditions that we use."""

import botocore.session
import pytest

from tests.shape.fencing import rows

CALLS = sorted({row["call"].strip("`") for row in rows().values() if row["call"].startswith("`")})


@pytest.fixture(scope="module")
def session():
    return botocore.session.get_session()


@pytest.mark.parametrize("call", CALLS)
def test_no_call_has_a_token_that_we_leave_out(session, call):
    """Fails when an SDK update brings one: then the claim's token belongs there."""
    service, operation = call.split(":")
    model = session.get_service_model(service).operation_model(operation)
    assert model.idempotent_members == []
    assert not [name for name in model.input_shape.members if "token" in name.lower()]


@pytest.mark.parametrize(("operation", "condition"), [("PutObject", "IfNoneMatch"), ("DeleteObject", "IfMatch")])
def test_s3_has_the_conditions_that_the_take_over_object_needs(session, operation, condition):
    assert condition in session.get_service_model("s3").operation_model(operation).input_shape.members
