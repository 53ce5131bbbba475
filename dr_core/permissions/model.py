"""Who calls AWS, and what one part of the product asks of it besides its steps."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from dr_core.plan.kind import Need
from dr_core.topology.model import Application, Topology


class Role(StrEnum):
    """Whose identity a call is made with.

    LOOK: a person's at a terminal; whatever they ask for is done by a worker. DISCOVER: of whoever writes the first
    `dr.yaml` (`dr config discover`).
    """

    BOT = "bot"
    WORKER = "worker"
    LOOK = "look"
    DISCOVER = "discover"


@dataclass(frozen=True)
class Ground:
    """What ARNs are made from: an application of the topology, and the account that it lives in.

    `identity` is the ARN of whoever calls there, as IAM knows it.
    """

    topology: Topology
    application: str
    account: str
    identity: str

    @property
    def app(self) -> Application:
        return self.topology.applications[self.application]

    def each_region(self, action: str, *resources: str) -> Iterator[Need]:
        """In each region of the application; `{region}` in an ARN is that region."""
        for region in self.app.regions:
            yield Need(action, region, tuple(one.replace("{region}", region) for one in resources) or ("*",))


@dataclass(frozen=True)
class House:
    """The same for what the product does for all applications, in its own account."""

    topology: Topology
    account: str
    identity: str


@dataclass(frozen=True)
class Reader:
    """A part of the product that calls AWS for an application. `does` is one sentence; `roles` are all who do it."""

    name: str
    does: str
    needs: Callable[[Ground], Iterable[Need]]
    roles: frozenset[Role] = frozenset({Role.WORKER})


@dataclass(frozen=True)
class Duty:
    """The same for all applications at once."""

    name: str
    does: str
    needs: Callable[[House], Iterable[Need]]
    roles: frozenset[Role] = frozenset({Role.WORKER})


@dataclass(frozen=True)
class Grant:
    """One need, and who has it: names of readers, of duties, and of kinds of steps."""

    need: Need
    by: tuple[str, ...]
