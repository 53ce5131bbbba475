"""In which order applications leave a region: what others depend on goes first. Pure."""

from collections.abc import Collection, Iterable
from graphlib import TopologicalSorter

from dr_core.approvals.scope import needs
from dr_core.evacuation.model import Left
from dr_core.topology.model import Topology


def before(topology: Topology, application: str, among: Collection[str]) -> tuple[str, ...]:
    """Those `among` the applications that this one depends on, also through one that does not go; by name."""
    return tuple(sorted(set(needs(topology, application)) & set(among)))


def without(topology: Topology, application: str, after: Collection[str], left: Iterable[Left]) -> tuple[str, ...]:
    """What it depends on and does not wait for: that stays behind in the region, and nobody has asked for it."""
    behind = {one.application for one in left if one.here} - set(after)
    return before(topology, application, behind)


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
