"""Is the member of a cache in a region there and usable, by that region's own control plane?"""

from datetime import datetime

from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.replication.copies import CacheView

# A group that is being changed or copied serves all the while, one of these does not:
# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
_UNUSABLE = frozenset({"creating", "create-failed", "deleting"})


def cache_signal(region: str, view: CacheView, name: str, at: datetime, latency_ms: float) -> Signal:
    """The signal of a datastore that its region has described."""
    state, detail = _judged(region, view)
    return Signal(
        region=region,
        component="cache",
        name=name,
        vantage=Vantage.CONTROL_PLANE,
        state=state,
        detail=detail,
        latency_ms=latency_ms,
        observed_at=at,
        source=f"ElastiCache DescribeGlobalReplicationGroups and DescribeReplicationGroups, {region}",
    )


def _judged(region: str, view: CacheView) -> tuple[SignalState, str]:
    member = view.member(region)
    if member is None or view.own_status is None:
        return SignalState.BAD, f"{view.datastore} has no member in {region}"
    detail = f"{member.role.lower() or 'role not told'}, {view.own_status}, {member.status}"
    return (SignalState.BAD if view.own_status in _UNUSABLE else SignalState.OK), detail
