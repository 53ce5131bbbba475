"""In which order applications leave a region: what others depend on goes first. Pure."""

from collections.abc import Collection
from graphlib import TopologicalSorter

from dr_core.approvals.scope import needs
from dr_core.topology.model import Topology


def before(topology: Topology, application: str, among: Collection[str]) -> tuple[str, ...]:
    """Those `among` the applications that this one depends on, also through one that does not go; by name."""
    return tuple(sorted(set(needs(topology, application)) & set(among)))


def waves(topology: Topology, applications: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Each wave needs nothing but the waves before it; in a wave the order is that of the file."""
    sorter = TopologicalSorter({name: before(topology, name, applications) for name in applications})
    sorter.prepare()
    found: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = set(sorter.get_ready())
        found.append(tuple(name for name in topology.applications if name in ready))
        sorter.done(*ready)
    return tuple(found)
