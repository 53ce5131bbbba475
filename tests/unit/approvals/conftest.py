"""A store with the shop observed in health or in outage, a roster, services that can sign, and people who ask."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals import ack
from dr_core.approvals.model import Actor, Face, Request, Roster, RosterUser
from dr_core.approvals.open import open_request
from dr_core.approvals.people import person_key
from dr_core.approvals.proof import AckSigner
from dr_core.aws.session import AwsSessions
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
from dr_core.plan.step import Mode
from dr_core.readiness.model import Sheet
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations, readiness, roster
from dr_core.store.engine import Store
from dr_core.topology.model import Topology

CENTRAL, WEST = "eu-central-1", "eu-west-1"
MEMBERS = ("U0ADA", "U0GRACE", "U0LINUS", "U0REQUESTER")


def actor(topology: Topology, slack_user: str, team: str | None = "T0HOME") -> Actor:
    person, display = person_key(topology, slack_user)
    return Actor(person=person, display=display, face=Face.SLACK, slack_user=slack_user, team=team)


def examined(services: Services) -> None:
    """A preflight of every application a moment ago, that found nothing."""
    for name in services.topology.applications:
        sheet = Sheet(application=name, at=services.clock.now(), duration_s=1, complete=True, checks=())
        services.store.write(lambda tx, sheet=sheet: readiness.put(tx, sheet))


def observed(now: datetime, *, down: bool = False, lag_s: float | None = 0.4, measured_ago_s: float = 5) -> Observation:
    """The shop, written in eu-central-1; `down`: as seen an age after that region died."""

    def verdict(region: str, value: Verdict) -> RegionVerdict:
        since = now - timedelta(seconds=30)
        bad_since = since - timedelta(seconds=30) if value is Verdict.DOWN else None
        return RegionVerdict(
            region=region, verdict=value, reasons=("as observed",), since=since, bad_since=bad_since, observed_at=now
        )

    members = tuple(
        MemberState(
            region=region,
            cluster=f"shop-{region}",
            is_writer=region == CENTRAL,
            status="available",
            instances=1,
            engine_version="17.7",
        )
        for region in (CENTRAL, WEST)
    )
    capacity = tuple(
        CapacityState(region=region, name="ecs shop/api", desired=n, running=n, observed_at=now)
        for region, n in ((CENTRAL, 4), (WEST, 1))
    )
    reading = Reading(
        kind="aurora", name="shop", region=WEST, source_region=CENTRAL, gate=True, seconds=lag_s,
        measured_at=None if lag_s is None else now - timedelta(seconds=measured_ago_s), observed_at=now,
        threshold_s=60, source="CloudWatch", reason="" if lag_s is not None else "no datapoint",
    )  # fmt: skip
    signals = tuple(
        Signal(
            region=region, component="database", name="shop", vantage=Vantage.CONTROL_PLANE,
            state=SignalState.BAD if down and region == CENTRAL else SignalState.OK, detail="as observed",
            observed_at=now, source="test",
        )
        for region in (CENTRAL, WEST)
    )  # fmt: skip
    return Observation(
        application="shop",
        signals=signals,
        observed_at=now,
        duration_s=0.2,
        verdicts=(verdict(CENTRAL, Verdict.DOWN if down else Verdict.HEALTHY), verdict(WEST, Verdict.HEALTHY)),
        readings=(reading,),
        writers=(CENTRAL,),
        database=DatabaseState(members=members, observed_via=WEST, observed_at=now),
        traffic=(
            TrafficState(
                name="api.example.com", answers=(CENTRAL,), weights={CENTRAL: 100, WEST: 0}, ttl_s=30, observed_at=now
            ),
        ),
        capacity=capacity,
    )


@pytest.fixture
def services(store: Store, clock: ManualClock, shop: Topology, tmp_path: Path) -> Iterator[Services]:
    signer = AckSigner.load_or_create(tmp_path / "ack.pem")
    settings = read_settings({"DR_ACK_KEY": str(tmp_path / "ack.pem")})
    made = Services(shop, store, clock, settings, AwsSessions.for_topology(shop), signer)
    see(made)
    enrol(made)
    return made


def see(services: Services, **how: object) -> None:
    """Store an observation of now."""
    seen = observed(services.clock.now(), **how)  # type: ignore[arg-type]
    services.store.write(lambda tx: observations.save(tx, seen))


def enrol(services: Services, *, approvers: tuple[str, ...] = (), **users: RosterUser) -> None:
    """Store a roster of now: the members of the incident channel, with whatever is special about some."""
    services.clock.advance(0.001)  # type: ignore[attr-defined]
    known = {user: RosterUser(name=user, team="T0HOME") for user in MEMBERS} | users
    new = Roster(
        at=services.clock.now(),
        team="T0HOME",
        incident_members=frozenset(known),
        approvers=frozenset(approvers),
        users=known,
    )
    services.store.write(lambda tx: roster.save(tx, new, actor(services.topology, "U0ADA")))


def ask(services: Services, mode: Mode = Mode.FORCED, target: str = WEST, cmd_id: str = "c-1", **more: Any) -> Request:
    requester = more.pop("requester", "U0REQUESTER")
    return open_request(
        services,
        application=more.pop("application", "shop"),
        target=target,
        mode=mode,
        actor=actor(services.topology, requester),
        reason="test",
        channel="C0INCIDENT",
        cmd_id=cmd_id,
        **more,
    )


def approve(services: Services, request: Request, user: str, typed: str | None = "3600", **more: Any) -> ack.AckOutcome:
    who = actor(services.topology, user, more.pop("team", "T0HOME"))
    round_ = more.pop("round", request.round)
    return ack.approve(services, request.id, round=round_, actor=who, typed_limit=typed, evidence={"n": "1"}, **more)
