"""What a canary is judged by: when it began, and what was measured of both sides since, as the store has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from dr_core.observation.samples import Sample

Probes = Mapping[str, Sequence[str]]
"""Region -> the health URLs that are probed for it."""


@dataclass(frozen=True)
class Trial:
    """`begun_at`: when its start was recorded as done; None: it was not. `now`: the clock that recorded it.

    `samples` are the probes of both sides since then, oldest first, in milliseconds. `stopped`: why the run stands
    still or is to end, empty while it goes on; `now` is the moment of that, and nothing later was measured.
    """

    begun_at: datetime | None
    now: datetime
    samples: tuple[Sample, ...] = ()
    stopped: str = ""


class Trials(Protocol):
    def trial(self, application: str, start: str, probes: Probes) -> Trial:
        """The canary of the application's unfinished run, begun by its step `start`.

        UnreachableError while the store is away: ask again.
        """
        ...
