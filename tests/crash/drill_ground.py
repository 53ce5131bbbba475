"""A drill on virtual time: its store, a world in memory, and workers that die and follow each other."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dr_core.approvals.model import Actor, Face
from dr_core.approvals.proof import AckSigner
from dr_core.aws.session import AwsSessions
from dr_core.capacity.memory import MemoryCapacity
from dr_core.clock import ManualClock
from dr_core.drills.asking import ask
from dr_core.drills.carrying import Carrying
from dr_core.drills.kinds import by_account
from dr_core.drills.memory import MemoryClones, MemoryDryCalls, MemoryObjects
from dr_core.drills.model import Drill, DrillKind, Stage
from dr_core.drills.port import CloneSource, DrillPorts
from dr_core.failpoints import Point, When, armed
from dr_core.replication.copies import KeyView
from dr_core.replication.memory import MemorySecrets
from dr_core.replication.memory_copies import MemoryKeys
from dr_core.replication.port import SecretView
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import drills, observations
from dr_core.topology.model import Topology
from dr_core.verify.memory import MemoryProbe
from tests.crash.databases import Database
from tests.unit.approvals.conftest import observed

CENTRAL, WEST = "eu-central-1", "eu-west-1"
ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK, slack_user="U0ADA")
BUCKETS = ("shop-web-eu-central-1", "shop-web-eu-west-1")
PATIENCE_S = 7200.0
LEASE_OVER_S = 21.0


@dataclass
class Ground:
    """`unintended`: drills that changed something while no intent of it was stored."""

    services: Services
    database: Database
    clock: ManualClock
    capacity: MemoryCapacity
    objects: MemoryObjects
    clones: MemoryClones
    ports: DrillPorts
    unintended: list[str] = field(default_factory=list)
    lives: int = 0

    def ask(self, kind: DrillKind, cmd_id: str = "c-1") -> Drill:
        return ask(self.services, "shop", kind, actor=ADA, cmd_id=cmd_id)

    def worker(self) -> Carrying:
        self.lives += 1
        return Carrying(self.services, by_account(self.services, self.ports), owner=f"w{self.lives}")

    def drill(self, name: str) -> Drill:
        return self.services.store.read(lambda tx: drills.get(tx, name))

    def live(self, name: str, hook: Callable[[Point, When], None] | None = None) -> Drill:
        """One worker from here to the end of the drill."""
        worker, end = self.worker(), self.clock.monotonic() + PATIENCE_S

        def heard(point: Point, when: When) -> None:
            if (point, when) == (Point.DRILL_CALL, When.BEFORE):
                stages = {one.stage for one in self.drill(name).exercises}
                if not stages & {Stage.TRIED, Stage.JUDGED}:
                    self.unintended.append(name)
            if hook is not None and point.value.startswith("drill."):
                hook(point, when)

        with armed(heard):
            while not self.drill(name).state.finished:
                assert self.clock.monotonic() < end, self.drill(name).exercises
                worker.round()
                self.clock.advance(5)
        return self.drill(name)

    def picture(self) -> tuple[Any, ...]:
        """What outlives a process: the store as committed, the world, the time."""
        known = {id(self.clock): self.clock}
        world = [copy.deepcopy(vars(part), dict(known)) for part in self._world]
        return self.database.photo(), world, self.clock.now(), self.clock.monotonic()

    def back_to(self, picture: tuple[Any, ...]) -> None:
        photo, world, now, monotonic = picture
        self.database.back_to(photo)
        vars(self.clock).update(_now=now, _monotonic=monotonic)
        for part, seen in zip(self._world, world, strict=True):
            vars(part).update(copy.deepcopy(seen, {id(self.clock): self.clock}))

    @property
    def _world(self) -> tuple[object, ...]:
        return self.capacity, self.objects, self.clones

    def left(self) -> dict[str, object]:
        """What of the world is not as it was."""
        entry = self.services.topology.applications["shop"].capacity[0]
        state = self.capacity.state(entry, WEST)
        objects = {
            bucket: self.objects.versions(bucket, bucket.removeprefix("shop-web-"), "dr-drill/") for bucket in BUCKETS
        }
        found: dict[str, object] = {bucket: versions for bucket, versions in objects.items() if versions}
        if (state.desired, state.running) != (1, 1):
            found["copies"] = (state.desired, state.running)
        return found | {name: clone for (_, name), clone in self.clones.made.items()}


def ground(database: Database, clock: ManualClock, shop: Topology, signer: AckSigner) -> Ground:
    """The shop at work in the first region, everything well in the second."""
    store = database.store
    services = Services(shop, store, clock, read_settings({}), AwsSessions.for_topology(shop), signer)
    store.write(lambda tx: observations.save(tx, observed(clock.now())))
    capacity = MemoryCapacity({("shop/api", CENTRAL): 4, ("shop/api", WEST): 1}, clock, takes_s=10)
    objects = MemoryObjects(BUCKETS, clock)
    objects.copies_to = {BUCKETS[1]: BUCKETS[0]}
    source = CloneSource("db.r6g.large", "aurora-postgresql", "shop.example", 5432)
    clones = MemoryClones({(WEST, "shop-eu-west-1"): source}, clock, takes_s=20)
    views = {(name, WEST): SecretView(WEST, "v1", CENTRAL, {}) for name in shop.applications["shop"].secrets}
    keys = {("alias/shop", region): KeyView(region, "mrk-1", "Enabled", True, CENTRAL) for region in (CENTRAL, WEST)}
    ports = DrillPorts(
        capacity=capacity,
        objects=objects,
        keys=MemoryKeys(views=keys, tried_at=datetime(2026, 1, 5, tzinfo=UTC)),
        secrets=MemorySecrets(views),
        clones=clones,
        dry=MemoryDryCalls(set()),
        probe=MemoryProbe({"https://api-eu-west-1.example.com/health": WEST}),
        reach=lambda host, port: "",
    )
    return Ground(services, database, clock, capacity, objects, clones, ports)


def alone(shop: Topology) -> Topology:
    """The shop with what leaves something behind, and little else: less to be killed at."""
    entry = shop.applications["shop"].model_copy(update={"secrets": (), "health": ()})
    return shop.model_copy(update={"applications": {"shop": entry}})


class At:
    """Something happens the how-manieth time that anything was just made lasting."""

    def __init__(self, number: int, happens: Callable[[], object]) -> None:
        self._left = number
        self._happens = happens
        self.where: tuple[Point, When] | None = None

    def __call__(self, point: Point, when: When) -> None:
        self._left -= when is When.AFTER
        if self._left == 0 and self.where is None:
            self.where = (point, when)
            self._happens()
