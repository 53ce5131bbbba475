"""Observed values: signals, replication readings, who writes, what DNS answers. Unknown is a value with a reason."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

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
    ALARM = "alarm"


class Signal(Value):
    """One look at one component of one region. `lasts_s`: it was told once, at `observed_at`, and counts for so long;
    None: it is looked at in every pass."""

    region: str
    component: str
    name: str
    vantage: Vantage
    state: SignalState
    detail: str
    latency_ms: float | None = None
    observed_at: datetime
    source: str
    lasts_s: float | None = None


class RegionVerdict(Value):
    """The damped verdict; `since` is when it was reached.

    `bad_since`: first pass of the present streak in which two independent vantages were bad. `calm_since`: first pass
    of the streak in which a region that is down no longer looked so. `good_since`: first pass of the streak without a
    bad signal. `run`: the unfinished run that stops or starts work there, where nothing else explains what is bad.
    """

    region: str
    verdict: Verdict
    reasons: tuple[str, ...]
    since: datetime
    bad_since: datetime | None = None
    calm_since: datetime | None = None
    good_since: datetime | None = None
    run: str | None = None
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
    """One cluster, or one instance, of a database that lives in several regions.

    `copies_from`: the region that a read replica says it copies from, `copying` the service's word on how that goes.
    `detached`: it is a database of its own and no member of the global cluster any more. `synchronized` False: it is
    being rebuilt from the writer.
    """

    region: str
    cluster: str
    is_writer: bool
    status: str | None = None
    instances: int | None = None
    engine_version: str | None = None
    engine: str | None = None
    copies_from: str | None = None
    copying: str | None = None
    copied_to: tuple[str, ...] = ()
    detached: bool = False
    synchronized: bool | None = None


class DatabaseState(Value):
    """A database of several regions as one region described it. `failover_status` is None when nothing is under way."""

    members: tuple[MemberState, ...]
    failover_status: str | None = None
    failover_to: str | None = None
    data_loss_allowed: bool | None = None
    observed_via: str
    observed_at: datetime


class CapacityState(Value):
    """Copies in a region. `reason`: why a count is not known, or why fewer run than are wanted.

    `lingering`: by the service's word for it, how many are there without serving: coming, draining, set aside. They may
    still write.
    `kept`: how many are not ours to take away. `changing`: the service takes no other size before it is done.
    `serves`: without it an endpoint of the region has nothing to answer with.
    """

    region: str
    name: str
    desired: int | None
    running: int | None
    reason: str = ""
    lingering: dict[str, int] = Field(default_factory=dict)
    kept: int = 0
    changing: bool = False
    serves: bool = True
    observed_at: datetime


class Work(Value):
    """What an unfinished run has begun to stop, to start or to scale in a region, by the name it is observed by."""

    run: str
    region: str
    name: str


class Flow(StrEnum):
    """Whether a consumer takes work. Whatever is not OFF may take some."""

    ON = "on"
    STARTING = "starting"
    STOPPING = "stopping"
    OFF = "off"
    MIXED = "mixed"  # some of its parts are on, others off
    BUSY = "busy"  # it is being changed otherwise, and takes no orders


class ConsumerState(Value):
    """What takes work in a region. `flow` None: it could not be asked, see `reason`."""

    region: str
    kind: str
    name: str
    flow: Flow | None
    detail: str = ""
    reason: str = ""
    observed_at: datetime

    @property
    def consumes(self) -> bool | None:
        return None if self.flow is None else self.flow is not Flow.OFF


class TrafficState(Value):
    """What the records say and what DNS answers; regions, never addresses. None: could not be asked, see `reason`."""

    name: str
    answers: tuple[str, ...] | None
    weights: dict[str, int] | None
    ttl_s: int | None
    reason: str = ""
    observed_at: datetime


class ControlsState(Value):
    """Which regions the routing controls of one entry have on. None: no endpoint told, see `reason`."""

    name: str
    on: tuple[str, ...] | None
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
    controls: tuple[ControlsState, ...] = ()
    capacity: tuple[CapacityState, ...] = ()
    consumers: tuple[ConsumerState, ...] = ()

    def verdict(self, region: str) -> RegionVerdict | None:
        return next((v for v in self.verdicts if v.region == region), None)
