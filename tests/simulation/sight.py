"""What would be observed of the simulated applications: written into the store directly, as an observer would."""

from datetime import datetime, timedelta

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
from dr_core.topology.model import Application

REGIONS = ("eu-central-1", "eu-west-1")


def other(region: str) -> str:
    return REGIONS[1] if region == REGIONS[0] else REGIONS[0]


def observation(name: str, app: Application, active: str, now: datetime, *, down: bool, lag_s: float) -> Observation:
    """`name`, written and answered in `active`; `down`: that region no longer answers."""
    return Observation(
        application=name,
        observed_at=now,
        duration_s=0.1,
        signals=tuple(_signal(region, now, bad=down and region == active) for region in REGIONS),
        verdicts=tuple(_verdict(region, now, bad=down and region == active) for region in REGIONS),
        readings=(_reading(name, active, now, lag_s),) if app.database else (),
        writers=(active,) if app.database else None,
        database=_database(name, active, now) if app.database else None,
        traffic=tuple(
            TrafficState(
                name=f"{name}.example.com",
                answers=(active,),
                weights={active: 100, other(active): 0},
                ttl_s=30,
                observed_at=now,
            )
            for _ in app.traffic
        ),
        capacity=tuple(
            CapacityState(region=region, name=f"{name}/api", desired=2, running=2, observed_at=now)
            for _ in app.capacity
            for region in REGIONS
        ),
    )


def _signal(region: str, now: datetime, *, bad: bool) -> Signal:
    return Signal(
        region=region,
        component="service",
        name="simulated",
        vantage=Vantage.CONTROL_PLANE,
        state=SignalState.BAD if bad else SignalState.OK,
        detail="as simulated",
        observed_at=now,
        source="simulation",
    )


def _verdict(region: str, now: datetime, *, bad: bool) -> RegionVerdict:
    since = now - timedelta(seconds=30)
    return RegionVerdict(
        region=region,
        verdict=Verdict.DOWN if bad else Verdict.HEALTHY,
        reasons=("as simulated",),
        since=since,
        bad_since=since if bad else None,
        observed_at=now,
    )


def _reading(name: str, active: str, now: datetime, lag_s: float) -> Reading:
    return Reading(
        kind="aurora",
        name=name,
        region=other(active),
        source_region=active,
        gate=True,
        seconds=lag_s,
        measured_at=now,
        observed_at=now,
        threshold_s=60,
        source="simulation",
    )


def _database(name: str, active: str, now: datetime) -> DatabaseState:
    members = tuple(
        MemberState(
            region=region,
            cluster=f"{name}-{region}",
            is_writer=region == active,
            status="available",
            instances=1,
            engine_version="17.7",
        )
        for region in REGIONS
    )
    return DatabaseState(members=members, observed_via=other(active), observed_at=now)
