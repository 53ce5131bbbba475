"""What every simulated service stands on: the account, the topology, time, faults, the record, and each other."""

from typing import ClassVar, Protocol, TypeVar

from bot.sandbox.world.api import Operations
from bot.sandbox.world.blueprint import account_of, endpoint_regions_of, regions_of
from bot.sandbox.world.call_log import CallLog
from bot.sandbox.world.faults import FaultBook
from bot.sandbox.world.timeline import Timeline
from dr_core.clock import Clock
from dr_core.topology.model import Topology


class Part(Protocol):
    """Whatever there is one of in a world."""

    def __init__(self, ground: "Ground") -> None: ...


class Service(Part, Protocol):
    """What AWS offers by an API. `PAGES`: by name of the boto3 client, the address of an operation's page."""

    PAGES: ClassVar[dict[str, str]]

    def operations(self) -> Operations: ...


P = TypeVar("P", bound=Part)


class Ground:
    """One world's; a service asks it for the others that it works with."""

    def __init__(self, topology: Topology, clock: Clock, speed: float) -> None:
        self.topology = topology
        self.account = account_of(topology)
        self.regions = regions_of(topology)
        self.timeline = Timeline(clock, speed)
        self.faults = FaultBook(self.timeline, tuple(dict.fromkeys((*self.regions, *endpoint_regions_of(topology)))))
        self.log = CallLog()
        self._parts: dict[type[Part], Part] = {}

    def part(self, kind: type[P]) -> P:
        """The one of this kind; it is made when somebody asks first."""
        found = self._parts.get(kind)
        if not isinstance(found, kind):
            found = self._parts[kind] = kind(self)
        return found
