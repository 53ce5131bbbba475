"""Does what should run in a region run there? What is scaled to nothing on purpose, or by a run, is not ill."""

from collections.abc import Mapping, Sequence

from dr_core.health.control_plane import Judgement
from dr_core.observation.model import CapacityState, ConsumerState, Signal, SignalState, Vantage, Work

# What looks at the endpoints of a region, which answer only where something runs.
ENDPOINTS = (Vantage.PROBE, Vantage.ROUTE53, Vantage.ALARM)


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
        if signal.region in idle and signal.state is SignalState.BAD and signal.vantage in ENDPOINTS
        else signal
        for signal in signals
    )


def by_run(
    region: str,
    signals: Sequence[Signal],
    sizes: Sequence[CapacityState],
    consumers: Sequence[ConsumerState],
    works: Sequence[Work],
    active: str | None,
) -> str | None:
    """The run whose work alone makes the region look bad; None where anything is bad that it does not explain.

    It explains the count or the consumer that it changes, where that was measured, and silent endpoints (`_silent`).
    """
    mine = {work.name: work.run for work in works if work.region == region}
    bad = [signal for signal in signals if signal.region == region and signal.state is SignalState.BAD]
    counts = {state.name: state.running for state in sizes if state.region == region and state.name in mine}
    measured = {("capacity", name) for name, running in counts.items() if running is not None}
    measured |= {("consumers", c.name) for c in consumers if c.region == region and c.flow is not None}
    silent = _silent([state for state in sizes if state.region == region and state.serves], mine, active)
    explained = all(
        silent if signal.vantage in ENDPOINTS else signal.name in mine and (signal.component, signal.name) in measured
        for signal in bad
    )
    return next(iter(mine.values()), None) if bad and explained else None


def _silent(serving: Sequence[CapacityState], mine: Mapping[str, str], active: str | None) -> bool:
    """Whether a run leaves a region nothing to answer with: all that serves is off or on its way there, or, in a region
    that users are not sent to, what the run starts is not all there yet.

    What it does not scale may be what answers, and in a region that serves whatever runs has to.
    """
    scaled = [state for state in serving if state.name in mine]
    if scaled and all(0 in (state.running, state.desired) for state in serving):
        return True
    measured = [(s.running, s.desired) for s in scaled if s.running is not None and s.desired is not None]
    elsewhere = active is not None and any(state.region != active for state in scaled)
    return elsewhere and any(running < desired for running, desired in measured)
