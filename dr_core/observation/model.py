"""Observed values: signals, replication readings, who writes, what DNS answers. Unknown is a value with a reason."""

from datetime import datetime
from enum import StrEnum

from dr_core.value import Value


class SignalState(StrEnum):
    OK = "ok"
    BAD = "bad"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"


class Vantage(StrEnum):
    """From where a signal was seen; two different ones make two independent signals."""

    PROBE = "probe"
    ROUTE53 = "route53"
    CONTROL_PLANE = "control-plane"
    AWS_HEALTH = "aws-health"


class Signal(Value):
    """One look at one component of one region."""

    region: str
    component: str
    name: str
    vantage: Vantage
    state: SignalState
    detail: str
    latency_ms: float | None = None
    observed_at: datetime
    source: str


class RegionVerdict(Value):
    """The damped verdict; `since` is when it was reached.

    `bad_since`: first pass of the present streak in which two independent vantages were bad. `calm_since`: first pass
    of the streak in which a region that is down no longer looked so. `good_since`: first pass of the streak without a
    bad signal.
    """

    region: str
    verdict: Verdict
    reasons: tuple[str, ...]
    since: datetime
    bad_since: datetime | None = None
    calm_since: datetime | None = None
    good_since: datetime | None = None
    observed_at: datetime


class Figure(Value):
    """One more measured number about a store, such as pending bytes. `value` None: unknown, and `reason` says why."""

    name: str
    value: float | None
    unit: str
    measured_at: datetime | None
    source: str
    reason: str = ""


class Reading(Value):
    """Replication of one store towards one region. `seconds` is exposure at `measured_at`; None is unknown: `reason`.

    `in_step` is the answer of stores that are compared and not timed (secrets, parameters); None: not compared.
    `advanced_at` is when `measured_at` was first seen; a source that is alive brings a new one every `period_s`.
    `source_since` is when `source_region` was first seen to be the source; None: ever since it is observed.
    """

    kind: str
    name: str
    region: str
    gate: bool
    seconds: float | None
    measured_at: datetime | None
    observed_at: datetime
    threshold_s: float
    stale: bool = False
    source: str
    reason: str = ""
    in_step: bool | None = None
    source_region: str | None = None
    source_since: datetime | None = None
    advanced_at: datetime | None = None
    period_s: float = 60.0
    figures: tuple[Figure, ...] = ()


class MemberState(Value):
    region: str
    cluster: str
    is_writer: bool
    status: str | None = None
    instances: int | None = None
    engine_version: str | None = None


class DatabaseState(Value):
    """A global database as one region described it. `failover_status` is None when nothing is under way."""

    members: tuple[MemberState, ...]
    failover_status: str | None = None
    failover_to: str | None = None
    data_loss_allowed: bool | None = None
    observed_via: str
    observed_at: datetime


class CapacityState(Value):
    region: str
    name: str
    desired: int | None
    running: int | None
    reason: str = ""
    observed_at: datetime


class TrafficState(Value):
    """What the records say and what DNS answers; regions, never addresses. None: could not be asked, see `reason`."""

    name: str
    answers: tuple[str, ...] | None
    weights: dict[str, int] | None
    ttl_s: int | None
    reason: str = ""
    observed_at: datetime


class Observation(Value):
    """One pass over one application. `writers` is None when nobody could say who writes."""

    application: str
    observed_at: datetime
    duration_s: float
    signals: tuple[Signal, ...] = ()
    verdicts: tuple[RegionVerdict, ...] = ()
    readings: tuple[Reading, ...] = ()
    writers: tuple[str, ...] | None = None
    writers_reason: str = ""
    database: DatabaseState | None = None
    traffic: tuple[TrafficState, ...] = ()
    capacity: tuple[CapacityState, ...] = ()

    def verdict(self, region: str) -> RegionVerdict | None:
        return next((v for v in self.verdicts if v.region == region), None)
