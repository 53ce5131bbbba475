"""Where one application stands by its last observation and that one's age: what status and detection go by."""

from datetime import datetime

from dr_core.observation import age
from dr_core.observation.active import active_region, serving
from dr_core.observation.model import Observation, Verdict
from dr_core.replication.exposure import application_exposure, store_exposures
from dr_core.standing.model import RegionStatus, Role, Standing, not_observed
from dr_core.store import observations
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology


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


def _region(role: Role, observation: Observation | None, fresh: bool, age_s: float | None, region: str) -> RegionStatus:
    verdict = observation.verdict(region) if observation is not None else None
    if observation is None or verdict is None or not fresh:
        reason = "no verdict in the last observation" if fresh else not_observed(observation, age_s)
        at = observation.observed_at if observation is not None else None
        return RegionStatus(role=role, verdict=Verdict.UNKNOWN, reasons=(reason,), observed_at=at)
    return RegionStatus(role=role, verdict=verdict.verdict, reasons=verdict.reasons, observed_at=verdict.observed_at)
