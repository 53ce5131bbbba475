"""The only maker of AWS clients: which region, which role, which timeouts, for which purpose."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ConfigParseError, ProfileNotFound
from botocore.loaders import create_loader

from dr_core.aws.faults import aws_errors
from dr_core.aws.residency import EXEMPT_PLACES, EXEMPT_SERVICES, GLOBAL_SERVICES
from dr_core.aws.sending import ask_guard, no_blind_repeat, tell_step
from dr_core.errors import ConfigError, RefusedError
from dr_core.topology.model import Account, Topology

if TYPE_CHECKING:
    import boto3.session


class Purpose(StrEnum):
    """Why a call is made. It travels in the user agent, so that CloudTrail and the sandbox can tell."""

    OBSERVE = "observe"
    RUN = "run"
    PREPARE = "prepare"
    HEARTBEAT = "heartbeat"
    DRILL = "drill"
    ANCHOR = "anchor"
    RUNBOOK = "runbook"


_POOL = 32
_CONNECT_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class _Key:
    service: str
    region: str
    session_region: str
    purpose: Purpose
    role: Account | None
    read_timeout_s: float
    max_attempts: int
    endpoint_url: str | None


class AwsSessions:
    """Makes clients once and keeps them: building one costs milliseconds, and a session of its own far more."""

    def __init__(
        self, allowed_regions: Iterable[str], *, control_region: str | None = None, endpoint_url: str | None = None
    ) -> None:
        """`endpoint_url` is AWS_ENDPOINT_URL: where it is set, every call goes there, whatever else is configured."""
        self._allowed = tuple(dict.fromkeys(allowed_regions))
        self._control_region = control_region
        self._endpoint_url = endpoint_url
        # Reentrant: a role's credentials are fetched with a client that is made here, too.
        self._lock = threading.RLock()
        self._clients: dict[_Key, Any] = {}
        self._sessions: dict[tuple[Account, str] | None, boto3.session.Session] = {}

    @classmethod
    def for_topology(cls, topology: Topology, endpoint_url: str | None = None) -> "AwsSessions":
        """Sessions that stay inside the residency of `topology`."""
        allowed = topology.residency.allowed_regions
        return cls(allowed, control_region=topology.control_region, endpoint_url=endpoint_url)

    # Any: boto3 makes its clients' methods at run time.
    def client(
        self,
        service: str,
        region: str,
        *,
        purpose: Purpose = Purpose.RUN,
        role: Account | None = None,
        read_timeout_s: float = 10.0,
        max_attempts: int = 3,
        endpoint_url: str | None = None,
    ) -> Any:
        """A client of `service` in `region`, made once.

        RefusedError outside the allowed regions. Global services are signed for their home; `region` then only says
        where a role's credentials come from. `endpoint_url` (ARC) yields to AWS_ENDPOINT_URL. Calls that change
        something are retried only where the failed attempt surely had no effect.
        """
        self._refuse_outside(service, region)
        home = GLOBAL_SERVICES.get(service)
        key = _Key(
            service=service,
            region=home.home if home else region,
            session_region=self._nearest(region) if role else "",
            purpose=Purpose(purpose),
            role=role,
            read_timeout_s=read_timeout_s,
            max_attempts=max_attempts,
            endpoint_url=self._endpoint_url or endpoint_url,
        )
        found = self._clients.get(key)
        if found is None:
            with self._lock:
                found = self._clients.get(key) or self._clients.setdefault(key, self._make(key))
        return found

    def close(self) -> None:
        """Close every connection; the next call of `client` makes new ones."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _refuse_outside(self, service: str, region: str) -> None:
        if service in GLOBAL_SERVICES or service in EXEMPT_SERVICES or (service, region) in EXEMPT_PLACES:
            return
        if region in self._allowed or region == self._control_region:
            return
        raise RefusedError(
            f"{region} is outside the allowed regions ({', '.join(self._allowed)}): no {service} call goes there.",
            hint="residency.allowed_regions names the regions.",
        )

    def _nearest(self, region: str) -> str:
        """Where credentials for a call are fetched: its own region where it may be used, so that no other is needed."""
        if region in self._allowed or region == self._control_region:
            return region
        return self._control_region or self._allowed[0]

    def _make(self, key: _Key) -> Any:
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=key.read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": key.max_attempts},
            user_agent_extra=f"dr-purpose/{key.purpose}",
            max_pool_connections=_POOL,
            tcp_keepalive=True,
            # A bucket's name before the host would need DNS for it; one endpoint for everything has none.
            s3={"addressing_style": "path"} if self._endpoint_url else None,
        )
        try:
            client = self._session(key.role, key.session_region).client(
                key.service, region_name=key.region, endpoint_url=key.endpoint_url, config=config
            )
        except (ProfileNotFound, ConfigParseError) as error:
            raise _profile_error(error) from error
        client.meta.events.register_first("before-send", ask_guard)
        client.meta.events.register("before-send", tell_step)
        # As specific as botocore's retry handler: a less specific one is asked after it, and the first answer counts.
        service_id = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first(f"needs-retry.{service_id}", no_blind_repeat)
        return client

    def _session(self, role: Account | None, region: str) -> "boto3.session.Session":
        # Imported here: they cost a terminal that only reads the store a tenth of its time.
        import boto3.session
        import botocore.session

        key = (role, region) if role else None
        if key not in self._sessions:
            session = botocore.session.Session()
            session.register_component("data_loader", _loader())
            if role:
                provider = _RoleProvider(lambda: self._assume(role, region))
                session.register_component("credential_provider", CredentialResolver([provider]))
            self._sessions[key] = boto3.session.Session(botocore_session=session)
        return self._sessions[key]

    def _assume(self, role: Account, region: str) -> dict[str, str]:
        request = {"RoleArn": role.role_arn, "RoleSessionName": "dr-bot"}
        if role.external_id:
            request["ExternalId"] = role.external_id
        with aws_errors("sts", region, f"AssumeRole {role.role_arn}"):
            credentials = self.client("sts", region, purpose=Purpose.OBSERVE).assume_role(**request)["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].isoformat(),
        }


@cache
def _loader() -> Any:
    """One for all sessions: service models and endpoints are read and parsed once a process."""
    return create_loader()


class _RoleProvider(CredentialProvider):  # type: ignore[misc]  # botocore ships no types
    """Hands botocore the credentials of one assumed role; they are fetched when the first request is signed."""

    METHOD = "assume-role"
    CANONICAL_NAME = "dr-assume-role"

    def __init__(self, fetch: Callable[[], dict[str, str]]) -> None:
        super().__init__()
        self._fetch = fetch

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._fetch, method=self.METHOD)


def _profile_error(error: BotoCoreError) -> ConfigError:
    if isinstance(error, ProfileNotFound):
        name = error.kwargs.get("profile")
        if not name:
            return ConfigError("AWS_PROFILE is set but empty: unset it, or name a profile.")
        return ConfigError(f"AWS_PROFILE: there is no profile {name!r} in the AWS configuration files.")
    return ConfigError(
        "the AWS configuration file cannot be read: check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE."
    )
