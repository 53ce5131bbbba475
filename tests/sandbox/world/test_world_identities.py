"""The simulated STS believes signatures only, so that what fools it would fool AWS."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore import auth
from botocore.exceptions import ClientError

ADA = "arn:aws:iam::111122223333:user/ada"


@pytest.fixture(scope="module")
def stage(play_module):
    return play_module()


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_the_right_key_with_a_wrong_secret_is_nobody(stage):
    key, secret = stage.world.credentials(ADA)
    with pytest.raises(ClientError) as caught:
        stage.aws("sts", "eu-west-1", keys=(key, secret[::-1])).get_caller_identity()
    assert code(caught) == "SignatureDoesNotMatch"


def test_a_key_that_was_never_given_out_is_nobody(stage):
    with pytest.raises(ClientError) as caught:
        stage.aws("sts", "eu-west-1", keys=("AKIA0000000000000000", "x")).get_caller_identity()
    assert code(caught) == "InvalidClientTokenId"


def test_a_signature_of_an_hour_ago_has_expired(stage, monkeypatch):
    stale = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    monkeypatch.setattr(auth, "get_current_datetime", lambda: stale)
    with pytest.raises(ClientError, match="Signature expired"):
        stage.aws("sts", "eu-west-1", keys=stage.world.credentials(ADA)).get_caller_identity()


def test_temporary_keys_need_their_token(stage):
    sts = stage.aws("sts", "eu-west-1", keys=stage.world.credentials(ADA))
    made = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/ops", RoleSessionName="s1")["Credentials"]
    with pytest.raises(ClientError) as caught:
        stage.aws("sts", "eu-west-1", keys=(made["AccessKeyId"], made["SecretAccessKey"])).get_caller_identity()
    assert code(caught) == "InvalidClientTokenId"


def test_a_person_whose_principal_is_a_role_signs_as_a_session_of_it(stage):
    sts = stage.aws("sts", "eu-west-1", keys=stage.world.credentials("arn:aws:iam::111122223333:role/team/grace"))
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/grace/sandbox"
