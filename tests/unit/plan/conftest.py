"""A small application in two regions, and observations of it that tests change one thing in."""

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from dr_core.clock import ManualClock
from dr_core.observation.model import (
    CapacityState,
    DatabaseState,
    MemberState,
    Observation,
    Reading,
    RegionVerdict,
    Signal,
    SignalState,
    TrafficState,
    Vantage,
    Verdict,
)
from dr_core.topology.model import Topology

HOME, AWAY = "ap-south-1", "ap-south-2"
APP: dict[str, Any] = {
    "primary": HOME,
    "standby": [AWAY],
    "health": [{"http": {HOME: "https://one.acme.test/up", AWAY: "https://two.acme.test/up"}}],
    "traffic": [
        {
            "route53_records": {
                "hosted_zone": "Z9",
                "name": "pay.acme.test",
                "type": "A",
                "set_identifiers": {HOME: "one", AWAY: "two"},
            }
        }
    ],
    "database": {"aurora_global": {"global_cluster": "ledger", "clusters": {HOME: "ledger-1", AWAY: "ledger-2"}}},
    "parameters": {"paths": ["/pay/"], "flags": "/pay-flags"},
    "capacity": [{"ecs": {"cluster": "pay", "service": "web", "active": 3, "standby": 1}}],
    "verify": [{"http_write_read": {"url": "https://pay.acme.test/probe"}}],
}
TAKEOVER = {"standby_takes_over": {"bucket": {AWAY: "switch-2"}, "key": "on", "health_check": "hc-9"}}

MakeTopology = Callable[..., Topology]
MakeObservation = Callable[..., Observation]


@pytest.fixture
def make_topology() -> MakeTopology:
    """`make_topology(app changes, regions=...)`: a key with None is left out."""

    def make(*, regions: tuple[str, ...] = (HOME, AWAY), **changes: Any) -> Topology:
        app = {key: value for key, value in {**deepcopy(APP), **changes}.items() if value is not None}
        return Topology.model_validate(
            {
                "version": 1,
                "residency": {"allowed_regions": list(regions)},
                "control_region": AWAY,
                "slack": {"incident_channel": "C1", "digest_channel": "C2"},
                "approval": {"approvers": {"users": ["U1", "U2", "U3"]}},
                "applications": {"pay": app},
            }
        )

    return make


@pytest.fixture
def topology(make_topology: MakeTopology) -> Topology:
    return make_topology()


@pytest.fixture
def observe(clock: ManualClock) -> MakeObservation:
    """`observe(down=..., changes)`: everything well, seen just now, unless said otherwise."""

    def make(*, down: str | None = None, answering: bool = False, **changes: Any) -> Observation:
        seen = _healthy(clock)
        if down is not None:
            seen = seen.model_copy(update=_outage(seen, down, answering))
        return seen.model_copy(update=changes)

    return make


def _healthy(clock: ManualClock) -> Observation:
    now = clock.now()
    members = tuple(
        MemberState(
            region=region,
            cluster=cluster,
            is_writer=region == HOME,
            status="available",
            instances=1,
            engine_version="16.4",
        )
        for region, cluster in ((HOME, "ledger-1"), (AWAY, "ledger-2"))
    )
    return Observation(
        application="pay",
        observed_at=now,
        duration_s=0.2,
        signals=tuple(_signal(clock, region, vantage) for region in (HOME, AWAY) for vantage in Vantage),
        verdicts=tuple(_verdict(clock, region, Verdict.HEALTHY, "all signals are good") for region in (HOME, AWAY)),
        readings=(reading(clock, seconds=0.4),),
        writers=(HOME,),
        database=DatabaseState(members=members, observed_via=AWAY, observed_at=now),
        traffic=(
            TrafficState(
                name="pay.acme.test", answers=(HOME,), weights={HOME: 100, AWAY: 0}, ttl_s=30, observed_at=now
            ),
        ),
        capacity=tuple(
            CapacityState(region=region, name="pay/web", desired=count, running=count, observed_at=now)
            for region, count in ((HOME, 3), (AWAY, 1))
        ),
    )


def reading(clock: ManualClock, *, seconds: float | None, **changes: Any) -> Reading:
    now = clock.now()
    return Reading(
        kind="aurora_global",
        name="ledger",
        region=AWAY,
        gate=True,
        seconds=seconds,
        measured_at=None if seconds is None else now,
        observed_at=now,
        threshold_s=60,
        source="CloudWatch AuroraGlobalDBRPOLag",
        source_region=HOME,
    ).model_copy(update=changes)


def _signal(clock: ManualClock, region: str, vantage: Vantage, state: SignalState = SignalState.OK) -> Signal:
    return Signal(
        region=region,
        component="api",
        name=f"{vantage.value} {region}",
        vantage=vantage,
        state=state,
        detail="",
        observed_at=clock.now(),
        source="test",
    )


def _verdict(clock: ManualClock, region: str, verdict: Verdict, reason: str) -> RegionVerdict:
    now = clock.now()
    return RegionVerdict(
        region=region, verdict=verdict, reasons=(reason,), since=now - timedelta(hours=1), observed_at=now
    )


def _outage(seen: Observation, region: str, answering: bool) -> dict[str, Any]:
    """`answering`: the control planes of the region still do."""
    signals = tuple(
        signal
        if signal.region != region or (answering and signal.vantage is Vantage.CONTROL_PLANE)
        else signal.model_copy(update={"state": SignalState.BAD})
        for signal in seen.signals
    )
    verdicts = tuple(
        v if v.region != region else v.model_copy(update={"verdict": Verdict.DOWN, "reasons": ("two signals are bad",)})
        for v in seen.verdicts
    )
    database = seen.database
    assert database is not None
    members = tuple(
        m
        if m.region != region or answering
        else m.model_copy(update={"instances": None, "engine_version": None, "status": None})
        for m in database.members
    )
    capacity = tuple(
        c
        if c.region != region or answering
        else c.model_copy(update={"desired": None, "running": None, "reason": "no answer"})
        for c in seen.capacity
    )
    return {
        "signals": signals,
        "verdicts": verdicts,
        "database": database.model_copy(update={"members": members}),
        "capacity": capacity,
    }
