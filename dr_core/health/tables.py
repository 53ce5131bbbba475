"""Is a DynamoDB table there and usable in a region, by that region's own control plane?"""

from datetime import datetime

from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.replication.copies import TableView

# A table that is updated serves: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
_USABLE = frozenset({"ACTIVE", "UPDATING"})


def table_signal(region: str, name: str, view: TableView, at: datetime, latency_ms: float) -> Signal:
    """The signal of a table that its region has described."""
    return Signal(
        region=region,
        component="table",
        name=name,
        vantage=Vantage.CONTROL_PLANE,
        state=SignalState.OK if view.status in _USABLE else SignalState.BAD,
        detail=view.status,
        latency_ms=latency_ms,
        observed_at=at,
        source=f"DynamoDB DescribeTable, {region}",
    )
