"""The proof of a claim: signed GetCallerIdentity requests, made by the terminal, taken apart and checked by a worker.

A worker sends nothing as it came. It knows method, address and body itself, accepts a closed list of headers, and wants
the claim's hash among the signed ones, so that a proof fits one claim only.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError

from dr_core.aws.caller import CONTENT_TYPE, Caller, Endpoint, Signer, endpoints
from dr_core.errors import RefusedError, UnreachableError
from dr_core.services import Services
from dr_core.terminal.claim import HEADER, hash_of
from dr_core.value import Value

Ask = Callable[[Endpoint, Mapping[str, str]], Caller]
LIFE = timedelta(minutes=5)
LONGEST = 32_000
MOST = 16
_ALLOWED = frozenset({"host", "content-type", "x-amz-date", "x-amz-security-token", "authorization", HEADER.lower()})
_SIGNED = frozenset({"host", "x-amz-date", HEADER.lower()})
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[A-Z0-9]{16,128})/(?P<day>\d{8})/(?P<region>[a-z0-9-]+)/sts/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[a-z0-9;-]+), ?Signature=[0-9a-f]{64}"
)
_DATE = re.compile(r"\d{8}T\d{6}Z")
_PLAIN = re.compile(r"[\x20-\x7e]{1,16000}")


class SignedRequest(Value):
    """The headers of one signed request; everything else of it is fixed."""

    headers: dict[str, str]


class Proof(Value):
    """The same claim signed for the STS of several regions, so that one that is away does not matter."""

    requests: tuple[SignedRequest, ...]


def sts_of(services: Services) -> tuple[Endpoint, ...]:
    """The only STS that are asked: those of the deployed policy's regions, or AWS_ENDPOINT_URL where it is set."""
    topology = services.topology
    regions = (topology.control_region, *topology.residency.allowed_regions)
    return endpoints(regions, services.settings.aws_endpoint_url)


def sign(signer: Signer, sts: Iterable[Endpoint], canonical: str) -> Proof:
    """The terminal's side: `canonical` is the claim as it is stored."""
    extra = {HEADER: hash_of(canonical)}
    return Proof(requests=tuple(SignedRequest(headers=signer.sign(endpoint, extra)) for endpoint in sts))


def read_proof(text: str) -> Proof:
    """A stored proof; RefusedError where it is none."""
    try:
        found = Proof.model_validate_json(text if len(text) <= LONGEST else "")
    except ValidationError as error:
        raise RefusedError("The submission carries no proof of who typed it.") from error
    if not 0 < len(found.requests) <= MOST:
        raise RefusedError("The submission carries no proof of who typed it.")
    return found


def caller_of(proof: Proof, canonical: str, sts: Iterable[Endpoint], now: datetime, ask: Ask) -> Caller:
    """The worker's side: whose credentials signed this claim, as its own STS says.

    RefusedError where nothing in the proof is what it has to be, DeniedError where STS refuses the signature,
    UnreachableError where no STS that the claim was signed for answers.
    """
    pinned = tuple(sts)
    faults, away = [], None
    for endpoint in pinned:
        signed = next((one for one in proof.requests if _lower(one).get("host") == endpoint.host), None)
        if signed is None:
            continue
        fault = fault_of(signed, endpoint, canonical, now)
        if fault is not None:
            faults.append(fault)
            continue
        try:
            return ask(endpoint, _lower(signed))
        except UnreachableError as error:
            away = error
    if away is not None:
        raise away
    hosts = " or ".join(endpoint.host for endpoint in pinned)
    raise RefusedError(f"The proof does not hold: {faults[0] if faults else f'it is not signed for {hosts}'}.")


def fault_of(signed: SignedRequest, endpoint: Endpoint, canonical: str, now: datetime) -> str | None:
    """Why this request proves nothing about the claim at `endpoint`; None when it may be sent there."""
    headers = _lower(signed)
    if len(headers) != len(signed.headers) or not headers.keys() <= _ALLOWED:
        return "the signed request holds a header that does not belong there"
    if not all(_PLAIN.fullmatch(value) for value in headers.values()):
        return "the signed request holds a header that is no plain text"
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "the signature is not one of AWS version 4 for STS"
    if not headers.keys() >= _SIGNED or frozenset(found["signed"].split(";")) != headers.keys() - {"authorization"}:
        return f"host, date, {HEADER} and every other header must be signed"
    if headers[HEADER.lower()] != hash_of(canonical):
        return "the signature is for another claim"
    if headers["host"] != endpoint.host:
        return f"the request is signed for another host than {endpoint.host}"
    if found["region"] != endpoint.region:
        return f"the request is signed for {found['region']}, and {endpoint.host} is asked for {endpoint.region}"
    if headers.get("content-type") != CONTENT_TYPE:
        return "the signed request has another content type"
    return _stale(headers["x-amz-date"], found["day"], now)


def _lower(signed: SignedRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in signed.headers.items()}


def _stale(date: str, day: str, now: datetime) -> str | None:
    if not _DATE.fullmatch(date) or not date.startswith(day):
        return "the signed request has no date, or two"
    try:
        at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return "the signed request has no date, or two"
    if abs(now - at) > LIFE:
        return f"the signature is of {at:%H:%M:%S}Z, more than 5 minutes from the worker's clock ({now:%H:%M:%S}Z)"
    return None
