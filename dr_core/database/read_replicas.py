"""What the product asks of an RDS instance and its read replicas in other regions."""

from typing import Protocol

from dr_core.observation.model import DatabaseState
from dr_core.replication.port import Measurement
from dr_core.topology.stores import RdsReplica

CHANGING = frozenset({"modifying", "rebooting"})
"""Statuses of an instance that is being promoted, or changed otherwise: RDS takes no other change meanwhile."""


class ReadReplicas(Protocol):
    """One source and its replicas, named by their part of the topology.

    Nothing joins them but the replicas' own words: each region knows its own instance, and a replica its source. A
    promoted replica is a database of its own, the old source stays one, and nobody fences it.
    """

    def state(self, spec: RdsReplica, *, via: str) -> DatabaseState:
        """The instance of region `via`, and the other side as far as it names it: its source, or its replicas.

        `failover_status` is the status of a replica that is being changed; a promotion cannot be told from another
        change. Raises UnreachableError when `via` does not answer, RejectedError when it has no such instance.
        """
        ...

    def promote(self, spec: RdsReplica, *, target: str) -> None:
        """Start to make the target's replica a database that takes writes, with what it has; it cannot be undone.

        It is backed up as before.
        """
        ...

    def stop(self, spec: RdsReplica, *, region: str) -> None:
        """Start to stop an instance, so that nothing can write to it. RDS starts it again after seven days.

        RejectedError while it is a replica or has one.
        """
        ...

    def lag(self, spec: RdsReplica, region: str) -> Measurement:
        """The last lag of the region's replica in seconds; never raises: what cannot be had is unknown."""
        ...
