"""The signal of what a region's control plane answered about a component, or of the error in the answer's place."""

from collections.abc import Callable
from typing import TypeVar

from dr_core.errors import DrError, NotFoundError, RejectedError, ThrottledError, UnreachableError
from dr_core.observation.asking import Answer
from dr_core.observation.model import Signal, SignalState, Vantage

T = TypeVar("T")
Judgement = tuple[SignalState, str]
"""The state, and the words that say why."""


def state_of(error: DrError) -> SignalState:
    """No answer and a missing thing are bad; throttling, a missing permission and what was not asked are unknown."""
    if isinstance(error, ThrottledError):
        return SignalState.UNKNOWN
    if isinstance(error, (UnreachableError, RejectedError, NotFoundError)):
        return SignalState.BAD
    return SignalState.UNKNOWN


def control_plane_signal(
    answer: Answer[T], judge: Callable[[T], Judgement], *, region: str, component: str, name: str, source: str
) -> Signal:
    """`judge` is asked about an answer only."""
    error = answer.error
    state, detail = judge(answer.get()) if error is None else (state_of(error), error.message)
    return Signal(
        region=region,
        component=component,
        name=name,
        vantage=Vantage.CONTROL_PLANE,
        state=state,
        detail=detail,
        latency_ms=answer.took_ms if error is None else None,
        observed_at=answer.at,
        source=f"{source}, {region}",
    )
