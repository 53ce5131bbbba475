"""The simulated STS believes signatures only, so that what fools it would fool AWS."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore import auth
from botocore.exceptions import ClientError

from bot.sandbox.world.identities import Identities

ADA = "arn:aws:iam::111122223333:user/ada"
OPS = "arn:aws:iam::111122223333:role/ops"


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


def assumed(stage, **more):
    """Keys of a session of the role, as (access key, secret, token)."""
    sts = stage.aws("sts", "eu-west-1", keys=stage.world.credentials(ADA))
    made = sts.assume_role(RoleArn=OPS, RoleSessionName="s1", **more)["Credentials"]
    return made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]


def test_temporary_keys_need_their_token(stage):
    stage.world.part(Identities).trust(OPS)
    with pytest.raises(ClientError) as caught:
        stage.aws("sts", "eu-west-1", keys=assumed(stage)[:2]).get_caller_identity()
    assert code(caught) == "InvalidClientTokenId"


def test_a_role_is_assumed_with_its_external_id_and_by_nobody_once_it_is_gone(stage):
    roles = stage.world.part(Identities)
    roles.trust(OPS, "agreed")
    assert assumed(stage, ExternalId="agreed")
    for wrong in ({}, {"ExternalId": "guessed"}):
        with pytest.raises(ClientError, match=f"not authorized to perform: sts:AssumeRole on resource: {OPS}"):
            assumed(stage, **wrong)
    roles.distrust(OPS)
    with pytest.raises(ClientError) as caught:
        assumed(stage, ExternalId="agreed")
    assert code(caught) == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "listing", "name"),
    [("ecs", "list_clusters", "ExpiredTokenException"), ("rds", "describe_db_clusters", "ExpiredToken"),
     ("s3", "list_buckets", "ExpiredToken")],
)  # fmt: skip
def test_a_session_ends_after_an_hour_for_every_service(stage, service, listing, name):
    stage.world.part(Identities).trust(OPS)
    client = stage.aws(service, "eu-west-1", keys=assumed(stage))
    getattr(client, listing)()
    stage.clock.advance(3600)
    with pytest.raises(ClientError) as caught:
        getattr(client, listing)()
    assert code(caught) == name


def test_a_person_whose_principal_is_a_role_signs_as_a_session_of_it(stage):
    sts = stage.aws("sts", "eu-west-1", keys=stage.world.credentials("arn:aws:iam::111122223333:role/team/grace"))
    assert sts.get_caller_identity()["Arn"] == "arn:aws:sts::111122223333:assumed-role/grace/sandbox"
