"""Is a secret readable in a region, by its description? Values are never asked for."""

from datetime import datetime

from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.replication.port import SecretView


def secret_signal(region: str, name: str, view: SecretView, at: datetime, latency_ms: float) -> Signal:
    """A secret that is scheduled for deletion or has no current version is there and of no use."""
    if view.deleted:
        state, detail = SignalState.BAD, "scheduled for deletion"
    elif view.current_version is None:
        state, detail = SignalState.BAD, "no current version"
    else:
        state, detail = SignalState.OK, "replica" if view.primary_region not in (None, region) else "primary"
    return Signal(
        region=region,
        component="secret",
        name=name,
        vantage=Vantage.CONTROL_PLANE,
        state=state,
        detail=detail,
        latency_ms=latency_ms,
        observed_at=at,
        source=f"Secrets Manager DescribeSecret, {region}",
    )
