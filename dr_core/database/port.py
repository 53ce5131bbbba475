"""What the product asks of a global database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dr_core.observation.model import DatabaseState
from dr_core.replication.port import Measurement
from dr_core.topology.stores import AuroraGlobal


@dataclass(frozen=True)
class DatabaseEvent:
    """What the service said about a cluster, in its own words."""

    at: datetime
    message: str


class GlobalDatabase(Protocol):
    """One global database, named by its part of the topology."""

    def state(self, spec: AuroraGlobal, *, via: str, details: bool = True) -> DatabaseState:
        """The database as the control plane of region `via` describes it.

        With `details` every member is also asked in its own region for status, instances and engine version; what does
        not answer stays None. A cluster of `via` that was detached is a member with `detached`, in its own region's
        view alone. Raises UnreachableError when `via` itself does not answer.
        """
        ...

    def switchover(self, spec: AuroraGlobal, *, source: str, target: str) -> None:
        """Start a change of writer without loss; the call goes to the region of the present writer."""
        ...

    def failover(self, spec: AuroraGlobal, *, target: str) -> None:
        """Start a change of writer that gives up what was not replicated; the call goes to the target."""
        ...

    def detach(self, spec: AuroraGlobal, *, target: str) -> None:
        """Take the target's cluster out of the global cluster: it takes writes by itself, and nobody is fenced.

        The call goes to the target. It gives up what was not replicated, and cannot be undone.
        """
        ...

    def lag(self, spec: AuroraGlobal, region: str, *, source: str) -> Measurement:
        """The last lag measured from `source` towards `region`; never raises: what cannot be had is unknown."""
        ...

    def events(self, spec: AuroraGlobal, region: str) -> tuple[DatabaseEvent, ...]:
        """What the service said about the region's cluster in the last hour, oldest first."""
        ...
