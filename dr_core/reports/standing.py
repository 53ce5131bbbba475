"""Where one application stands by its last observation and that one's age: what status and health are drawn from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dr_core.observation import age
from dr_core.observation.active import active_region, serving
from dr_core.observation.model import Observation, RegionVerdict, Verdict
from dr_core.replication.exposure import StoreExposure, application_exposure, store_exposures
from dr_core.reports.model import RegionStatus
from dr_core.store import observations
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology

Role = Literal["active", "standby", "fenced", "unfenced"]


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


def look(tx: Tx, topology: Topology, name: str, now: datetime) -> Standing:
    """Read the last observation and judge its age; nothing is asked of the world."""
    application = topology.applications[name]
    observation = observations.latest(tx, name)
    interval = topology.detection.interval
    age_s = None if observation is None else age.age_s(observation.observed_at, now)
    fresh = age.fresh(observation, now, interval)
    fences = observations.region_fences(tx, name)
    active, reason = active_region(application, observation, observations.active_region(tx, name), fences)
    if observation is not None and not fresh:
        reason = f"{reason}; {not_observed(observation, age_s)}"
    actives = _actives(application, observation, active)
    roles: dict[str, Role] = {
        region: "active" if region in actives else fences.get(region, "standby") for region in application.regions
    }
    stores = store_exposures(observation, now, interval) if observation is not None else ()
    seen = {region: _region(roles[region], observation, fresh, age_s, region) for region in application.regions}
    exposure_s = application_exposure(stores)
    return Standing(name, active, reason, observation, fresh, age_s, roles, seen, stores, exposure_s)


def _actives(application: Application, observation: Observation | None, active: str | None) -> tuple[str, ...]:
    """The active region; where every region serves, those that users are sent to, as configured all of them."""
    if not application.active_active:
        return () if active is None else (active,)
    regions = serving(application, observation).regions
    return application.regions if regions is None else regions


def not_observed(observation: Observation | None, age_s: float | None) -> str:
    """`not observed since 10:03:12Z (95 s ago)`, that it never was, or that nobody can say how long ago."""
    if observation is None:
        return "never observed"
    if age_s is None:
        return f"observed at {observation.observed_at:%H:%M:%S}Z, which is yet to come here: the clocks differ"
    return f"not observed since {observation.observed_at:%H:%M:%S}Z ({age_s:.0f} s ago)"


def _region(role: Role, observation: Observation | None, fresh: bool, age_s: float | None, region: str) -> RegionStatus:
    verdict = observation.verdict(region) if observation is not None else None
    if observation is None or verdict is None or not fresh:
        reason = "no verdict in the last observation" if fresh else not_observed(observation, age_s)
        at = observation.observed_at if observation is not None else None
        return RegionStatus(role=role, verdict=Verdict.UNKNOWN, reasons=(reason,), observed_at=at)
    return RegionStatus(role=role, verdict=verdict.verdict, reasons=verdict.reasons, observed_at=verdict.observed_at)


def verdict_of(standing: Standing, region: str) -> RegionVerdict | None:
    """The damped verdict as observed, when it still says something."""
    if standing.observation is None or not standing.fresh:
        return None
    return standing.observation.verdict(region)
