"""Is the member of a cache in a region there and usable, by that region's own control plane?"""

from dr_core.health.control_plane import Judgement
from dr_core.observation.model import SignalState
from dr_core.replication.copies import CacheView

# A group that is being changed or copied serves all the while, one of these does not:
# https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReplicationGroup.html
_UNUSABLE = frozenset({"creating", "create-failed", "deleting"})


def judge_cache(region: str, view: CacheView) -> Judgement:
    """A datastore as `region` has described it."""
    member = view.member(region)
    if member is None or view.own_status is None:
        return SignalState.BAD, f"{view.datastore} has no member in {region}"
    detail = f"{member.role.lower() or 'role not told'}, {view.own_status}, {member.status}"
    return (SignalState.BAD if view.own_status in _UNUSABLE else SignalState.OK), detail
