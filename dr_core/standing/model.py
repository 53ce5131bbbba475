"""What an observation and its age say of one application now, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dr_core.observation.model import Observation, RegionVerdict, Verdict
from dr_core.replication.exposure import StoreExposure
from dr_core.value import Shown

Role = Literal["active", "standby", "fenced", "unfenced"]


class RegionStatus(Shown):
    role: Role
    verdict: Verdict
    reasons: tuple[str, ...]
    observed_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """`observation` None: never observed. `fresh` False: it is too old to say anything about now."""

    name: str
    active: str | None
    active_reason: str
    observation: Observation | None
    fresh: bool
    age_s: float | None
    roles: dict[str, Role]
    regions: dict[str, RegionStatus]
    stores: tuple[StoreExposure, ...]
    exposure_s: float | None

    @property
    def serving(self) -> tuple[str, ...]:
        """Where users are sent: the active region, or every one that serves."""
        return tuple(region for region, role in self.roles.items() if role == "active")

    @property
    def writers(self) -> tuple[str, ...] | None:
        return self.observation.writers if self.observation is not None and self.fresh else None

    @property
    def writers_reason(self) -> str:
        if self.observation is None or not self.fresh:
            return not_observed(self.observation, self.age_s)
        return self.observation.writers_reason

    @property
    def answers(self) -> tuple[str, ...] | None:
        """The regions that DNS answers, over all names of the application; None when it could not be asked."""
        if self.observation is None or not self.fresh:
            return None
        heard = [state.answers for state in self.observation.traffic if state.answers is not None]
        return tuple(sorted({region for answers in heard for region in answers})) if heard else None


def verdict_of(standing: Standing, region: str) -> RegionVerdict | None:
    """The damped verdict as observed, when it still says something."""
    if standing.observation is None or not standing.fresh:
        return None
    return standing.observation.verdict(region)


def not_observed(observation: Observation | None, age_s: float | None) -> str:
    """`not observed since 10:03:12Z (95 s ago)`, that it never was, or that nobody can say how long ago."""
    if observation is None:
        return "never observed"
    if age_s is None:
        return f"observed at {observation.observed_at:%H:%M:%S}Z, which is yet to come here: the clocks differ"
    return f"not observed since {observation.observed_at:%H:%M:%S}Z ({age_s:.0f} s ago)"
