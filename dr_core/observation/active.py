"""Which region of an application is active, and why: its writer, else DNS, else a routing control, else the record."""

from collections.abc import Mapping
from dataclasses import dataclass

from dr_core.observation.model import Observation
from dr_core.topology.model import Application


@dataclass(frozen=True)
class Serving:
    """The regions that users are sent to where every region serves, in the order of the file; None: nobody knows."""

    regions: tuple[str, ...] | None
    reason: str


def serving(application: Application, observation: Observation | None) -> Serving:
    """By the routing controls that are on, where there are any, else by the records' weights.

    DNS answers one region at a time: those that it did not name just now may serve as well.
    """
    if observation is None:
        return Serving(None, "as configured every region serves, not observed")
    on = [state.on for state in observation.controls if state.on is not None]
    weights = [state.weights for state in observation.traffic if state.weights is not None]
    heard = sorted({region for state in observation.traffic for region in state.answers or ()})
    if on:
        return _serve(application, {region for regions in on for region in regions}, "their routing controls are on")
    if weights and not any(entry.arc_routing_controls for entry in application.traffic):
        led = {region for of in weights for region, weight in of.items() if weight > 0}
        return _serve(application, led, "by the weights of the records")
    told = (f"DNS answers with {' and '.join(heard)}",) if heard else ()
    reasons = (
        *told,
        *(state.reason for state in observation.controls),
        *(state.reason for state in observation.traffic),
    )
    silent = "; ".join(reason for reason in reasons if reason)
    return Serving(None, f"as configured every region serves, not observed{f' ({silent})' if silent else ''}")


def _serve(application: Application, found: set[str], how: str) -> Serving:
    regions = tuple(region for region in application.regions if region in found)
    off = [region for region in application.regions if region not in found]
    if not off:
        return Serving(regions, f"every region serves, {how}")
    told = f"{' and '.join(regions) or 'no region'} serve{'s' if len(regions) == 1 else ''}, {how}"
    return Serving(regions, f"{told}; users were shifted away from {' and '.join(off)}")


def active_region(
    application: Application, observation: Observation | None, recorded: str | None, fences: Mapping[str, str]
) -> tuple[str | None, str]:
    """The region and the reason. None when more than one writes, and where every region serves.

    `fences` maps a region to `fenced` or `unfenced`.
    """
    if application.active_active:
        return None, serving(application, observation).reason
    notes: list[str] = []
    told = _told(application, observation, fences, notes)
    if told is not None:
        return told
    if recorded is not None:
        return recorded, _because("the last run ended there, as recorded", notes)
    return application.primary, _because("as configured, not observed", notes)


def observed_region(
    application: Application, observation: Observation | None, fences: Mapping[str, str]
) -> tuple[str, str] | None:
    """The region that the writer, DNS or a routing control shows to be active, and the reason; None when none does."""
    if application.active_active:
        return None
    told = _told(application, observation, fences, [])
    return None if told is None or told[0] is None else (told[0], told[1])


def _told(
    application: Application, observation: Observation | None, fences: Mapping[str, str], notes: list[str]
) -> tuple[str | None, str] | None:
    """What was observed. None when it decides nothing; `notes` then says what there was."""
    if observation is not None and application.database is not None:
        writers = observation.writers
        if writers is not None and len(writers) > 1:
            return None, f"{len(writers)} regions write: {', '.join(writers)}"
        if writers:
            fence = f"; it is recorded as {fences[writers[0]]}" if writers[0] in fences else ""
            return writers[0], f"the database's only writer{fence}"
        notes.append(observation.writers_reason or "nobody writes at the moment")
    if observation is not None:
        answered = sorted({region for state in observation.traffic for region in state.answers or ()})
        usable = [region for region in answered if region not in fences]
        if len(usable) == 1:
            return usable[0], _because(f"DNS answers with {usable[0]}", notes)
        notes += [f"DNS answers with {' and '.join(answered)}"] if answered else []
        notes += [state.reason for state in observation.traffic if state.answers is None and state.reason]
        switched = sorted({region for state in observation.controls for region in state.on or ()} - fences.keys())
        if len(switched) == 1:
            return switched[0], _because("its routing control is the only one that is on", notes)
        notes += [f"the routing controls for {' and '.join(switched)} are on"] if switched else []
        notes += [state.reason for state in observation.controls if state.on is None and state.reason]
    return None


def _because(reason: str, notes: list[str]) -> str:
    return f"{reason} ({'; '.join(notes)})" if notes else reason
