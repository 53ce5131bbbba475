"""What every reading is made of: a store towards a region, timed or compared with the source; purely."""

from dataclasses import dataclass
from datetime import datetime

from dr_core.errors import DrError, RejectedError
from dr_core.observation.model import Figure, Reading
from dr_core.replication.port import Measurement

# What is compared in every pass; a comparison that is older than three of these is too old to be relied on.
EVERY_PASS_S = 20.0


@dataclass(frozen=True)
class Towards:
    """Which store, from where to where, and when it was looked at."""

    kind: str
    name: str
    region: str
    source_region: str
    threshold_s: float
    at: datetime
    gate: bool = False


def compared(
    where: Towards,
    in_step: bool | None,
    reason: str,
    source: str,
    *,
    at: datetime | None = None,
    period_s: float = EVERY_PASS_S,
    figures: tuple[Figure, ...] = (),
) -> Reading:
    """A reading without a figure. `in_step` None: not compared, and `reason` says why; `at`: when, if not just now."""
    return Reading(
        kind=where.kind,
        name=where.name,
        region=where.region,
        source_region=where.source_region,
        gate=where.gate,
        threshold_s=where.threshold_s,
        seconds=None,
        measured_at=None if in_step is None else (at or where.at),
        observed_at=where.at,
        in_step=in_step,
        period_s=period_s,
        reason=reason,
        source=source,
        figures=figures,
    )


def timed(where: Towards, found: Measurement | DrError, more: str = "") -> Reading:
    """A reading of a figure, or of the error in its place; `more` is told beside."""
    if isinstance(found, DrError):
        found = Measurement(None, None, "not asked", found.message)
    return Reading(
        kind=where.kind,
        name=where.name,
        region=where.region,
        source_region=where.source_region,
        gate=where.gate,
        threshold_s=where.threshold_s,
        seconds=found.seconds,
        measured_at=found.measured_at,
        observed_at=where.at,
        period_s=found.period_s,
        reason="; ".join(part for part in (found.reason.rstrip("."), more) if part) if more else found.reason,
        source=found.source,
        figures=found.figures,
    )


def said(copy: DrError) -> tuple[bool | None, str]:
    """The copy's region said that it has no such thing: that is compared, and it is missing. Silence is no answer."""
    return (False if isinstance(copy, RejectedError) else None), copy.message
