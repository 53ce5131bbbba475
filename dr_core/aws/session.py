"""The only maker of AWS clients: which region, which role, which timeouts, for which purpose."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.credentials import CredentialResolver
from botocore.exceptions import BotoCoreError, ConfigParseError, ProfileNotFound
from botocore.loaders import create_loader

from dr_core.aws.residency import EXEMPT_PLACES, EXEMPT_SERVICES, GLOBAL_SERVICES
from dr_core.aws.role import RoleProvider, RoleSession, repeat_once_renewed
from dr_core.aws.sending import account_out_of_host, ask_guard, no_blind_repeat, tell_step
from dr_core.clock import Clock, SystemClock
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
    FREEZE = "freeze"
    RELEASE = "release"
    RECONCILE = "reconcile"
    DEPLOY = "deploy"


_POOL = 32
_CONNECT_TIMEOUT_S = 2.0
_STS_TIMEOUT_S = 3.0


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
        self,
        allowed_regions: Iterable[str],
        *,
        control_region: str | None = None,
        endpoint_url: str | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`endpoint_url` is AWS_ENDPOINT_URL: where it is set, every call goes there, whatever else is configured.

        `clock`: when the keys of a role are renewed; the system's where none is given.
        """
        self._allowed = tuple(dict.fromkeys(allowed_regions))
        self._control_region = control_region
        self._endpoint_url = endpoint_url
        # Reentrant: a role's credentials are fetched with a client that is made here, too.
        self._lock = threading.RLock()
        self._clients: dict[_Key, Any] = {}
        self._clock = clock or SystemClock()
        self._roles: dict[Account, RoleSession] = {}
        self._sessions: dict[tuple[Account, str] | None, boto3.session.Session] = {}

    @classmethod
    def for_topology(
        cls, topology: Topology, endpoint_url: str | None = None, *, clock: Clock | None = None
    ) -> "AwsSessions":
        """Sessions that stay inside the residency of `topology`."""
        allowed = topology.residency.allowed_regions
        return cls(allowed, control_region=topology.control_region, endpoint_url=endpoint_url, clock=clock)

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
        if self._endpoint_url and key.service == "s3control":
            client.meta.events.register("before-sign.s3-control", account_out_of_host)
        client.meta.events.register_first("before-send", ask_guard)
        client.meta.events.register("before-send", tell_step)
        # As specific as botocore's retry handler: a less specific one is asked after it, and the first answer counts.
        retrying = f"needs-retry.{client.meta.service_model.service_id.hyphenize()}"
        client.meta.events.register_first(retrying, no_blind_repeat)
        if key.role:
            client.meta.events.register_first(retrying, repeat_once_renewed(self._role(key.role)))
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
                provider = RoleProvider(self._role(role), region)
                session.register_component("credential_provider", CredentialResolver([provider]))
            self._sessions[key] = boto3.session.Session(botocore_session=session)
        return self._sessions[key]

    def _role(self, role: Account) -> RoleSession:
        """One for each role, whatever the region: called under the lock."""
        if role not in self._roles:
            here = (self._control_region,) if self._control_region else ()
            self._roles[role] = RoleSession(role, self._sts, (*self._allowed, *here), self._clock)
        return self._roles[role]

    def _sts(self, region: str) -> Any:
        """One short try: another region's STS is asked where this one is silent."""
        return self.client("sts", region, purpose=Purpose.OBSERVE, read_timeout_s=_STS_TIMEOUT_S, max_attempts=1)


@cache
def _loader() -> Any:
    """One for all sessions: service models and endpoints are read and parsed once a process."""
    return create_loader()


def _profile_error(error: BotoCoreError) -> ConfigError:
    if isinstance(error, ProfileNotFound):
        name = error.kwargs.get("profile")
        if not name:
            return ConfigError("AWS_PROFILE is set but empty: unset it, or name a profile.")
        return ConfigError(f"AWS_PROFILE: there is no profile {name!r} in the AWS configuration files.")
    return ConfigError(
        "the AWS configuration file cannot be read: check AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE."
    )
