"""Who signs: one process signs a GetCallerIdentity request, another sends it to STS and so learns who signed it.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.exceptions import BotoCoreError, ProfileNotFound
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError, create_parser
from botocore.utils import get_environ_proxies

from dr_core.errors import ConfigError, DeniedError, UnreachableError

METHOD = "POST"
BODY = "Action=GetCallerIdentity&Version=2011-06-15"
CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
_ARN = re.compile(r"arn:aws[a-z-]*:(iam|sts)::\d{12}:.+")


@dataclass(frozen=True)
class Endpoint:
    """One STS: where it answers, and the region that requests to it are signed for."""

    url: str
    region: str

    @property
    def host(self) -> str:
        """What the signed Host header must be."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Caller:
    """Whose credentials signed, as AWS says."""

    arn: str
    account: str


def endpoints(regions: Iterable[str], override: str | None = None) -> tuple[Endpoint, ...]:
    """The regional STS of each region, never the global one; `override` is AWS_ENDPOINT_URL, which wins."""
    chosen = tuple(dict.fromkeys(regions))
    if override is not None:
        return (Endpoint(f"{override.rstrip('/')}/", chosen[0]),)
    return tuple(Endpoint(f"https://sts.{region}.amazonaws.com{_suffix(region)}/", region) for region in chosen)


def _suffix(region: str) -> str:
    return ".cn" if region.startswith("cn-") else ""


class Signer:
    """This process's own credentials, found as boto3 finds them."""

    def __init__(self) -> None:
        """DeniedError where there are none, ConfigError where the named profile does not exist."""
        try:
            credentials = botocore.session.Session().get_credentials()
            self._credentials = credentials and credentials.get_frozen_credentials()
        except ProfileNotFound as error:
            raise ConfigError("AWS_PROFILE names a profile that does not exist.") from error
        except BotoCoreError as error:
            raise DeniedError(f"The AWS credentials cannot be used: {error}.") from error
        if not self._credentials:
            raise DeniedError("There are no AWS credentials here.", hint="Log in to AWS, or set AWS_PROFILE.")

    def sign(self, endpoint: Endpoint, extra: Mapping[str, str]) -> dict[str, str]:
        """The headers of a signed GetCallerIdentity request to `endpoint`; `extra` ones are signed with it."""
        headers = {"Host": endpoint.host, "Content-Type": CONTENT_TYPE, **extra}
        request = AWSRequest(method=METHOD, url=endpoint.url, data=BODY, headers=headers)
        SigV4Auth(self._credentials, "sts", endpoint.region).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}


def ask(endpoint: Endpoint, headers: Mapping[str, str], *, connect_s: float = 2.0, answer_s: float = 4.0) -> Caller:
    """Send a signed request and read who signed it.

    DeniedError where STS refuses the signature, UnreachableError where it does not answer.
    """
    prepared = AWSPreparedRequest(METHOD, endpoint.url, dict(headers), BODY.encode("ascii"), False)
    trusted = botocore.session.Session().get_config_variable("ca_bundle") or True  # AWS_CA_BUNDLE, else certifi's
    http = URLLib3Session(verify=trusted, timeout=(connect_s, answer_s), proxies=get_environ_proxies(endpoint.url))
    try:
        response = http.send(prepared)
        status, body = int(response.status_code), bytes(response.content)
    except BotoCoreError as error:
        raise UnreachableError(f"STS at {endpoint.host} does not answer ({type(error).__name__}).") from error
    finally:
        http.close()
    return _caller(endpoint, status, _parsed(endpoint, status, body))


def _parsed(endpoint: Endpoint, status: int, body: bytes) -> dict[str, Any]:
    try:
        answer = {"headers": {}, "body": body, "status_code": status}
        found: dict[str, Any] = create_parser("query").parse(answer, _shape())
    except (ResponseParserError, LookupError) as error:  # a result that is not there is looked up blindly
        raise UnreachableError(f"STS at {endpoint.host} answered {status} in no form that is its own.") from error
    return found


@lru_cache(maxsize=1)
def _shape() -> Any:
    return botocore.session.Session().get_service_model("sts").operation_model("GetCallerIdentity").output_shape


def _caller(endpoint: Endpoint, status: int, answer: Mapping[str, Any]) -> Caller:
    if status >= 500:
        raise UnreachableError(f"STS at {endpoint.host} answered {status}.")
    if status != 200:
        error = answer.get("Error", {})
        raise DeniedError(f"STS refuses the signature: {error.get('Code', status)}: {error.get('Message', '')}")
    arn, account = str(answer.get("Arn", "")), str(answer.get("Account", ""))
    if not _ARN.fullmatch(arn) or arn.split(":")[4] != account:
        raise UnreachableError(f"STS at {endpoint.host} named no caller.")
    return Caller(arn, account)
