"""Which region of an application is active, and why: the writer, else what DNS answers, else what is on record."""

from collections.abc import Mapping

from dr_core.observation.model import Observation
from dr_core.topology.model import Application


def active_region(
    application: Application, observation: Observation | None, recorded: str | None, fences: Mapping[str, str]
) -> tuple[str | None, str]:
    """The region and the reason. None when more than one writes. `fences` maps a region to `fenced` or `unfenced`."""
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
    """The region that the writer, else DNS, shows to be active, and the reason. None when neither tells of one."""
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
    return None


def _because(reason: str, notes: list[str]) -> str:
    return f"{reason} ({'; '.join(notes)})" if notes else reason
