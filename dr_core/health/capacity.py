"""Does what should run in a region run there? A standby that is scaled to nothing on purpose is not ill."""

from collections.abc import Sequence

from dr_core.health.control_plane import Judgement
from dr_core.observation.model import CapacityState, Signal, SignalState, Vantage

# What looks at the endpoints of a region, which answer only where something runs.
_ENDPOINTS = (Vantage.PROBE, Vantage.ROUTE53, Vantage.ALARM)


def judge_capacity(state: CapacityState, active: str | None) -> Judgement:
    """Bad: nothing runs in the active region, or nothing runs where something is wanted."""
    if state.running is None or state.desired is None:
        return SignalState.UNKNOWN, state.reason or "running and wanted copies are not known"
    told = f": {state.reason}" if state.reason and state.running < state.desired else ""
    detail = f"{state.running} of {state.desired} running{told}"
    if state.running > 0:
        return SignalState.OK, detail
    if state.region == active:
        return SignalState.BAD, f"{detail} in the active region"
    if state.desired > 0:
        return SignalState.BAD, detail
    if active is None:
        return SignalState.UNKNOWN, f"{detail}; which region is active is not known"
    return SignalState.OK, f"{detail}: scaled to nothing, not the active region"


def excuse_idle(signals: Sequence[Signal], capacity: Sequence[CapacityState], active: str | None) -> tuple[Signal, ...]:
    """A region where nothing is meant to run cannot answer: its bad endpoint signals become unknown, with the reason.

    Only where every count of that region was measured as zero wanted and zero running, and another region is active.
    Readers of a database answer no endpoint.
    """
    serving = [state for state in capacity if state.serves]
    idle = {
        region
        for region in {state.region for state in serving}
        if active is not None
        and region != active
        and all(state.desired == 0 and state.running == 0 for state in serving if state.region == region)
    }
    return tuple(
        signal.model_copy(
            update={"state": SignalState.UNKNOWN, "detail": f"{signal.detail}; nothing is meant to run here"}
        )
        if signal.region in idle and signal.state is SignalState.BAD and signal.vantage in _ENDPOINTS
        else signal
        for signal in signals
    )
