"""ElastiCache Global Datastores: a primary replication group and secondaries in other regions, their lag and failover.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Redis-Global-Datastore.html

What AWS's documentation leaves open and is decided here: the lag has no datapoint while its primary's region is down,
and a datastore can be described and failed over in the region of each member.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from moto.elasticache.models import ReplicationGroup, elasticache_backends

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters, Reply
from bot.sandbox.world.faults import FaultKind
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

FAILOVER_S = 60.0
JOINING_S = 60.0
QUIET_LAG_S = 0.5
_MOST = 100
# AWS puts five characters of its own before the name that people give.
PREFIX = "sndbx"
_PREFIXED = re.compile(r"^[a-z]{5}-")


@dataclass
class Datastore:
    """One Global Datastore. `members`: region to replication group; `frozen`: since when a secondary gets nothing."""

    id: str
    members: dict[str, str]
    primary: str
    status: str = "available"
    joining: set[str] = field(default_factory=set)
    frozen: dict[str, datetime] = field(default_factory=dict)


class ElastiCacheGlobal:
    """Replication groups are moto's; what joins them is kept here."""

    PAGES: ClassVar[dict[str, str]] = {
        "elasticache": "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._faults = ground.faults
        self.datastores: dict[str, Datastore] = {}
        ground.faults.subscribe(self._freeze)

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "CreateGlobalReplicationGroup": self.create,
            "CreateReplicationGroup": self.create_member,
            "DescribeGlobalReplicationGroups": self.describe,
            "FailoverGlobalReplicationGroup": self.failover,
            "DisassociateGlobalReplicationGroup": self.disassociate,
        }
        return {("elasticache", name): handler for name, handler in table.items()}

    # -- the world's view --------------------------------------------------------------------------------------------

    def join(self, name: str, members: dict[str, str], primary: str) -> None:
        """Replication groups that exist become one datastore, named in full or by the suffix alone."""
        identifier = name if _PREFIXED.match(name) else f"{PREFIX}-{name}"
        self.datastores.setdefault(identifier, Datastore(identifier, members, primary))

    def nodes(self, store: Datastore, region: str) -> list[str]:
        """Cache clusters of the member in this region."""
        group = self._group(region, store.members[region])
        return [] if group is None else list(group.member_clusters)

    def lag(self, store: Datastore, region: str) -> float:
        """Seconds that the secondary is behind."""
        since = store.frozen.get(region)
        if since is not None:
            return max(0.0, (self._timeline.now - since).total_seconds())
        fault = self._faults.lasting(FaultKind.REPLICATION_LAG, (store.primary, region), "elasticache")
        if fault is not None and fault.value is not None:
            return fault.value
        return QUIET_LAG_S + (int(self._timeline.monotonic) * 41 % 300) / 1000

    def publishes(self, store: Datastore, region: str) -> bool:
        """Secondaries only, and only while both sides are there."""
        return region != store.primary and self._faults.up(store.primary) and self._faults.up(region)

    # -- operations --------------------------------------------------------------------------------------------------

    def create(self, call: Call) -> Parameters:
        """A primary alone; it is available as a datastore once a secondary has joined."""
        suffix, group = call.text("GlobalReplicationGroupIdSuffix"), call.text("PrimaryReplicationGroupId")
        if self._group(call.region, group) is None:
            raise AwsError("ReplicationGroupNotFoundFault", f"Replication group {group} not found.", 404)
        identifier = f"{PREFIX}-{suffix}"
        if identifier in self.datastores:
            raise AwsError("GlobalReplicationGroupAlreadyExistsFault", f"{identifier} already exists.")
        store = self.datastores[identifier] = Datastore(identifier, {call.region: group}, call.region, "primary-only")
        return {"GlobalReplicationGroup": self._described(store)}

    def create_member(self, call: Call) -> Reply:
        """With a GlobalReplicationGroupId it becomes a secondary, after a while."""
        named = call.parameters.get("GlobalReplicationGroupId")
        store = self._store(call, str(named)) if named else None
        reply = call.forward()
        if store is not None and reply.ok:
            region = call.region
            store.members[region] = call.text("ReplicationGroupId")
            store.joining.add(region)
            self._timeline.after(JOINING_S, lambda: self._joined(store, region))
        return reply

    def describe(self, call: Call) -> Parameters:
        """What has a member in the region that is asked; members only when they are asked for."""
        named = call.parameters.get("GlobalReplicationGroupId")
        found = [store for store in self.datastores.values() if call.region in store.members]
        if named:
            found = [self._store(call, str(named))]
        described = [self._described(store) for store in found]
        if not call.parameters.get("ShowMemberInfo"):
            for entry in described:
                entry.pop("Members")
        refusal = AwsError("InvalidParameterValue", "The marker is not valid.")
        asked = call.parameters
        listed, rest = page(described, asked.get("Marker"), int(asked.get("MaxRecords") or _MOST), refusal)
        return {"GlobalReplicationGroups": listed, **({"Marker": rest} if rest else {})}

    def failover(self, call: Call) -> Parameters:
        """The named secondary is promoted, with what it has; the old primary becomes a secondary."""
        store, target = self._store(call, call.text("GlobalReplicationGroupId")), call.text("PrimaryRegion")
        if store.members.get(target) != call.text("PrimaryReplicationGroupId"):
            raise AwsError("InvalidParameterValue", f"{target} has no such member of {store.id}.")
        if store.status != "available" or target in store.joining:
            raise AwsError("InvalidGlobalReplicationGroupState", f"{store.id} is {store.status}.")
        if target == store.primary:
            raise AwsError("InvalidParameterValue", f"{target} is the primary region already.")
        store.status = "modifying"
        self._timeline.after(FAILOVER_S, lambda: self._promote(store, target))
        return {"GlobalReplicationGroup": self._described(store)}

    def disassociate(self, call: Call) -> Parameters:
        """A secondary becomes a replication group of its own."""
        store, region = self._store(call, call.text("GlobalReplicationGroupId")), call.text("ReplicationGroupRegion")
        if store.members.get(region) != call.text("ReplicationGroupId") or region == store.primary:
            raise AwsError("InvalidParameterValue", f"{region} has no such secondary of {store.id}.")
        store.members.pop(region)
        store.frozen.pop(region, None)
        store.status = "available" if len(store.members) > 1 else "primary-only"
        return {"GlobalReplicationGroup": self._described(store)}

    # -- time --------------------------------------------------------------------------------------------------------

    def _joined(self, store: Datastore, region: str) -> None:
        store.joining.discard(region)
        store.status = "available"

    def _promote(self, store: Datastore, target: str) -> None:
        store.primary, store.status = target, "available"
        store.frozen.clear()
        self._freeze()

    def _freeze(self) -> None:
        """Faults came or went: a secondary that gets nothing falls behind from now on."""
        for store in self.datastores.values():
            for region in store.members:
                if region == store.primary or self._flows(store, region):
                    store.frozen.pop(region, None)
                else:
                    store.frozen.setdefault(region, self._timeline.now)

    def _flows(self, store: Datastore, region: str) -> bool:
        sides = (store.primary, region)
        stopped = self._faults.lasting(FaultKind.REPLICATION_STOPS, sides, "elasticache") is not None
        return not stopped and all(self._faults.up(side) for side in sides)

    # -- what it looks like ------------------------------------------------------------------------------------------

    def _described(self, store: Datastore) -> Parameters:
        return {
            "GlobalReplicationGroupId": store.id,
            "GlobalReplicationGroupDescription": store.id,
            "Status": store.status,
            "Engine": "redis",
            "EngineVersion": "7.1",
            "CacheNodeType": "cache.r6g.large",
            "ClusterEnabled": False,
            "ARN": f"arn:aws:elasticache::{self._account}:globalreplicationgroup:{store.id}",
            "Members": [
                {
                    "ReplicationGroupId": group,
                    "ReplicationGroupRegion": region,
                    "Role": "PRIMARY" if region == store.primary else "SECONDARY",
                    "AutomaticFailover": "enabled",
                    "Status": "associating" if region in store.joining else "associated",
                }
                for region, group in store.members.items()
            ],
        }

    def _store(self, call: Call, identifier: str) -> Datastore:
        store = self.datastores.get(identifier)
        if store is None or (call.region not in store.members and call.operation.startswith("Describe")):
            raise AwsError("GlobalReplicationGroupNotFoundFault", f"{identifier} does not exist.", 404)
        return store

    def _group(self, region: str, group: str) -> ReplicationGroup | None:
        found: ReplicationGroup | None = elasticache_backends[self._account][region].replication_groups.get(group)
        return found
