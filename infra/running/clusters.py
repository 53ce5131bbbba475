"""Clusters of ECS, each made once in a region, however many applications run services in it."""

from aws_cdk import aws_ecs as ecs

from dr_core.topology.model import Application
from infra.config import Config
from infra.place import Part
from infra.stacks.network import Network

COMPUTE, CONSUMERS = "compute", "consumers"


def cluster_of(part: Part, name: str, made: dict[str, ecs.ICluster]) -> ecs.ICluster:
    """The cluster, which the stack that has it first makes; `made`: what this stack has made so far."""
    place = part.place
    owner, concern = home_of(place.config, place.region, name)
    if (owner, concern) != (place.application, part.concern):
        others: dict[str, ecs.ICluster] = place.everywhere[owner, concern, place.region].clusters
        return others[name]
    if name not in made:
        made[name] = ecs.Cluster(
            part, f"Cluster-{name}", cluster_name=name, vpc=place.stack(Network).vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )  # fmt: skip
    return made[name]


def home_of(config: Config, region: str, name: str) -> tuple[str, str]:
    """(application, concern) of the stack that makes the cluster in this region. Pure."""
    here = {owner: app for owner, app in config.applications.items() if region in app.regions}
    for concern, named in ((COMPUTE, _capacity), (CONSUMERS, _consumers)):
        for owner, app in here.items():
            if name in named(app):
                return owner, concern
    raise KeyError(name)


def _capacity(app: Application) -> set[str]:
    return {entry.ecs.cluster for entry in app.capacity if entry.ecs}


def _consumers(app: Application) -> set[str]:
    return {entry.ecs_poller.cluster for entry in app.consumers if entry.ecs_poller}
