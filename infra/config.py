"""What the stacks are made from: the topology and its `deployment`, and what follows from both. Names no resource."""

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path

from dr_core.errors import ConfigError
from dr_core.topology.deployment import Built, Deployment
from dr_core.topology.load import load_checked
from dr_core.topology.model import Application, Topology


@dataclass(frozen=True)
class Config:
    """A topology that is to be deployed."""

    topology: Topology
    deployment: Deployment

    @cached_property
    def applications(self) -> dict[str, Application]:
        """Those that are deployed from here, in the order of the file."""
        return {name: app for name, app in self.topology.applications.items() if name in self.deployment.applications}

    def built(self, application: str) -> Built:
        return self.deployment.applications[application]

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every region with something in it: the applications' in the order of the file, then the control region."""
        found = [region for app in self.applications.values() for region in app.regions]
        return tuple(dict.fromkeys([*found, self.topology.control_region]))

    def cidr(self, region: str) -> str:
        """The region's network: as given, or the first 10.N.0.0/16 that overlaps with none that is."""
        given = {name: ip_network(text) for name, text in self.deployment.cidrs.items()}
        if region in given:
            return str(given[region])
        free = [
            net for net in ip_network("10.0.0.0/8").subnets(new_prefix=16) if not any(map(net.overlaps, given.values()))
        ]
        return str(free[20 + [one for one in self.regions if one not in given].index(region)])

    def zones(self, region: str) -> tuple[str, ...]:
        return self.deployment.zones.get(region, (f"{region}a", f"{region}b"))


def read_config(path: Path) -> Config:
    """The file, checked; ConfigError where it is wrong or has nothing to deploy."""
    topology = load_checked(path)
    if topology.deployment is None:
        raise ConfigError(f"{path}: `deployment` is missing: nothing says what to build", hint="See docs/deployment.md")
    return Config(topology, topology.deployment)
