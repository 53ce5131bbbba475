"""What a new reading keeps of the one before it: when its timestamp last advanced, or the last datapoint; purely."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dr_core.observation.model import Reading


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
