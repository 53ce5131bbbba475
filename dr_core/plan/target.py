"""Which standby would be proposed now: the one that loses the least, among those that could take the work. Pure."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from dr_core.observation.model import Verdict
from dr_core.replication.exposure import StoreExposure, application_exposure
from dr_core.standing.model import RegionStatus
from dr_core.topology.model import Application
from dr_core.value import Shown

_RANK = {Verdict.HEALTHY: 0, Verdict.DEGRADED: 1, Verdict.UNKNOWN: 2}


class TargetLine(Shown):
    """The standby that would be proposed now, and why; `region` None: none can be, and `reason` says why."""

    region: str | None
    exposure_seconds: float | None
    reason: str


class Stands(Protocol):
    """Where an application stands by its last observation."""

    @property
    def active(self) -> str | None: ...

    @property
    def active_reason(self) -> str: ...

    @property
    def regions(self) -> Mapping[str, RegionStatus]: ...

    @property
    def stores(self) -> Sequence[StoreExposure]: ...


def propose(app: Application, standing: Stands) -> TargetLine:
    """A verdict weighs more than exposure, a known exposure more than an unknown one; the order of the file decides
    the rest. A region that is down, or that must not write, is never proposed: people may still ask for it."""
    if app.active_active:
        return _shifted(app, standing)
    if standing.active is None:
        reason = f"which region is active cannot be said: {standing.active_reason}"
        return TargetLine(region=None, exposure_seconds=None, reason=reason)
    others = [region for region in app.regions if region != standing.active]
    unfit = {region: why for region in others if (why := _unfit(standing, region))}
    fit = [region for region in others if region not in unfit]
    if not fit:
        told = "; ".join(f"{region} {why}" for region, why in unfit.items())
        return TargetLine(region=None, exposure_seconds=None, reason=f"no standby can be proposed: {told}")
    lost = {region: _exposure(standing, region) for region in fit}

    def rank(region: str) -> tuple[int, bool, float]:
        seconds = lost[region]
        return _RANK[_verdict(standing, region)], seconds is None, seconds or 0.0

    best = min(fit, key=rank)
    return TargetLine(region=best, exposure_seconds=lost[best], reason=_reason(standing, best, lost, unfit))


def _shifted(app: Application, standing: Stands) -> TargetLine:
    """Where every region serves, nothing is proposed until one of them is down; then the best of the others is."""
    serving = [region for region, seen in standing.regions.items() if seen.role == "active"]
    down = [region for region in serving if _verdict(standing, region) is Verdict.DOWN]
    fit = [region for region in app.regions if region not in down and _verdict(standing, region) is not Verdict.DOWN]
    if not down:
        reason = "none of the regions that serve is down: nothing has to be shifted"
        return TargetLine(region=None, exposure_seconds=None, reason=reason)
    if not fit:
        return TargetLine(
            region=None, exposure_seconds=None, reason=f"{' and '.join(down)} are down, and so is the rest"
        )
    best = min(fit, key=lambda region: (region not in serving, _RANK[_verdict(standing, region)]))
    reason = f"{' and '.join(down)} {'is' if len(down) == 1 else 'are'} down; {_verdict(standing, best).value}"
    return TargetLine(region=best, exposure_seconds=None, reason=reason)


def _unfit(standing: Stands, region: str) -> str:
    seen = standing.regions.get(region)
    if seen is not None and seen.role in ("fenced", "unfenced"):
        return f"is {seen.role} since the last forced failover"
    return "is down" if _verdict(standing, region) is Verdict.DOWN else ""


def _verdict(standing: Stands, region: str) -> Verdict:
    seen = standing.regions.get(region)
    return seen.verdict if seen is not None else Verdict.UNKNOWN


def _exposure(standing: Stands, region: str) -> float | None:
    return application_exposure([store for store in standing.stores if store.region == region])


def _reason(standing: Stands, best: str, lost: Mapping[str, float | None], unfit: Mapping[str, str]) -> str:
    """What speaks for it, beside what speaks against each of the others."""
    seconds, verdict = lost[best], _verdict(standing, best)
    told = f"{verdict.value}, {_told(seconds)}"
    others = [
        f"{region} is {_verdict(standing, region).value}, {_told(lost[region])}" for region in lost if region != best
    ]
    others += [f"{region} {why}" for region, why in unfit.items()]
    return f"{told}; {'; '.join(others)}" if others else f"{told}; the only standby"


def _told(seconds: float | None) -> str:
    return "exposure unknown" if seconds is None else f"exposure {round(seconds, 1):g} s"
