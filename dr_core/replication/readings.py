"""Readings out of what was asked, and what a new reading keeps of the one before it; purely."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import Reading
from dr_core.replication.port import Measurement, SecretView

_NAMED = 5
# Comparisons are made in every pass; one that is older than three of these is too old to be relied on.
_COMPARED_EVERY_S = 20.0


def measured(
    kind: str,
    name: str,
    region: str,
    *,
    source_region: str,
    gate: bool,
    threshold_s: float,
    found: Measurement | DrError,
    at: datetime,
) -> Reading:
    """A reading of a figure, or of the error in its place."""
    if isinstance(found, DrError):
        found = Measurement(None, None, "not asked", found.message)
    return Reading(
        kind=kind,
        name=name,
        region=region,
        source_region=source_region,
        gate=gate,
        threshold_s=threshold_s,
        seconds=found.seconds,
        measured_at=found.measured_at,
        observed_at=at,
        source=found.source,
        reason=found.reason,
        period_s=found.period_s,
    )


def unsupported(
    kind: str, name: str, region: str, *, source_region: str, gate: bool, threshold_s: float, at: datetime
) -> Reading:
    """The reading of a kind that no reader exists for: unknown, and named."""
    return Reading(
        kind=kind,
        name=name,
        region=region,
        source_region=source_region,
        gate=gate,
        threshold_s=threshold_s,
        seconds=None,
        measured_at=None,
        observed_at=at,
        source="none",
        reason=f"{kind} is not supported yet",
    )


def secret_reading(
    name: str,
    region: str,
    *,
    source_region: str,
    threshold_s: float,
    source: SecretView | DrError,
    copy: SecretView | DrError,
    at: datetime,
) -> Reading:
    """In step when both regions stand on the same version; there is no clock in it, so there are no seconds."""
    in_step, reason = _compared_secret(region, source, copy)
    return Reading(
        kind="secret",
        name=name,
        region=region,
        source_region=source_region,
        gate=False,
        threshold_s=threshold_s,
        seconds=None,
        measured_at=None if in_step is None else at,
        observed_at=at,
        in_step=in_step,
        period_s=_COMPARED_EVERY_S,
        reason=reason,
        source=f"Secrets Manager DescribeSecret, {source_region} and {region}",
    )


def _compared_secret(region: str, source: SecretView | DrError, copy: SecretView | DrError) -> tuple[bool | None, str]:
    if isinstance(source, DrError):
        return None, source.message
    if isinstance(copy, DrError):
        # The source has it and the copy's region said that it does not: that is compared, and they differ.
        return (False if isinstance(copy, RejectedError) else None), copy.message
    status = source.replicas.get(region)
    told = f"; replica status {status}" if status is not None else ""
    if source.current_version is None or copy.current_version is None:
        return False, f"no current version in {source.region if source.current_version is None else region}{told}"
    if source.current_version != copy.current_version:
        return False, f"the current versions differ: {source.current_version} and {copy.current_version}{told}"
    return True, f"the same current version in both{told}"


def parameter_reading(
    name: str,
    region: str,
    *,
    source_region: str,
    threshold_s: float,
    source: Mapping[str, str] | DrError,
    copy: Mapping[str, str] | DrError,
    at: datetime,
) -> Reading:
    """In step when every parameter of the source is in the copy with the same fingerprint; values are never shown."""
    in_step, reason = _compared_parameters(region, source, copy)
    return Reading(
        kind="parameters",
        name=name,
        region=region,
        source_region=source_region,
        gate=False,
        threshold_s=threshold_s,
        seconds=None,
        measured_at=None if in_step is None else at,
        observed_at=at,
        in_step=in_step,
        period_s=_COMPARED_EVERY_S,
        reason=reason,
        source=f"SSM fingerprints, {source_region} and {region}",
    )


def _compared_parameters(
    region: str, source: Mapping[str, str] | DrError, copy: Mapping[str, str] | DrError
) -> tuple[bool | None, str]:
    if isinstance(source, DrError):
        return None, source.message
    if isinstance(copy, DrError):
        return None, copy.message
    missing = [name for name in source if name not in copy]
    different = [name for name in source if name in copy and source[name] != copy[name]]
    extra = [name for name in copy if name not in source]
    parts = [f"{len(source) - len(missing) - len(different)} equal"]
    parts += [
        f"{len(names)} {word}: {_names(names)}"
        for names, word in ((missing, f"missing in {region}"), (different, "different"), (extra, f"only in {region}"))
        if names
    ]
    if not source and not copy:
        return None, "there are no parameters under this path in either region"
    return not missing and not different, "; ".join(parts)


def _names(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(sorted(names)[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def with_history(new: Sequence[Reading], old: Sequence[Reading]) -> tuple[Reading, ...]:
    """Each new reading with what the pass before knew: when its timestamp last advanced, or the last datapoint."""
    known = {(reading.kind, reading.name, reading.region): reading for reading in old}
    return tuple(_continued(reading, known.get((reading.kind, reading.name, reading.region))) for reading in new)


def _continued(new: Reading, old: Reading | None) -> Reading:
    if old is None or old.source_region != new.source_region or old.measured_at is None:
        return _first_seen(new)
    if old.in_step is not None:
        return _compared_before(new, old)
    if old.seconds is None:
        return _first_seen(new)
    if new.measured_at is None or new.seconds is None:
        note = "; the last datapoint is kept" if new.reason else "the last datapoint is kept"
        return _marked(
            new.model_copy(
                update={
                    "seconds": old.seconds,
                    "measured_at": old.measured_at,
                    "advanced_at": old.advanced_at,
                    "source": old.source,
                    "reason": new.reason.rstrip(".") + note,
                    "period_s": old.period_s,
                }
            )
        )
    if new.measured_at > old.measured_at:
        return _marked(new.model_copy(update={"advanced_at": new.observed_at}))
    if new.measured_at < old.measured_at:
        # CloudWatch may answer from a place that has not got the newest datapoint yet.
        new = new.model_copy(update={"seconds": old.seconds, "measured_at": old.measured_at})
    return _marked(new.model_copy(update={"advanced_at": old.advanced_at}))


def _compared_before(new: Reading, old: Reading) -> Reading:
    """A comparison that could not be made now keeps the last one with its time, and why it could not."""
    if new.in_step is not None or old.measured_at is None:
        return new
    told = f"last compared at {old.measured_at:%H:%M:%S}Z"
    reason = new.reason if told in new.reason else f"{new.reason.rstrip('.')}; {told}"
    return new.model_copy(update={"in_step": old.in_step, "measured_at": old.measured_at, "reason": reason})


def _first_seen(new: Reading) -> Reading:
    if new.measured_at is None or new.seconds is None:
        return new
    # The timestamp of a datapoint is the start of its period, so that it can have come in only at the end of it.
    ended = new.measured_at + timedelta(seconds=new.period_s)
    return _marked(new.model_copy(update={"advanced_at": min(new.observed_at, ended)}))


def _marked(reading: Reading) -> Reading:
    return reading.model_copy(update={"stale": is_stale(reading, reading.observed_at)})


def is_stale(reading: Reading, now: datetime) -> bool:
    """A figure whose timestamp has not advanced for three periods; without a figure nothing can be stale."""
    since = reading.advanced_at or reading.measured_at
    return since is not None and (now - since).total_seconds() > 3 * reading.period_s
