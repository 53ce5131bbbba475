"""Where an application is active by what the store has, and whether that was observed or only assumed."""

from dataclasses import dataclass

from dr_core.errors import NotFoundError
from dr_core.observation.active import active_region, observed_region
from dr_core.observation.model import Observation
from dr_core.store import observations
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology


@dataclass(frozen=True)
class Whereabouts:
    """`region` is None when more than one writes. `observed`: the writer or DNS told it; nothing was assumed."""

    observation: Observation | None
    region: str | None
    reason: str
    observed: bool


def locate(tx: Tx, topology: Topology, application: str) -> Whereabouts:
    """The active region by the last observation, what runs left behind, and the configuration, in this order."""
    entry = topology.applications[application]
    seen = observations.latest(tx, application)
    fences = observations.region_fences(tx, application)
    region, reason = active_region(entry, seen, observations.active_region(tx, application), fences)
    return Whereabouts(seen, region, reason, observed_region(entry, seen, fences) is not None)


def application_of(topology: Topology, name: str) -> Application:
    """The application's part of the topology; NotFoundError names those there are."""
    entry = topology.applications.get(name)
    if entry is None:
        known = ", ".join(sorted(topology.applications))
        raise NotFoundError(f"There is no application {name}.", hint=f"Known: {known}.")
    return entry
