"""The shop with two colours: its regions in memory, and workers on virtual time that carry releases out."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from dr_core.approvals.model import Actor, Face
from dr_core.errors import DrError
from dr_core.releases.asking import Proposal, ask
from dr_core.releases.memory import MemoryArtifacts, MemoryColours, MemoryPointers, memory_ports
from dr_core.releases.model import Release, Verb
from dr_core.releases.moving import Moving
from dr_core.services import Services
from dr_core.store import releases
from dr_core.topology.model import Topology
from dr_core.topology.release import Colour
from dr_core.topology.release import Release as Colours
from tests.unit.approvals.conftest import CENTRAL, WEST, actor, enrol, services  # noqa: F401
from tests.unit.control import conftest as control

store = control.store
POINTER = "/shop/release"
BUCKETS = {CENTRAL: "shop-web-eu-central-1", WEST: "shop-web-eu-west-1"}
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA", team="T0HOME")


def url(colour: str, region: str) -> str:
    return f"https://{colour}-{region}.example.com/health"


def coloured(shop: Topology, **more: object) -> Topology:
    """The shop with `release`: blue serves, green stands beside it."""
    colours = {
        name: Colour(prefix=f"{name}/", health={region: url(name, region) for region in BUCKETS})
        for name in ("blue", "green")
    }
    release = Colours.model_validate({"pointer": POINTER, "colours": colours, "hold": timedelta(minutes=1), **more})
    entry = shop.applications["shop"].model_copy(update={"release": release})
    return shop.model_copy(update={"applications": {"shop": entry}})


@dataclass
class Regions:
    """What outlives a worker, and what befalls the calls that reach it: `fails` by (operation, region)."""

    services: Services
    fails: dict[tuple[str, str], DrError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        objects = {
            bucket: {f"{colour}/app.js": colour.encode() for colour in ("blue", "green")} for bucket in BUCKETS.values()
        }
        self.pointers = MemoryPointers({(POINTER, region): "blue" for region in BUCKETS}, self._befalls)
        self.artifacts = MemoryArtifacts(objects, self._befalls)
        self.colours = MemoryColours(self.services.clock)
        self.lives = 0

    def _befalls(self, operation: str, region: str) -> None:
        if (operation, region) in self.fails:
            raise self.fails[operation, region]

    def down(self, region: str, error: DrError) -> None:
        self.fails |= {(operation, region): error for operation in ("read", "put", "list", "head")}

    @property
    def live(self) -> dict[str, str]:
        return {region: self.pointers.pointers[POINTER, region].value for region in BUCKETS}

    def worker(self) -> Moving:
        self.lives += 1
        ports = memory_ports(self.pointers, self.artifacts, self.colours)
        return Moving(self.services, lambda account: ports, owner=f"w{self.lives}")

    def ask(self, verb: Verb = Verb.PROMOTE, cmd_id: str = "", by: str = "U0ADA", **more: object) -> Release:
        proposal = Proposal("shop", verb, **more)  # type: ignore[arg-type]
        self.lives += 1
        who = actor(self.services.topology, by)
        return ask(self.services, proposal, actor=who, cmd_id=cmd_id or f"c-{self.lives}")

    def get(self, release_id: str) -> Release:
        return self.services.store.read(lambda tx: releases.get(tx, release_id))

    def live_through(self, release_id: str, worker: Moving | None = None, *, most_s: float = 3600) -> Release:
        """One worker from here to the end of the release."""
        mine, clock = worker or self.worker(), self.services.clock
        end = clock.monotonic() + most_s
        while not self.get(release_id).state.finished and clock.monotonic() < end:
            mine.round()
            clock.advance(1)  # type: ignore[attr-defined]
        return self.get(release_id)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is written is the same on each database; how it is written is tested in tests/unit/store."""
    return sqlite_url


@pytest.fixture
def shop(shop: Topology) -> Topology:
    return coloured(shop)


@pytest.fixture
def regions(services: Services) -> Regions:  # noqa: F811
    enrol(services, approvers=("U0ADA",))
    return Regions(services)
