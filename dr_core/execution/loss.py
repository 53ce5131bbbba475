"""The loss a run reached: none where the service says it allowed none, else the exposure at the promotion."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dr_core.execution.model import Run, StepState, StoreLoss
from dr_core.observation.model import Observation
from dr_core.plan.step import Mode, Segment, Step
from dr_core.replication.exposure import StoreExposure, application_exposure, store_exposures
from dr_core.topology.model import Topology

Loss = tuple[float | None, str]
"""Seconds (None: unknown) and where the number comes from."""

DATABASES = {"aurora_global": "RDS events", "rds_replica": "CloudWatch ReplicaLag"}
"""Kinds of store that a promotion changes the writer of, and where it is told whether data could be lost."""


@dataclass(frozen=True)
class Toll:
    """What taking the source's work away costs: the application, by the stores that gate, and each store.

    Without a `reason` nobody asked for the application's; `seconds` None with one is unknown.
    """

    seconds: float | None = None
    reason: str = ""
    stores: tuple[StoreLoss, ...] = ()


def exposure_at(topology: Topology, run: Run, seen: Observation | None, now: datetime) -> Loss:
    """What would be lost by promoting now, by the stores that gate."""
    if seen is None:
        return None, "nothing was observed before promotion"
    stores = _towards_target(topology, run, seen, now)
    gates = [store for store in stores if store.gate]
    if not gates:
        return None, "no store of this application is measured for loss"
    reasons = "; ".join(f"{store.name}: {store.reason or store.source}" for store in gates)
    return application_exposure(stores), f"at most, when promotion began: {reasons}"


def losses_at(topology: Topology, run: Run, seen: Observation | None, now: datetime) -> tuple[StoreLoss, ...]:
    """What each store that is copied to the target would lose by taking the source's work away now."""
    return () if seen is None else tuple(_lost(store, now) for store in _towards_target(topology, run, seen, now))


def is_taking(run: Run, step: Step) -> bool:
    """Whether what is not copied yet is lost with this step: the first promotion, or the switch where none is."""
    taking = [s for s in run.plan.steps if s.promotes]
    switching = [s for s in run.plan.steps if s.segment is Segment.SWITCH]
    taking = taking or [s for s in switching if not s.best_effort] or switching
    return bool(taking) and taking[0].name == step.name


def toll_of(run: Run, step: Step, found: Toll) -> Toll:
    """The part of what was `found` that goes with `step`; all of it empty for a step that costs nothing."""
    forced = step.promotes and run.plan.mode is Mode.FORCED
    return Toll(
        seconds=found.seconds if forced else None,
        reason=found.reason if forced else "",
        stores=found.stores if is_taking(run, step) else (),
    )


def costs(run: Run, step: Step) -> bool:
    """Whether something is lost with this step, so that it is measured before each act of it."""
    return is_taking(run, step) or (step.promotes and run.plan.mode is Mode.FORCED)


def worse(before: Toll, now: Toll) -> Toll:
    """Both measured in one run: the worse figure stands, and what is unknown is worse than any number."""
    loss = _worse_loss((before.seconds, before.reason), (now.seconds, now.reason))
    stores = {(store.kind, store.name): store for store in before.stores}
    for store in now.stores:
        stores[store.kind, store.name] = _worse_store(stores.get((store.kind, store.name), store), store)
    return Toll(*loss, tuple(stores.values()))


def _worse_loss(before: Loss, now: Loss) -> Loss:
    if not before[1]:
        return now
    if not now[1] or before[0] is None:
        return before
    if now[0] is None:
        return None, f"{now[1]}; it was {before[0]:g} s when promotion was first asked for"
    return now if now[0] > before[0] else before


def _worse_store(before: StoreLoss, now: StoreLoss) -> StoreLoss:
    if _badness(now) <= _badness(before):
        return before
    if now.seconds is None and before.seconds is not None:
        return now.model_copy(update={"reason": f"{now.reason or now.verdict}; it was {before.seconds:g} s before"})
    return now


def _badness(store: StoreLoss) -> tuple[int, float]:
    """In step, behind, unknown; then by seconds. A store that is compared and not timed has none."""
    return {"ok": 0, "over": 1}.get(store.verdict, 2), store.seconds or 0.0


def loss_of(run: Run) -> Loss:
    """The loss of a finished run, in seconds of writes."""
    promoting = [step.name for step in run.plan.steps if step.promotes]
    if not promoting:
        return None, "the plan promotes no database"
    records = [run.record(name) for name in promoting]
    if any(record.state is not StepState.DONE for record in records):
        return None, "the database was not promoted by this run"
    if run.plan.mode is Mode.FORCED:
        return run.loss_s, run.loss_reason or "exposure was not recorded when promotion began"
    allowed = [record.evidence.get("data_loss_allowed") for record in records]
    if all(value is False for value in allowed):
        told = [str(basis) for record in records if (basis := record.evidence.get("data_loss_basis"))]
        return 0.0, "; ".join(told) or "switchover: the service reported that no data loss was allowed"
    told = [str(reason) for record in records if (reason := record.evidence.get("data_loss_reason"))]
    return None, "; ".join(told) or "nobody saw whether data could be lost"


def losses_of(run: Run) -> tuple[StoreLoss, ...]:
    """What each store of a finished run lost; of a database in a planned run, what the service said about it."""
    if run.plan.mode is Mode.FORCED:
        return run.losses
    seconds, reason = loss_of(run)
    verdict = "ok" if seconds == 0 else "unknown"
    told = {"seconds": seconds, "reason": reason, "verdict": verdict}
    return tuple(
        lost.model_copy(update={**told, "source": DATABASES[lost.kind]}) if lost.kind in DATABASES else lost
        for lost in run.losses
    )


def _towards_target(topology: Topology, run: Run, seen: Observation, now: datetime) -> tuple[StoreExposure, ...]:
    stores = store_exposures(seen, now, topology.detection.interval)
    return tuple(store for store in stores if store.region == run.plan.target)


def _lost(store: StoreExposure, now: datetime) -> StoreLoss:
    """A figure that is stale says what it was and counts as unknown."""
    known = store.exposure_seconds if store.verdict in ("ok", "over") else None
    age = store.age_seconds
    return StoreLoss(
        kind=store.kind,
        name=store.name,
        gate=store.gate,
        seconds=known,
        threshold_s=store.threshold_seconds,
        verdict=store.verdict,
        source=store.source,
        measured_at=None if age is None else now - timedelta(seconds=age),
        reason=store.reason,
    )
