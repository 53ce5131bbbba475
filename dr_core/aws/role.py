"""The keys of one assumed role: fetched from a regional STS that answers, renewed early, kept for as long as they hold.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_region-endpoints.html: keys of a regional STS are
valid in every region. So the session of a role survives the region that it was fetched in.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from botocore.credentials import CredentialProvider, Credentials, ReadOnlyCredentials

from dr_core.aws.faults import AwsDeniedError, AwsFault, AwsUnreachableError, answer_code, aws_errors
from dr_core.clock import Clock
from dr_core.errors import DrError
from dr_core.topology.model import Account

SESSION_NAME = "dr-bot"
RENEW_BEFORE = timedelta(minutes=30)
"""Half of the hour that STS gives where nothing else is asked for: so long may every STS be silent unnoticed."""
ASK_AGAIN_S = 30.0
"""How long after a renewal that failed the next one is tried; until then the old keys sign."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})

log = structlog.get_logger(__name__)

StsOf = Callable[[str], Any]
"""region -> client of that region's STS, under the product's own identity."""


@dataclass(frozen=True)
class RoleKeys:
    """What STS handed out, and until when it holds."""

    signing: ReadOnlyCredentials
    expires_at: datetime


def assume(role: Account, sts: Any, region: str) -> RoleKeys:
    """One AssumeRole. AwsDeniedError names the role, and what must be right for it; nothing is changed by asking."""
    request = {"RoleArn": role.role_arn, "RoleSessionName": SESSION_NAME}
    if role.external_id:
        request["ExternalId"] = role.external_id
    try:
        with aws_errors("sts", region, f"AssumeRole {role.role_arn}"):
            made = sts.assume_role(**request)["Credentials"]
    except AwsDeniedError as error:
        error.hint = error.hint or way_out(role)
        raise
    except DrError as error:
        # The caller's own call was never sent: whatever became of this one, there is nothing to look for.
        if isinstance(error, AwsFault):
            error.outcome_unknown = False
        raise
    signing = ReadOnlyCredentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"], None)
    return RoleKeys(signing, made["Expiration"])


def way_out(role: Account) -> str:
    """What makes a role assumable; STS does not tell which of these is missing."""
    external = (
        "its external id must be the external_id of dr.yaml"
        if role.external_id
        else "where it asks for an external id, dr.yaml must give it as external_id"
    )
    return (
        f"{role.role_arn} must exist, its trust policy must name the product's own role, {external}, "
        "and the product's own role must be allowed sts:AssumeRole on it."
    )


class RoleSession:
    """One for each role, shared by all clients and threads. One thread renews; the others go on with what they have."""

    def __init__(self, role: Account, sts_of: StsOf, regions: Iterable[str], clock: Clock) -> None:
        self._role, self._sts_of, self._clock = role, sts_of, clock
        self._regions = tuple(dict.fromkeys(regions))
        self._lock = threading.Lock()
        self._keys: RoleKeys | None = None
        self._failure: DrError | None = None
        self._failures = 0
        self._not_before = clock.monotonic()
        self._silent: frozenset[str] = frozenset()
        self._handed = threading.local()

    def keys(self, region: str) -> ReadOnlyCredentials:
        """Keys that hold now; STS is asked in `region` first. DrError where none are held and none are given."""
        found = self._renewed(region)
        self._handed.keys = found
        return found.signing

    def reject(self) -> None:
        """AWS says that the keys which this thread signed with have expired: they are not used again."""
        with self._lock:
            if self._keys is not None and self._keys is getattr(self._handed, "keys", None):
                self._keys = None

    def _renewed(self, region: str) -> RoleKeys:
        held = self._usable()
        if held is not None and not self._is_due(held):
            return held
        if held is None:
            return self._waited_for(region)
        if self._lock.acquire(blocking=False):
            try:
                if self._keys is held:
                    self._keys = self._fetch(region)
            except DrError as error:
                self._not_before = self._clock.monotonic() + ASK_AGAIN_S
                log.warning("role_not_renewed", role=self._role.role_arn, error=error.message,
                            holds_until=held.expires_at.isoformat())  # fmt: skip
            finally:
                self._lock.release()
        return self._keys or held

    def _waited_for(self, region: str) -> RoleKeys:
        """Where nothing can be signed without new keys. Threads that waited share what the one before them was told."""
        failures = self._failures
        with self._lock:
            held = self._usable()
            if held is not None:
                return held
            if self._failures != failures and self._failure is not None:
                raise type(self._failure)(self._failure.message, hint=self._failure.hint) from self._failure
            try:
                self._keys = self._fetch(region)
            except DrError as error:
                # A lease that was lost is the matter of its own thread.
                if isinstance(error, AwsFault):
                    self._failure, self._failures = error, self._failures + 1
                raise
            return self._keys

    def _usable(self) -> RoleKeys | None:
        keys = self._keys
        return keys if keys is not None and self._clock.now() < keys.expires_at else None

    def _is_due(self, keys: RoleKeys) -> bool:
        soon = keys.expires_at - self._clock.now() <= RENEW_BEFORE
        return soon and self._clock.monotonic() >= self._not_before

    def _fetch(self, region: str) -> RoleKeys:
        """The region's own STS, then the others, those last that were silent. A refusal is the same everywhere."""
        first: DrError | None = None
        order = dict.fromkeys((region, *self._regions))
        for one in sorted(order, key=lambda one: one in self._silent):
            try:
                made = assume(self._role, self._sts_of(one), one)
            except AwsDeniedError:
                raise
            except DrError as error:
                if not isinstance(error, AwsFault):
                    raise
                first = first or error
                self._silent |= {one}
            else:
                self._silent -= {one}
                return made
        raise first or AwsUnreachableError(f"No region is named whose STS could hand out {self._role.role_arn}.")


class SharedCredentials(Credentials):  # type: ignore[misc]  # botocore ships no types
    """How botocore asks for the keys: anew before each request is signed."""

    def __init__(self, session: RoleSession, region: str) -> None:
        super().__init__("", "", method="assume-role")
        self._session, self._region = session, region

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return self._session.keys(self._region)


class RoleProvider(CredentialProvider):  # type: ignore[misc]  # botocore ships no types
    """The only source of credentials of a botocore session that acts as a role."""

    METHOD = "assume-role"
    CANONICAL_NAME = "dr-assume-role"

    def __init__(self, session: RoleSession, region: str) -> None:
        super().__init__()
        self._shared = SharedCredentials(session, region)

    def load(self) -> SharedCredentials:
        return self._shared


def repeat_once_renewed(session: RoleSession) -> Callable[..., int | None]:
    """botocore's `needs-retry`: a request with expired keys was not carried out, so it is signed anew, once."""

    def decide(*, response: Any, attempts: int, **_event: object) -> int | None:
        code, _ = answer_code(response[1]) if response else ("", 0)
        if code not in EXPIRED or attempts > 1:
            return None
        session.reject()
        return 0

    return decide
