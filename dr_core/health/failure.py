"""What an error says about the health of what was asked: bad, or nothing at all."""

from datetime import datetime

from dr_core.errors import DrError, NotFoundError, RejectedError, ThrottledError, UnreachableError
from dr_core.observation.model import Signal, SignalState, Vantage


def state_of(error: DrError) -> SignalState:
    """No answer and a missing thing are bad; throttling, a missing permission and what was not asked are unknown."""
    if isinstance(error, ThrottledError):
        return SignalState.UNKNOWN
    if isinstance(error, (UnreachableError, RejectedError, NotFoundError)):
        return SignalState.BAD
    return SignalState.UNKNOWN


def failure_signal(
    error: DrError, *, region: str, component: str, name: str, vantage: Vantage, at: datetime, source: str
) -> Signal:
    """The signal of a look that ended in an error."""
    return Signal(
        region=region,
        component=component,
        name=name,
        vantage=vantage,
        state=state_of(error),
        detail=error.message,
        observed_at=at,
        source=source,
    )
