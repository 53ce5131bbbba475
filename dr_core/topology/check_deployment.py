"""Cross-checks of `deployment` against the rest of the file. Pure."""

from collections.abc import Iterator
from ipaddress import ip_network
from itertools import combinations

from dr_core.topology.deployment import Deployment
from dr_core.topology.findings import TopologyFinding, fatal, warning
from dr_core.topology.model import Topology


def check_deployment(topology: Topology) -> Iterator[TopologyFinding]:
    """Nothing where nothing is to be deployed."""
    if topology.deployment is not None:
        yield from _names(topology, topology.deployment)
        yield from _places(topology, topology.deployment)


def _names(topology: Topology, deployment: Deployment) -> Iterator[TopologyFinding]:
    for name in deployment.applications:
        if name not in topology.applications:
            yield fatal(f"deployment.applications.{name}", "no application has this name", "Add it, or take it out")
    for name in topology.applications:
        if name not in deployment.applications:
            yield warning("deployment.applications", f"{name} is not deployed from here", "Add it if it should be")
        if name == deployment.name:
            yield fatal("deployment.name", f"{name} is an application's name", "Choose another: stacks are named by it")


def _places(topology: Topology, deployment: Deployment) -> Iterator[TopologyFinding]:
    for part, regions in (("cidrs", deployment.cidrs), ("zones", deployment.zones)):
        for region in regions:
            if region not in topology.residency.allowed_regions:
                yield fatal(f"deployment.{part}.{region}", f"{region} is no allowed region", "Take it out")
    for region, zones in deployment.zones.items():
        if len(set(zones)) < 2:
            yield fatal(f"deployment.zones.{region}", "a database needs two zones", "Name at least two")
        for zone in zones:
            if not zone.startswith(region):
                yield fatal(f"deployment.zones.{region}", f"{zone} is no zone of {region}", f"Such as {region}a")
    for (one, a), (other, b) in combinations(deployment.cidrs.items(), 2):
        if ip_network(a).overlaps(ip_network(b)):
            yield fatal(f"deployment.cidrs.{other}", f"{b} overlaps with {a} of {one}", "Choose another network")
