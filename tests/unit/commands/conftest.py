"""A store, a roster and an observation of any topology, so that commands run as they do in production."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from commands.context import Outcome
from commands.dispatch import dispatch
from dr_core.approvals.model import Actor, Face, Roster, RosterUser
from dr_core.approvals.people import person_key
from dr_core.approvals.proof import AckSigner
from dr_core.audit.events import Event
from dr_core.audit.trail import listing
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.observation.model import (
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
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations, roster
from dr_core.store.engine import Store
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
TERMINAL = Actor(person="terminal:ops", display="ops", face=Face.TERMINAL)


def observation(topology: Topology, name: str, clock: ManualClock, *, down: tuple[str, ...] = ()) -> Observation:
    """A quiet pass over an application that lives in its primary region; regions in `down` do not answer."""
    app, now = topology.applications[name], clock.now()
    verdicts = tuple(
        RegionVerdict(
            region=region,
            verdict=Verdict.DOWN if region in down else Verdict.HEALTHY,
            reasons=("2 signals say so",) if region in down else (),
            since=now - timedelta(seconds=60),
            bad_since=now - timedelta(seconds=90) if region in down else None,
            observed_at=now,
        )
        for region in app.regions
    )
    signals = tuple(
        Signal(
            region=region,
            component="api",
            name="http",
            vantage=Vantage.PROBE,
            state=SignalState.BAD if region in down else SignalState.OK,
            detail="refused" if region in down else "200",
            latency_ms=None if region in down else 12.0,
            observed_at=now,
            source="probe",
        )
        for region in app.regions
    )
    members = tuple(
        MemberState(
            region=region,
            cluster=f"{name}-{region}",
            is_writer=region == app.primary,
            status="available",
            instances=1,
            engine_version="16.4",
        )
        for region in app.regions
    )
    readings = tuple(
        Reading(
            kind="aurora_global",
            name=name,
            region=region,
            gate=True,
            seconds=0.4,
            measured_at=now,
            observed_at=now,
            threshold_s=60,
            source="AuroraGlobalDBRPOLag",
            source_region=app.primary,
            advanced_at=now,
        )
        for region in app.standby
    )
    return Observation(
        application=name,
        observed_at=now,
        duration_s=0.3,
        verdicts=verdicts,
        signals=signals,
        readings=readings,
        writers=(app.primary,),
        database=DatabaseState(members=members, observed_via=app.standby[0], observed_at=now),
        traffic=(
            TrafficState(
                name=f"{name}.example.com",
                answers=(app.primary,),
                weights={region: 100 if region == app.primary else 0 for region in app.regions},
                ttl_s=30,
                observed_at=now,
            ),
        ),
    )


@dataclass
class Desk:
    """A bot's desk: people type, the store is real, time stands still until it is moved."""

    services: Services
    clock: ManualClock

    @property
    def topology(self) -> Topology:
        return self.services.topology

    def observe(self, *, down: tuple[str, ...] = ()) -> None:
        """Let the worker pass over every application once."""
        for name in self.topology.applications:
            seen = observation(self.topology, name, self.clock, down=down)
            self.services.store.write(lambda tx, seen=seen: observations.save(tx, seen))

    def read_roster(self, *members: str, approvers: tuple[str, ...] = (), **more: object) -> None:
        """Let the bot read Slack's membership once."""
        listed = self.topology.approval.approvers.users
        accounts = {"U0STRANGER", *members, *listed, *approvers}
        more = {"users": {user: RosterUser(name=user) for user in accounts}, **more}
        read = Roster(
            at=self.clock.now(),
            incident_members=frozenset((*members, *listed, *approvers)),
            approvers=frozenset(approvers or listed),
            **more,  # type: ignore[arg-type]  # the roster's own fields
        )
        self.services.store.write(lambda tx: roster.save(tx, read, person(self.topology, "U0BOT")))

    def type(self, words: str, user: str = "U0REQUESTER", **more: object) -> Outcome:
        """What somebody types after `/dr` in the incident channel."""
        channel = self.topology.slack.incident_channel
        return dispatch(self.services, person(self.topology, user), words, channel=channel, **more)  # type: ignore[arg-type]

    def terminal(self, *words: str) -> Outcome:
        return dispatch(self.services, TERMINAL, words)

    def person(self, user: str) -> Actor:
        return person(self.topology, user)

    def events(self, kind: str) -> list[Event]:
        return [e for e in self.services.store.read(lambda tx: listing(tx, limit=500)) if e.kind == kind]


def person(topology: Topology, user: str) -> Actor:
    key, display = person_key(topology, user)
    return Actor(person=key, display=display, face=Face.SLACK, slack_user=user)


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the machine knows of AWS, these terminals have no credentials."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.fixture
def make_desk(sqlite_url: str, clock: ManualClock, tmp_path: Path) -> Iterator[Callable[[str], Desk]]:
    """A desk over one of the sample topologies, with a roster and a fresh observation."""
    with contextlib.ExitStack() as stack:

        def make(name: str) -> Desk:
            config = TOPOLOGIES / f"{name}.yaml"
            topology = load_checked(config)
            settings = read_settings(
                {
                    "DR_CONFIG": str(config),
                    "DATABASE_URL": sqlite_url,
                    "DR_ACK_KEY": str(tmp_path / "ack.pem"),
                }
            )
            store = Store(sqlite_url, clock=clock)
            stack.callback(store.dispose)
            aws = AwsSessions.for_topology(topology, "http://127.0.0.1:1")
            signer = AckSigner.load_or_create(settings.ack_key)
            desk = Desk(Services(topology, store, clock, settings, aws, signer), clock)
            group = desk.topology.approval.approvers.usergroup
            extra = tuple(p.slack for p in topology.people if p.slack) if group else ()
            desk.read_roster("U0REQUESTER", approvers=extra)
            desk.observe()
            return desk

        yield make


@pytest.fixture
def desk(make_desk: Callable[[str], Desk]) -> Desk:
    return make_desk("shop")


@pytest.fixture
def ledger(make_desk: Callable[[str], Desk]) -> Desk:
    """The second topology: other names, swapped regions, two applications."""
    return make_desk("second")
