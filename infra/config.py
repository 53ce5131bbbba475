"""What the stacks are made from: the topology and its `deployment`, and what follows from both. Names no resource."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dr_core.errors import ConfigError
from dr_core.topology.deployment import Built, Deployment, Size
from dr_core.topology.load import load_checked
from dr_core.topology.model import Application, Topology
from dr_core.topology.networks import network_of


@dataclass(frozen=True)
class Config:
    """A topology that is to be deployed. `source`: the file as it was written, which the bot's processes read."""

    topology: Topology
    deployment: Deployment
    source: str = ""

    @cached_property
    def applications(self) -> dict[str, Application]:
        """Those that are deployed from here, in the order of the file."""
        return {name: app for name, app in self.topology.applications.items() if name in self.deployment.applications}

    def sized(self, size: Size) -> "Config":
        """The same in another size."""
        deployment = self.deployment.model_copy(update={"size": size})
        topology = self.topology.model_copy(update={"deployment": deployment})
        return replace(self, topology=topology, deployment=deployment)

    def built(self, application: str) -> Built:
        return self.deployment.applications[application]

    def home(self, application: str) -> str:
        """The region that owns what can have one owner only, wherever the application runs by now."""
        return self.built(application).home or self.applications[application].primary

    def copies(self, application: str) -> tuple[str, ...]:
        """Its other regions, in the order of the file."""
        return tuple(one for one in self.applications[application].regions if one != self.home(application))

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Every region with something in it: the applications' in the order of the file, then the control region."""
        found = [region for app in self.applications.values() for region in app.regions]
        return tuple(dict.fromkeys([*found, self.topology.control_region]))

    def cidr(self, region: str) -> str:
        """The region's network: as given, or the one that is the region's own whatever else the file says."""
        found = network_of(self.deployment, region)
        assert found is not None, f"{region} has no network, which the check of the file would have said"
        return found

    def zones(self, region: str) -> tuple[str, ...]:
        return self.deployment.zones.get(region, (f"{region}a", f"{region}b"))


def read_config(path: Path) -> Config:
    """The file, checked; ConfigError where it is wrong or has nothing to deploy."""
    topology = load_checked(path)
    if topology.deployment is None:
        raise ConfigError(f"{path}: `deployment` is missing: nothing says what to build", hint="See docs/deployment.md")
    return Config(topology, topology.deployment, path.read_text(encoding="utf-8"))
