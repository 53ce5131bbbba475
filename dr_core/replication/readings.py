"""Readings out of what was asked, and what a new reading keeps of the one before it; purely."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import Figure, Reading
from dr_core.replication.port import Measurement, SecretView

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
        figures=found.figures,
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
    where = f"Secrets Manager DescribeSecret, {source_region} and {region}"
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
        source=where,
        figures=(_failed_replicas(source, copy, where, at),),
    )


def _compared_secret(region: str, source: SecretView | DrError, copy: SecretView | DrError) -> tuple[bool | None, str]:
    """A replica that fails is not in step even where the versions are equal: the next one will not arrive."""
    if isinstance(source, DrError):
        return None, source.message
    if isinstance(copy, DrError):
        # The source has it and the copy's region said that it does not: that is compared, and they differ.
        status = source.replicas.get(region)
        told = f"; replica status {status}" if status is not None else ""
        return (False if isinstance(copy, RejectedError) else None), f"{copy.message.rstrip('.')}{told}"
    # The primary describes its replicas, and after a change of roles the primary may be the copy.
    status = source.replicas.get(region) or copy.replicas.get(source.region)
    told = f"; replica status {status}" if status is not None else f"; {_relation(source, copy)}"
    for view in (source, copy):
        if view.deleted:
            return False, f"the secret is marked for deletion in {view.region}{told}"
        if view.current_version is None:
            return False, f"no current version in {view.region}{told}"
    if source.current_version != copy.current_version:
        return False, f"the current versions differ: {source.current_version} and {copy.current_version}{told}"
    if status is not None and status.startswith("Failed"):
        return False, f"replication fails, although both stand on version {source.current_version}{told}"
    return True, f"the same current version in both, {source.current_version}{told}"


def _relation(source: SecretView, copy: SecretView) -> str:
    """What the two are to each other where neither tells of the other's status."""
    if source.primary_region is None and copy.primary_region is None:
        return "neither is a replica of the other"
    return f"the primary is in {source.primary_region or copy.primary_region}"


def _failed_replicas(source: SecretView | DrError, copy: SecretView | DrError, where: str, at: datetime) -> Figure:
    """How many replicas the primary calls failed, wherever they are, with the reasons that it gives."""
    views = [view for view in (source, copy) if isinstance(view, SecretView) and view.replicas]
    if not views:
        errors = [view.message for view in (source, copy) if isinstance(view, DrError)]
        reason = errors[0] if errors else "neither region describes replicas"
        return Figure(
            name="failed_replicas", value=None, unit="replicas", measured_at=None, source=where, reason=reason
        )
    failed = {name: text for name, text in views[0].replicas.items() if text.startswith("Failed")}
    reason = "; ".join(f"{name} {text}" for name, text in sorted(failed.items()))
    value = float(len(failed))
    return Figure(name="failed_replicas", value=value, unit="replicas", measured_at=at, source=where, reason=reason)


def with_history(new: Sequence[Reading], old: Sequence[Reading]) -> tuple[Reading, ...]:
    """Each new reading with what the pass before knew: when its timestamp last advanced, or the last datapoint."""
    known = {(reading.kind, reading.name, reading.region): reading for reading in old}
    return tuple(_continued(reading, known.get((reading.kind, reading.name, reading.region))) for reading in new)


def _continued(new: Reading, old: Reading | None) -> Reading:
    new = _of_its_source(new, old)
    if old is None or old.source_region != new.source_region or old.measured_at is None:
        return _first_seen(new)
    if new.in_step is not None:
        return new
    if old.in_step is not None:
        return _compared_before(new, old) if new.seconds is None else _first_seen(new)
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
        if (new.observed_at - old.observed_at).total_seconds() > new.period_s:
            # Nobody looked for a while: when this timestamp came in nobody knows, and it may have been long ago.
            return _first_seen(new)
        return _marked(new.model_copy(update={"advanced_at": new.observed_at}))
    if new.measured_at < old.measured_at:
        # CloudWatch may answer from a place that has not got the newest datapoint yet.
        new = new.model_copy(update={"seconds": old.seconds, "measured_at": old.measured_at})
    return _marked(new.model_copy(update={"advanced_at": old.advanced_at}))


def _of_its_source(new: Reading, old: Reading | None) -> Reading:
    """A datapoint whose period had ended before the roles changed tells of the source before: it is none of this."""
    if old is None:
        return new
    turned = new.source_region != old.source_region
    since = new.observed_at if turned else old.source_since
    known = new.model_copy(update={"source_since": since})
    if since is None or new.seconds is None or new.measured_at is None:
        return known
    if new.measured_at + timedelta(seconds=new.period_s) > since:
        return known
    reason = f"no datapoint since {new.source_region} became the source at {since:%H:%M:%S}Z"
    told = f"{reason}; {new.reason}" if new.reason else reason
    return known.model_copy(update={"seconds": None, "measured_at": None, "reason": told})


def _compared_before(new: Reading, old: Reading) -> Reading:
    """A comparison that could not be made now keeps the last one with its time, and why it could not."""
    if old.measured_at is None:
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
