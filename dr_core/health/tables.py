"""Is a DynamoDB table there and usable in a region, by that region's own control plane?"""

from dr_core.health.control_plane import Judgement
from dr_core.observation.model import SignalState
from dr_core.replication.copies import TableView

# A table that is updated serves: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
_USABLE = frozenset({"ACTIVE", "UPDATING"})


def judge_table(_region: str, view: TableView) -> Judgement:
    return (SignalState.OK if view.status in _USABLE else SignalState.BAD), view.status
