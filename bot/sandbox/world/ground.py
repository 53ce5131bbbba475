"""What every simulated service stands on: the account, the topology, time, faults, the record, and each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, TypeVar

from bot.sandbox.world.api import Call, Operations, Reply
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
    """One world's; a service asks it for the others that it works with.

    `policies` of principals by their ARN are enforced; None: everybody may do everything. `within(principal, call,
    environ, body)` answers what one service asks of another in somebody's name.
    """

    within: Callable[[str, Call, dict[str, Any], bytes], Reply]

    def __init__(
        self,
        topology: Topology,
        clock: Clock,
        speed: float,
        policies: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        self.topology = topology
        self.policies = policies
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
