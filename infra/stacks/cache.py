"""Caches: an ElastiCache global datastore, with a replication group of the same name in each region.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastore.html
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache

from dr_core.topology.model import Application
from infra.place import Level, Part, Place
from infra.sharing import made_by
from infra.stacks.keys import Keys
from infra.stacks.network import Network

PORT = 6379
_ENGINE, _VERSION = "redis", "7.1"
NODES = 2
"""In each region, in two zones: a secondary takes automatic failover over from the primary, which needs two."""
_SNAPSHOT_DAYS = 7


class Cache(Part):
    """The application's caches in the region"""

    concern = "cache"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return bool(_groups(place))

    def build(self) -> None:
        place, network = self.place, self.place.stack(Network)
        self.guard = ec2.SecurityGroup(
            self, "Guard", vpc=network.vpc, description=f"The caches of {place.owner}", allow_all_outbound=False
        )
        for name in _users(place):
            self.guard.add_ingress_rule(network.services[name], ec2.Port.tcp(PORT), f"What {name} runs")
        self.subnets = elasticache.CfnSubnetGroup(
            self, "Subnets", description=f"The caches of {place.owner}",
            subnet_ids=network.vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids,
        )  # fmt: skip
        for index, group in _groups(place):
            self._group(index + 1, group)

    def _group(self, number: int, group: str) -> None:
        place = self.place
        role = self._first() if place.is_home else self._follower(number)
        made = elasticache.CfnReplicationGroup(
            self, f"Group{number}", replication_group_id=group, replication_group_description=f"Of {place.owner}",
            num_cache_clusters=NODES, automatic_failover_enabled=True, multi_az_enabled=True,
            cache_subnet_group_name=self.subnets.ref, security_group_ids=[self.guard.security_group_id],
            kms_key_id=place.stack(Keys).key.key_arn, **role,
        )  # fmt: skip
        made.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        if place.is_home:
            self._datastore(number, group, made)

    def _first(self) -> dict[str, Any]:
        return {
            "engine": _ENGINE,
            "engine_version": _VERSION,
            "cache_node_type": self.place.config.built(self.place.owner).cache_node,
            "port": PORT,
            "at_rest_encryption_enabled": True,
            "transit_encryption_enabled": True,
            "snapshot_retention_limit": _SNAPSHOT_DAYS,
        }

    def _follower(self, number: int) -> dict[str, Any]:
        """A secondary has engine, size and encryption from the primary, and is refused with its own."""
        first = self.place.elsewhere(Cache, self.place.home)
        return {"global_replication_group_id": self.output_of(f"Datastore{number}Of", first, f"Datastore{number}Id")}

    def _datastore(self, number: int, group: str, made: Any) -> None:
        member = {
            "replicationGroupId": made.ref,
            "replicationGroupRegion": self.place.region,
            "role": "PRIMARY",
        }
        whole = elasticache.CfnGlobalReplicationGroup(
            self, f"Datastore{number}", global_replication_group_id_suffix=group, members=[member],
            automatic_failover_enabled=True, global_replication_group_description=f"Of {self.place.owner}",
        )  # fmt: skip
        whole.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        cdk.CfnOutput(self, f"Datastore{number}Id", value=whole.ref)


def _groups(place: Place) -> list[tuple[int, str]]:
    return made_by(place.config, place.owner, _named)


def _users(place: Place) -> list[str]:
    """The applications that name one of these caches, and run in the region."""
    made = {group for _, group in _groups(place)}
    return [
        name
        for name, app in place.config.applications.items()
        if place.region in app.regions and made.intersection(_named(name, app))
    ]


def _named(_: str, app: Application) -> list[str]:
    return [one.elasticache_global.group for one in app.cache if one.elasticache_global]
