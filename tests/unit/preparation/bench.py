"""A request that waits, a fleet that counts what it is asked for, and the duty that prepares."""

from dataclasses import dataclass, replace

import pytest

from dr_core.approvals import ack
from dr_core.approvals.model import Request
from dr_core.capacity.memory import MemoryCapacity
from dr_core.claim import Claim
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError
from dr_core.preparation.model import ItemState
from dr_core.preparation.preparing import AGAIN_S, Preparing
from dr_core.services import Services
from dr_core.store import events, preparations
from dr_core.topology.capacity import Capacity as Entry
from tests.unit.approvals.conftest import CENTRAL, WEST, actor, see

NAME = "shop/api"
STEP = "scale-target-shop-api"


class Ours:
    def __init__(self) -> None:
        self.mine = True

    def hold(self) -> bool:
        return self.mine

    def release(self) -> None:
        """Nobody waits for it."""


class Counting(MemoryCapacity):
    """Counts what was asked for, and refuses it where it is told to."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__({(NAME, WEST): 1, (NAME, CENTRAL): 4}, clock)
        self.asked: list[str] = []
        self.denied = False

    def grow(self, entry: Entry, region: str, count: int, claim: Claim) -> None:
        self._ask("grow", region, count)
        super().grow(entry, region, count, claim)

    def stand_by(self, entry: Entry, region: str, count: int, claim: Claim) -> None:
        self._ask("stand_by", region, count)
        super().stand_by(entry, region, count, claim)

    def give_back(self, entry: Entry, region: str, least: int, claim: Claim) -> None:
        self._ask("give_back", region, least)
        super().give_back(entry, region, least, claim)

    def _ask(self, what: str, region: str, count: int) -> None:
        if self.denied:
            raise DeniedError(f"permission is missing to {what}")
        self.asked.append(f"{what} {region} {count}")

    def wanted(self, region: str = WEST) -> int | None:
        return self.state(Entry.model_validate(ENTRY), region).desired


ENTRY = {"ecs": {"cluster": "shop", "service": "api", "active": 4, "standby": 1}}


@dataclass
class Bench:
    services: Services
    clock: ManualClock
    fleet: Counting
    lease: Ours

    def duty(self) -> Preparing:
        """Of a worker that has just begun."""
        return Preparing(self.services, self.lease, lambda account: self.fleet, 20.0)

    def turns(self, number: int = 8, *, watched: bool = True) -> None:
        """`watched`: the application is seen again each time."""
        duty = self.duty()
        for _ in range(number):
            if watched:
                see(self.services, down=True)
            duty.round()
            self.clock.advance(AGAIN_S)

    def state(self, request: Request) -> ItemState | None:
        item = self.services.store.read(lambda tx: preparations.get(tx, request.id)).item(STEP)
        return None if item is None else item.state

    def told(self, request: Request) -> list[str]:
        found = self.services.store.read(lambda tx: list(events.of_chain(tx, request.id)))
        return [event.kind for event in found if event.kind.startswith("prepare.")]


def cancelled(bench: Bench, request: Request) -> None:
    ack.cancel(bench.services, request.id, actor=actor(bench.services.topology, "U0REQUESTER"))


@pytest.fixture
def bench(services: Services, clock: ManualClock) -> Bench:
    approval = services.topology.approval.model_copy(update={"prepare": "auto"})
    auto = replace(services, topology=services.topology.model_copy(update={"approval": approval}))
    see(auto, down=True)
    return Bench(auto, clock, Counting(clock), Ours())
