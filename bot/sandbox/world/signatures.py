"""Whether a request was signed with a secret, as AWS tells it: signature version 4, recomputed by botocore.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bot.sandbox.world.api import AwsError

_SKEW = timedelta(minutes=15)
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/\s]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,\s*"
    r"SignedHeaders=(?P<signed>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True)
class SignedHttp:
    """A request as it arrived; the names of `headers` are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def signed_http(environ: dict[str, Any], body: bytes) -> SignedHttp:
    """The request behind a WSGI environment."""
    headers = {key[5:].replace("_", "-").lower(): str(v) for key, v in environ.items() if key.startswith("HTTP_")}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        headers |= {name.replace("_", "-").lower(): str(environ[name])} if environ.get(name) else {}
    return SignedHttp(
        environ["REQUEST_METHOD"], environ.get("PATH_INFO") or "/", environ.get("QUERY_STRING", ""), headers, body
    )


def fault_of(request: SignedHttp, access_key: str, secret: str, token: str | None) -> AwsError | None:
    """The error that STS gives for this request; None when its signature holds."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    date = request.headers.get("x-amz-date", "")
    if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", date) or not date.startswith(found["day"]):
        return AwsError("IncompleteSignature", "The request signature does not conform to AWS standards.", 400)
    names = found["signed"].split(";")
    amazon = {name for name in request.headers if name.startswith("x-amz-")}
    if "host" not in names or not amazon <= {*names} or not {*names} <= request.headers.keys():
        return AwsError("SignatureDoesNotMatch", "'Host' and every 'x-amz-' header must be a signed header.", 403)
    if token is not None and request.headers.get("x-amz-security-token") != token:
        return AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
    # Signatures are made on real time, whatever the clock of the world says.
    at, now = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), datetime.now(UTC)
    if abs(now - at) > _SKEW:
        return AwsError("SignatureDoesNotMatch", f"Signature expired: {date} is not within 15 minutes of now.", 403)
    if not hmac.compare_digest(_signature(request, found, names, access_key, secret), found["signature"]):
        return AwsError("SignatureDoesNotMatch", _MISMATCH, 403)
    return None


def _signature(request: SignedHttp, found: re.Match[str], names: list[str], access_key: str, secret: str) -> str:
    """As botocore would have signed exactly these headers at that date."""
    url = f"http://{request.headers['host']}{request.path}{'?' if request.query else ''}{request.query}"
    headers = {name: request.headers[name] for name in names}
    again = AWSRequest(method=request.method, url=url, data=request.body, headers=headers)
    again.context["timestamp"] = request.headers["x-amz-date"]
    auth = SigV4Auth(Credentials(access_key, secret), found["service"], found["region"])
    text = auth.string_to_sign(again, auth.canonical_request(again))
    return str(auth.signature(text, again))
