"""Pollers of queues: at work in the primary region alone. Nothing scales them, so that none starts by itself."""

from aws_cdk import aws_ecs as ecs

from infra.place import Level, Part, Place
from infra.running.clusters import CONSUMERS, cluster_of
from infra.running.service import Running


class Consumers(Part):
    """What takes the application's work from queues"""

    concern = CONSUMERS
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(entry.ecs_poller for entry in place.app.consumers)

    def build(self) -> None:
        self.clusters: dict[str, ecs.ICluster] = {}
        shared = Running(self)
        for spec in (entry.ecs_poller for entry in self.place.app.consumers if entry.ecs_poller):
            count = spec.count if self.place.is_primary else 0
            shared.service(spec, cluster_of(self, spec.cluster, self.clusters), count)
