"""An error of botocore as one of ours, short, and with the one fact that matters after it: may the call have worked?"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    SSLError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from dr_core.errors import ConfigError, DeniedError, DrError, RejectedError, ThrottledError, UnreachableError
from dr_core.plain import plain_line


class AwsFault:
    """What an error from AWS carries besides its message: AWS's code, and whether the call may have taken effect."""

    aws_code: str | None = None
    outcome_unknown: bool = False


class AwsUnreachableError(AwsFault, UnreachableError):
    """AWS did not answer, or failed inside. With `outcome_unknown` the call may have worked: observe before acting."""


class AwsThrottledError(AwsFault, ThrottledError):
    """AWS asks for fewer calls."""


class AwsDeniedError(AwsFault, DeniedError):
    """Credentials are missing, expired or lack a permission."""


class AwsRejectedError(AwsFault, RejectedError):
    """AWS understood the call and refused it."""


def outcome_unknown(error: BaseException) -> bool:
    """Whether the call that ended in `error` may have taken effect nevertheless."""
    return isinstance(error, AwsFault) and error.outcome_unknown


def is_gone(error: BaseException) -> bool:
    """Whether AWS said that the thing does not exist."""
    code = error.aws_code if isinstance(error, AwsFault) else None
    return code is not None and ("NotFound" in code or code.startswith("NoSuch") or code == "404")


@dataclass
class CallRecord:
    """What happened to the attempts of the call under way. Mutable: the hooks write it, the translation reads it."""

    doubtful: bool = False


# The record of the call that this thread (or task) is making; the hooks of `session.py` find it here.
current_call: ContextVar[CallRecord | None] = ContextVar("current_aws_call", default=None)

_NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
_MAYBE_SENT = (HTTPClientError, SSLError, ResponseParserError, IncompleteReadError)
_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, TokenRetrievalError, UnauthorizedSSOTokenError)
_THROTTLED = frozenset({
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "SlowDown",
    "BandwidthLimitExceeded", "PriorRequestNotComplete", "EC2ThrottledException", "TransactionInProgressException",
})  # fmt: skip
_EXPIRED = frozenset({
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidToken", "InvalidClientTokenId",
    "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException",
    "IncompleteSignature", "AuthFailure", "TokenRefreshRequired", "MissingAuthenticationToken",
})  # fmt: skip
_DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess", "AuthorizationError",
    "AuthorizationErrorException", "NotAuthorized", "Forbidden", "403", "OptInRequired", "KMSAccessDeniedException",
})  # fmt: skip
_TRANSIENT = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalFailure", "InternalError"})
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)(?:.*?on resource:? (\S+))?", re.DOTALL)
_NOISE = re.compile(r"\s*\(?(Service|Request ?ID|Extended Request ID|Host ID|Proxy)\s*[:=][^)]*\)?", re.IGNORECASE)
_KEY_ID = re.compile(r"\b(A[KS]IA)[A-Z0-9]{12,}")


def attempt_is_doubtful(status: int | None, code: str | None, exception: BaseException | None) -> bool:
    """Whether one attempt may have had its effect although it failed: no answer, or an error inside AWS."""
    if exception is not None:
        return isinstance(exception, _MAYBE_SENT) and not isinstance(exception, _NEVER_SENT)
    return code in _TRANSIENT or (status is not None and status >= 500 and code not in _THROTTLED)


@contextmanager
def aws_errors(service: str, region: str, operation: str) -> Iterator[None]:
    """Around one call (also as a decorator): what botocore raises leaves as one of our errors, the cause kept."""
    record = CallRecord()
    token = current_call.set(record)
    try:
        yield
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        fault = translate(error, service=service, region=region, operation=operation)
        if isinstance(fault, AwsFault):
            fault.outcome_unknown = fault.outcome_unknown or record.doubtful
        raise fault from error
    finally:
        current_call.reset(token)


def translate(error: Exception, *, service: str, region: str, operation: str) -> DrError:
    """`error` of botocore -> one of ours with a message of one line. One of ours stays as it is."""
    where = f"{service} {operation} in {region}"
    if isinstance(error, DrError):
        return error
    if isinstance(error, ClientError):
        return _from_answer(error, service, operation, where)
    if isinstance(error, _CREDENTIALS):
        return AwsDeniedError(f"{where}: no usable AWS credentials were found.", hint="Set AWS_PROFILE or a role.")
    if isinstance(error, ProfileNotFound):
        return ConfigError(f"AWS_PROFILE: {_short(str(error))}")
    if isinstance(error, ParamValidationError):
        return AwsRejectedError(f"{where}: the request is not valid: {_short(str(error))}")
    fault = AwsUnreachableError(f"{where} {_why_unreachable(error)}.")
    fault.outcome_unknown = attempt_is_doubtful(None, None, error)
    return fault


def _why_unreachable(error: Exception) -> str:
    if isinstance(error, ConnectTimeoutError):
        return "could not be reached: connecting timed out"
    if isinstance(error, _NEVER_SENT):
        return "could not be reached: no connection"
    name = type(error).__name__
    if name == "ReadTimeoutError":
        return "did not answer in time"
    if name == "ConnectionClosedError":
        return "closed the connection without an answer"
    if name == "SSLError":
        return "could not be reached: TLS failed"
    return f"failed: {_short(str(error))}"


def _from_answer(error: ClientError, service: str, operation: str, where: str) -> DrError:
    code, status = answer_code(error.response)
    message = _short(str(error.response.get("Error", {}).get("Message", "")))
    fault: AwsUnreachableError | AwsThrottledError | AwsDeniedError | AwsRejectedError
    if code in _THROTTLED or status == 429:
        fault = AwsThrottledError(f"{where} is throttled ({code}).", hint="It is tried again later.")
    elif code in _EXPIRED:
        fault = AwsDeniedError(f"{where}: the AWS credentials are expired or not valid ({code}).", hint="Renew them.")
    elif code in _DENIED:
        fault = AwsDeniedError(_denied(message, service, operation, where))
    elif attempt_is_doubtful(status, code, None):
        fault = AwsUnreachableError(f"{where} failed inside AWS ({code}, HTTP {status}).")
        fault.outcome_unknown = True
    else:
        fault = AwsRejectedError(f"{where} was refused: {code}{': ' + message if message else ''}")
    fault.aws_code = code
    return fault


def answer_code(response: object) -> tuple[str, int]:
    """Error code and HTTP status of a parsed answer of botocore; the code is the status where AWS sent none."""
    parsed = response if isinstance(response, dict) else {}
    status = int(parsed.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    return str(parsed.get("Error", {}).get("Code") or status), status


def _denied(message: str, service: str, operation: str, where: str) -> str:
    match = _ACTION.search(message)
    action = match[1] if match else f"{service}:{operation}"
    resource = f" on {match[2].rstrip('.,')}" if match and match[2] else ""
    return f"{where}: permission is missing for {action}{resource}."


def _short(text: str) -> str:
    """One line without control characters, request ids and key ids, at most 200 characters."""
    return plain_line(_KEY_ID.sub(r"\1...", _NOISE.sub(" ", plain_line(text))), 200)
