"""The loss a run reached: none where the service says it allowed none, else the exposure when promotion began."""

from datetime import datetime

from dr_core.execution.model import Run, StepState
from dr_core.observation.model import Observation
from dr_core.plan.step import Mode, Segment
from dr_core.replication.exposure import application_exposure, store_exposures
from dr_core.topology.model import Topology

Loss = tuple[float | None, str]
"""Seconds (None: unknown) and where the number comes from."""


def exposure_at(topology: Topology, run: Run, seen: Observation | None, now: datetime) -> Loss:
    """What would be lost by promoting now, by the stores that gate."""
    if seen is None:
        return None, "nothing was observed before promotion"
    stores = [s for s in store_exposures(seen, now, topology.detection.interval) if s.region == run.plan.target]
    gates = [store for store in stores if store.gate]
    if not gates:
        return None, "no store of this application is measured for loss"
    reasons = "; ".join(f"{store.name}: {store.reason or store.source}" for store in gates)
    return application_exposure(stores), f"at most, when promotion began: {reasons}"


def loss_of(run: Run) -> Loss:
    """The loss of a finished run, in seconds of writes."""
    promoting = [step.name for step in run.plan.steps if step.segment is Segment.PROMOTE]
    if not promoting:
        return None, "the plan promotes no database"
    records = [run.record(name) for name in promoting]
    if any(record.state is not StepState.DONE for record in records):
        return None, "the database was not promoted by this run"
    if run.plan.mode is Mode.FORCED:
        return run.loss_s, run.loss_reason or "exposure was not recorded when promotion began"
    allowed = [record.evidence.get("data_loss_allowed") for record in records]
    if all(value is False for value in allowed):
        return 0.0, "switchover: the service reported that no data loss was allowed"
    return None, "the service did not report whether data loss was allowed"
