"""Does what takes work do so in the active region, and there alone? A consumer that is off elsewhere is well."""

from dr_core.health.control_plane import Judgement
from dr_core.observation.model import ConsumerState, Flow, SignalState


def judge_consumer(state: ConsumerState, active: str | None) -> Judgement:
    """Bad: the active region does not consume, or another one does. On its way is well, in between unknown."""
    detail = state.detail
    if state.flow is None:
        return SignalState.UNKNOWN, state.reason or "whether it consumes is not known"
    if state.flow is Flow.BUSY:
        return SignalState.UNKNOWN, f"{detail}: it is just being changed"
    if active is None:
        return SignalState.UNKNOWN, f"{detail}; which region is active is not known"
    if state.region == active:
        if state.flow in (Flow.ON, Flow.STARTING):
            return SignalState.OK, detail
        return SignalState.BAD, f"{detail} in the active region"
    if state.flow in (Flow.OFF, Flow.STOPPING):
        return SignalState.OK, f"{detail}: not the active region"
    return SignalState.BAD, f"{detail}, although {active} is active"
