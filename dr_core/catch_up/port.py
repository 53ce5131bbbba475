"""What a catch-up is judged by: how far each store that gates was behind lately, as the store has it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from dr_core.observation.samples import Sample

FRESH_S = 180.0
"""Three periods of CloudWatch: a figure without a successor for longer is stale, and says nothing."""


@dataclass(frozen=True)
class StoreTrack:
    """One store that gates. `samples`, oldest first: by how many seconds it was behind, or whether it was in step."""

    kind: str
    name: str
    threshold_s: float
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True)
class Track:
    """Every store that gates, towards one region; `now` is the clock that the samples are held against.

    `fresh_s`: how long a sample speaks for, with its successor at the latest then.
    """

    now: datetime
    stores: tuple[StoreTrack, ...] = ()
    fresh_s: float = FRESH_S


class Tracks(Protocol):
    def track(self, application: str, region: str, back: timedelta) -> Track:
        """What was measured of the application towards `region` in the last `back`.

        UnreachableError while the store is away: ask again.
        """
        ...
