"""What a check is given, and the few questions to an observation that several checks ask."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dr_core.observation.model import Observation, SignalState, Vantage, Verdict
from dr_core.plan.move import leads_home
from dr_core.plan.step import Finding, Mode, Plan, Purpose, Severity
from dr_core.readiness.model import Sheet
from dr_core.replication.exposure import StoreExposure, store_exposures
from dr_core.topology.model import Application, Topology

US_EAST_1 = "us-east-1"
_REASONS_SHOWN = 2
AHEAD_S = 5.0
"""By how much the clock of the process that observed may be ahead of the store's."""


@dataclass(frozen=True)
class Case:
    """A plan, the application it is for, what was seen of it, and what its last preflight found.

    `new_round`: people let the plan through once already, and are asked again. `unsigned` are lost writes that nobody
    has signed off (id and sentence), `unknown_losses` what may be lost and was not found yet; `unfenced` the regions
    that the last forced run could not fence. `switched_off`: the ended run by which alone the source looks down.
    """

    topology: Topology
    plan: Plan
    seen: Observation | None
    now: datetime
    sheet: Sheet | None = None
    new_round: bool = False
    unsigned: tuple[tuple[str, str], ...] = ()
    unknown_losses: tuple[str, ...] = ()
    unfenced: frozenset[str] = frozenset()
    switched_off: str | None = None

    @property
    def app(self) -> Application:
        return self.topology.applications[self.plan.application]

    @property
    def forced(self) -> bool:
        return self.plan.mode is Mode.FORCED

    @property
    def homeward(self) -> bool:
        """As `Move.homeward`."""
        return leads_home(self.app, self.plan.target, self.plan.mode) and self.plan.purpose is not Purpose.ROLLBACK

    @property
    def oldest_s(self) -> float:
        """How old an observation may be: three passes, and a slow pass is not a missed one."""
        return 3 * max(self.topology.detection.interval, timedelta(seconds=20)).total_seconds()

    @property
    def age_s(self) -> float | None:
        return None if self.seen is None else max(0.0, (self.now - self.seen.observed_at).total_seconds())

    @property
    def fresh(self) -> Observation | None:
        """The observation, if it may still be believed: not an old one, and not one of a clock that runs ahead."""
        if self.seen is None:
            return None
        age_s = (self.now - self.seen.observed_at).total_seconds()
        return self.seen if -AHEAD_S <= age_s <= self.oldest_s else None


def answers(seen: Observation, region: str) -> bool | None:
    """Whether the region's control planes answer: one is enough; None when nobody could say."""
    states = [s.state for s in seen.signals if s.region == region and s.vantage is Vantage.CONTROL_PLANE]
    if SignalState.OK in states:
        return True
    return False if SignalState.BAD in states else None


def is_down(seen: Observation, region: str) -> bool:
    """The verdict, unless the region's control planes answer: a pilot light always looks down to probes."""
    verdict = seen.verdict(region)
    return verdict is not None and verdict.verdict is Verdict.DOWN and answers(seen, region) is not True


def nothing_good(seen: Observation, region: str) -> bool:
    """Whether not one signal of the region is good: nobody knows whether it could take over."""
    return all(signal.state is not SignalState.OK for signal in seen.signals if signal.region == region)


def reasons_of(seen: Observation, region: str) -> str:
    """The first reasons of the verdict; the whole list stands in the status."""
    verdict = seen.verdict(region)
    return "; ".join(verdict.reasons[:_REASONS_SHOWN]) if verdict is not None else "no verdict yet"


def gate_stores(case: Case) -> tuple[StoreExposure, ...]:
    """The stores that gate, towards the target, as they stand now."""
    if case.seen is None:
        return ()
    stores = store_exposures(case.seen, case.now, case.topology.detection.interval)
    return tuple(store for store in stores if store.gate and store.region == case.plan.target)


def has_gate(app: Application) -> bool:
    """Whether the topology asks for a store to be measured before data may be given up."""
    return any(entry.value.gate for entry in app.stores)


def blocking(code: str, message: str, *, evidence: str = "", way_out: str = "") -> Finding:
    """A finding that stops a request; the way out always names the override."""
    override = f"To go on all the same: --override {code}"
    text = f"{way_out} {override}" if way_out else override
    return Finding(code=code, severity=Severity.BLOCKING, message=message, evidence=evidence, way_out=text)


def warning(code: str, message: str, *, evidence: str = "", way_out: str = "") -> Finding:
    return Finding(code=code, severity=Severity.WARNING, message=message, evidence=evidence, way_out=way_out)


def info(code: str, message: str, *, evidence: str = "", way_out: str = "") -> Finding:
    return Finding(code=code, severity=Severity.INFO, message=message, evidence=evidence, way_out=way_out)
