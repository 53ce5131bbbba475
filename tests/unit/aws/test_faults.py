"""An error of botocore becomes one short line, and says whether the call may have worked."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
)

from dr_core.aws.faults import AwsFault, aws_errors, is_gone, outcome_unknown, translate
from dr_core.errors import (
    ConfigError,
    DeniedError,
    DrError,
    LeaseLostError,
    RejectedError,
    ThrottledError,
    UnreachableError,
)


def answer(code: str, message: str = "", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "FailoverGlobalCluster",
    )


def translated(error: Exception) -> DrError:
    return translate(error, service="rds", region="eu-west-1", operation="FailoverGlobalCluster")


@pytest.mark.parametrize(
    ("code", "status", "kind", "unknown"),
    [
        ("Throttling", 400, ThrottledError, False),
        ("SlowDown", 503, ThrottledError, False),
        ("TooManyRequestsException", 429, ThrottledError, False),
        ("ExpiredToken", 403, DeniedError, False),
        ("InvalidClientTokenId", 403, DeniedError, False),
        ("AccessDenied", 403, DeniedError, False),
        ("403", 403, DeniedError, False),
        ("InternalFailure", 500, UnreachableError, True),
        ("ServiceUnavailable", 503, UnreachableError, True),
        ("RequestTimeout", 400, UnreachableError, True),
        ("InvalidGlobalClusterStateFault", 400, RejectedError, False),
        ("DBClusterNotFoundFault", 404, RejectedError, False),
    ],
)
def test_each_answer_of_aws_has_its_class(code: str, status: int, kind: type[DrError], unknown: bool) -> None:
    fault = translated(answer(code, "no", status))
    assert isinstance(fault, kind)
    assert isinstance(fault, AwsFault)
    assert fault.aws_code == code
    assert outcome_unknown(fault) is unknown
    assert "rds FailoverGlobalCluster in eu-west-1" in str(fault)


@pytest.mark.parametrize(
    ("error", "kind", "unknown"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), UnreachableError, False),
        (ConnectTimeoutError(endpoint_url="https://x"), UnreachableError, False),
        (ReadTimeoutError(endpoint_url="https://x"), UnreachableError, True),
        (ConnectionClosedError(endpoint_url="https://x"), UnreachableError, True),
        (NoCredentialsError(), DeniedError, False),
        (ParamValidationError(report="Missing X"), RejectedError, False),
        (ProfileNotFound(profile="x"), ConfigError, False),
        (BotoCoreError(), UnreachableError, False),
        (LeaseLostError("lost"), LeaseLostError, False),
    ],
)
def test_each_way_of_not_answering_has_its_class(error: Exception, kind: type[DrError], unknown: bool) -> None:
    fault = translated(error)
    assert isinstance(fault, kind)
    assert outcome_unknown(fault) is unknown
    assert "\n" not in str(fault)


def test_a_denial_names_action_and_resource() -> None:
    fault = translated(
        answer(
            "AccessDenied",
            "User: arn:aws:sts::111122223333:assumed-role/dr/dr-bot is not authorized to perform: "
            "rds:FailoverGlobalCluster on resource: arn:aws:rds::111122223333:global-cluster:shop because no policy "
            "allows it",
            403,
        )
    )
    assert (
        "permission is missing for rds:FailoverGlobalCluster on arn:aws:rds::111122223333:global-cluster:shop."
        in str(fault)
    )
    assert "rds:FailoverGlobalCluster." in str(translated(answer("AccessDenied", "", 403)))


def test_messages_are_one_short_line_without_keys_and_request_ids() -> None:
    fault = translated(
        answer("InvalidX", "bad\n\u202ething AKIAABCDEFGHIJKLMNOP (Service: Rds; Request ID: 1-2-3)" + "y" * 500)
    )
    assert "\n" not in str(fault)
    assert "\u202e" not in str(fault)
    assert "ABCDEFGHIJKLMNOP" not in str(fault)
    assert "1-2-3" not in str(fault)
    assert len(str(fault)) < 320


@pytest.mark.parametrize(
    ("code", "gone"), [("NoSuchKey", True), ("ParameterNotFound", True), ("404", True), ("AccessDenied", False)]
)
def test_gone_is_told_from_every_other_refusal(code: str, gone: bool) -> None:
    assert is_gone(translated(answer(code))) is gone
    assert not is_gone(ValueError("NotFound"))


def test_around_a_call_the_cause_is_kept_and_foreign_errors_pass() -> None:
    cause = answer("Throttling")
    with pytest.raises(ThrottledError) as caught, aws_errors("rds", "eu-west-1", "X"):
        raise cause
    assert caught.value.__cause__ is cause
    with pytest.raises(ZeroDivisionError), aws_errors("rds", "eu-west-1", "X"):
        raise ZeroDivisionError


def test_as_a_decorator_it_works_for_every_call_anew() -> None:
    @aws_errors("rds", "eu-west-1", "X")
    def call() -> None:
        raise answer("NoSuchKey")

    for _ in range(2):
        with pytest.raises(RejectedError):
            call()
