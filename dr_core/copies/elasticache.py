"""ElastiCache Global Datastores through their API: who is the primary, and making another member the primary.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_FailoverGlobalReplicationGroup.html says what is
named, and not in which region it is to be asked. It is asked in the region that is to be the primary, which must be
there anyway; nothing of the old one is needed.
"""

from dr_core.aws.clients import ClientOf
from dr_core.aws.faults import aws_errors
from dr_core.clock import Clock
from dr_core.errors import DrError, RejectedError
from dr_core.replication.cloudwatch import Metrics
from dr_core.replication.copies import Datastore
from dr_core.replication.elasticache import ElastiCache
from dr_core.replication.port import Measurement
from dr_core.topology.stores import ElastiCacheGlobal


class ElastiCacheGroups:
    """One attempt a call: the runner repeats, so that every attempt is seen."""

    def __init__(self, client_of: ClientOf, clock: Clock) -> None:
        self._client = client_of
        self._reader = ElastiCache(client_of, Metrics(client_of, clock))

    def state(self, spec: ElastiCacheGlobal, via: str) -> Datastore:
        return self._reader.datastore(spec.group, via)

    def failover(self, spec: ElastiCacheGlobal, *, target: str) -> None:
        seen = self.state(spec, target)
        member = seen.member(target)
        if member is None:
            raise RejectedError(f"{seen.datastore} has no member in {target}.")
        with aws_errors("elasticache", target, "FailoverGlobalReplicationGroup"):
            self._client("elasticache", target).failover_global_replication_group(
                GlobalReplicationGroupId=seen.datastore,
                PrimaryRegion=target,
                PrimaryReplicationGroupId=member.group,
            )

    def lag(self, spec: ElastiCacheGlobal, region: str) -> Measurement:
        try:
            return self._reader.last_lag(spec.group, region)
        except DrError as error:
            return Measurement(None, None, f"CloudWatch, {region}", error.message)
