"""What the runner asks before it starts, before it fences, and at the end: proof, gates, measurement."""

from dataclasses import dataclass
from typing import Protocol

from pydantic import JsonValue

from dr_core.approvals.decision import standing
from dr_core.approvals.model import Ack, Request
from dr_core.approvals.proof import AckVerifier
from dr_core.clock import Clock
from dr_core.execution.loss import Loss, exposure_at, loss_of
from dr_core.execution.model import Run
from dr_core.objectives.rto import timeline
from dr_core.plan.gates import check
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.model import Topology


@dataclass(frozen=True)
class Measured:
    """What a finished run reached, as it is stored with it."""

    outcome: dict[str, JsonValue]
    summary: dict[str, JsonValue]


class Judge(Protocol):
    """The runner's questions."""

    def unproven(self, request: Request) -> str | None:
        """Why the acknowledgements of `request` do not allow its run; None when they do."""
        ...

    def closed_gates(self, run: Run, request: Request) -> tuple[str, ...]:
        """Why the run may not fence now; empty when it may."""
        ...

    def exposure(self, run: Run) -> Loss:
        """What would be lost by promoting now."""
        ...

    def measure(self, run: Run, request: Request) -> Measured:
        """RTO by segment and loss of a run whose steps are over."""
        ...


class StoreJudge:
    """Judges by the stored acknowledgements, the stored observations, and the run's own time stamps."""

    def __init__(self, store: Store, topology: Topology, verifier: AckVerifier, clock: Clock) -> None:
        self._store = store
        self._topology = topology
        self._verifier = verifier
        self._clock = clock

    def unproven(self, request: Request) -> str | None:
        if request.plan.digest() != request.digest:
            return "the stored plan is not the one that was acknowledged"
        faults = [fault for ack in request.round_acks if (fault := self._verifier.fault(request, ack)) is not None]
        if faults:
            return faults[0]
        missing = standing(request).missing
        return f"{missing} acknowledgement(s) are missing" if missing else None

    def closed_gates(self, run: Run, request: Request) -> tuple[str, ...]:
        seen = self._store.read(lambda tx: observations.latest(tx, run.application))
        return check(self._topology, run.plan, seen, self._clock.now(), accepted_limit(request.round_acks))

    def exposure(self, run: Run) -> Loss:
        seen = self._store.read(lambda tx: observations.latest(tx, run.application))
        return exposure_at(self._topology, run, seen, self._clock.now())

    def measure(self, run: Run, request: Request) -> Measured:
        times = timeline(request, run)
        loss_s, loss_reason = loss_of(run)
        outcome: dict[str, JsonValue] = {
            "segments": [segment.model_dump(mode="json") for segment in times.segments],
            "rto_s": times.rto_s,
            "rto_reason": times.rto_reason,
            "loss_s": loss_s,
            "loss_reason": loss_reason,
        }
        summary: dict[str, JsonValue] = {"rto_s": times.rto_s, "loss_s": loss_s, "loss_reason": loss_reason}
        return Measured(outcome, summary)


def accepted_limit(acks: tuple[Ack, ...]) -> int | None:
    """The lowest loss anybody accepted, in seconds; None when all accepted an unknown one."""
    limits = [ack.accepted_limit_s for ack in acks if ack.accepted_limit_s is not None]
    return min(limits) if limits else None
