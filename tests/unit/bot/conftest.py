"""A shop with a store, seen healthy a moment ago, and a roster in which Ada, Grace and Linus may approve."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.posting import File, Mark
from bot.slack import SlackRefusedError
from bot.views.message import Message
from dr_core.approvals.model import Actor, Face, Request, Roster, RosterUser
from dr_core.approvals.open import open_request
from dr_core.approvals.proof import AckSigner
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import UnreachableError
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
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations, roster
from dr_core.store.engine import Store
from dr_core.topology.model import Topology
from tests.unit.bot.place import Place, standing

EU, WEST = "eu-central-1", "eu-west-1"
APPROVERS = ("U0ADA", "U0GRACE", "U0LINUS")
REQUESTER = Actor(
    person="slack:U0REQUESTER", display="Robin", face=Face.SLACK, slack_user="U0REQUESTER", team="T0SANDBOX"
)
_BOT = Actor(person="bot", display="DR bot", face=Face.SCHEDULE)


def ada() -> Actor:
    return Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA", team="T0SANDBOX")


def observed(clock: ManualClock, *, source: Verdict = Verdict.HEALTHY, lag_s: float = 0.4) -> Observation:
    """One look at the shop: active in the first region, replicating to the second."""
    now = clock.now()
    verdicts = tuple(
        RegionVerdict(
            region=region,
            verdict=verdict,
            reasons=("http answered 200",)
            if verdict is Verdict.HEALTHY
            else ("http: no connection", "route53: failing"),
            since=now - timedelta(seconds=60),
            bad_since=None if verdict is Verdict.HEALTHY else now - timedelta(seconds=90),
            observed_at=now,
        )
        for region, verdict in ((EU, source), (WEST, Verdict.HEALTHY))
    )
    signals = tuple(
        Signal(
            region=region, component="api", name="http", vantage=Vantage.PROBE, observed_at=now, source="probe",
            state=SignalState.OK if verdict is Verdict.HEALTHY else SignalState.BAD, detail="answered", latency_ms=12,
        )
        for region, verdict in ((EU, source), (WEST, Verdict.HEALTHY))
    )  # fmt: skip
    capacity = tuple(
        CapacityState(region=region, name="shop/api", desired=4, running=4, observed_at=now) for region in (EU, WEST)
    )
    members = tuple(
        MemberState(region=region, cluster=f"shop-{region}", is_writer=region == EU, status="available", instances=1,
                    engine_version="15.4")
        for region in (EU, WEST)
    )  # fmt: skip
    reading = Reading(
        kind="aurora", name="shop", region=WEST, gate=True, seconds=lag_s, measured_at=now, observed_at=now,
        threshold_s=60, source="AuroraGlobalDBRPOLag",
    )  # fmt: skip
    return Observation(
        application="shop",
        observed_at=now,
        duration_s=0.2,
        verdicts=verdicts,
        signals=signals,
        capacity=capacity,
        readings=(reading,),
        writers=(EU,),
        database=DatabaseState(members=members, observed_via=WEST, observed_at=now),
        traffic=(
            TrafficState(name="api.example.com", answers=(EU,), weights={EU: 100, WEST: 0}, ttl_s=30, observed_at=now),
        ),
    )


def members(clock: ManualClock) -> Roster:
    """Everybody in the incident channel, three of them approvers."""
    people = (*APPROVERS, "U0REQUESTER")
    return Roster(
        at=clock.now(),
        team="T0SANDBOX",
        incident_members=frozenset(people),
        approvers=frozenset(APPROVERS),
        users={user: RosterUser(name=user.removeprefix("U0").title(), team="T0SANDBOX") for user in people},
    )


@pytest.fixture
def services(shop: Topology, sqlite_url: str, clock: ManualClock, tmp_path: Path) -> Services:
    """Everything a command needs, on a clock that stands still; AWS is never called."""
    settings = read_settings({"DR_ACK_KEY": str(tmp_path / "ack.pem"), "DATABASE_URL": sqlite_url})
    store = Store(sqlite_url, clock=clock)
    made = Services(
        topology=shop,
        store=store,
        clock=clock,
        settings=settings,
        aws=AwsSessions.for_topology(shop, None),
        signer=AckSigner.load_or_create(settings.ack_key),
    )
    store.write(lambda tx: observations.save(tx, observed(clock)))
    store.write(lambda tx: roster.save(tx, members(clock), _BOT))
    return made


class FakeSlack:
    """Remembers what was posted and updated; `down` makes every call fail, `refuse` answers with Slack's word.

    `loses` is how many answers get lost after the post; `readable`: whether the bot may read its own messages.
    """

    def __init__(self) -> None:
        self.posts: list[tuple[str, Message, str | None, bool]] = []
        self.updates: list[tuple[str, str, Message]] = []
        self.marks: list[Mark | None] = []
        self.pins: list[tuple[str, bool]] = []
        self.uploads: list[tuple[str, tuple[File, ...], str]] = []
        self.down = False
        self.refuse: str | None = None
        self.loses = 0
        self.readable = False

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread: str | None = None,
        broadcast: bool = False,
        mark: Mark | None = None,
    ) -> str:
        self._answer("chat.postMessage")
        self.posts.append((channel, message, thread, broadcast))
        self.marks.append(mark)
        if self.loses:
            self.loses -= 1
            raise UnreachableError("Slack did not answer (chat.postMessage).")
        return f"{len(self.posts)}.000"

    async def marked(self, channel: str, thread: str | None = None) -> dict[str, Mark] | None:
        self._answer("conversations.replies")
        if not self.readable:
            return None
        return {
            f"{number}.000": mark
            for number, ((_, _, parent, _), mark) in enumerate(zip(self.posts, self.marks, strict=True), 1)
            if mark is not None and parent == thread
        }

    async def pin(self, channel: str, ts: str, *, pinned: bool) -> None:
        self._answer("pins.add" if pinned else "pins.remove")
        self.pins.append((ts, pinned))

    async def upload(self, channel: str, thread: str, files: Sequence[File], comment: str) -> None:
        self._answer("files.completeUploadExternal")
        self.uploads.append((thread, tuple(files), comment))

    async def update(self, channel: str, ts: str, message: Message) -> None:
        self._answer("chat.update")
        self.updates.append((channel, ts, message))

    def _answer(self, method: str) -> None:
        if self.down:
            raise UnreachableError(f"Slack did not answer ({method}).")
        if self.refuse is not None:
            raise SlackRefusedError(method, self.refuse)


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
def open_planned(services: Services) -> Callable[[], Request]:
    """A planned request by Robin, as if typed."""

    def work() -> Request:
        return open_request(
            services, application="shop", target=WEST, mode=Mode.PLANNED, actor=REQUESTER, reason="maintenance",
            cmd_id="test-open",
        )  # fmt: skip

    return work


@pytest.fixture
def approver() -> Actor:
    return ada()


@pytest.fixture
def look() -> Callable[..., Observation]:
    """Make an observation: `look(clock, source=Verdict.DOWN)`."""
    return observed


@pytest_asyncio.fixture
async def place(services: Services, clock: ManualClock) -> AsyncIterator[Place]:
    async with standing(services, clock) as made:
        yield made
