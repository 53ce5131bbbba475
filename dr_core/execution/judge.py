"""What the runner asks before it starts, before it fences, and at the end: proof, gates, measurement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from dr_core.approvals.decision import standing
from dr_core.approvals.model import Ack, Actor, Request, RequestState
from dr_core.approvals.proof import AckVerifier
from dr_core.approvals.renewal import ask_again
from dr_core.approvals.scope import related
from dr_core.errors import DrError
from dr_core.execution.away import Sight, sight_of
from dr_core.execution.loss import Toll, exposure_at, loss_of, losses_at, losses_of
from dr_core.execution.model import Run
from dr_core.objectives.rto import timeline
from dr_core.observation.model import Observation
from dr_core.plan.gates import OverLimit, check, over_limit
from dr_core.services import Services
from dr_core.store import observations, runs
from dr_core.store.engine import Store, Tx
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

    def closed_gates(self, run: Run) -> tuple[str, ...]:
        """Why the run may not fence now; empty when it may."""
        ...

    def over_limit(self, run: Run, request: Request) -> OverLimit | None:
        """More loss than was accepted, if promoting now would cost it."""
        ...

    def ask_again(self, tx: Tx, run: Run, reason: str) -> str | None:
        """Open a new round of the run's request, measured anew; why that cannot be, None when it stands."""
        ...

    def related(self, application: str) -> tuple[str, ...]:
        """The applications that depend on this one or that it depends on."""
        ...

    def sight(self, tx: Tx, run: Run) -> tuple[Sight, str]:
        """Whether the application lives in the region that this finished run left, by what was seen since; and why."""
        ...

    def toll(self, run: Run) -> Toll:
        """What would be lost by promoting now."""
        ...

    def measure(self, run: Run, request: Request) -> Measured:
        """RTO by segment and loss of a run whose steps are over."""
        ...


class StoreJudge:
    """Judges by the stored acknowledgements, the stored observations, and the run's own time stamps."""

    def __init__(self, services: Services, verifier: AckVerifier, worker: Actor) -> None:
        self._services = services
        self._store: Store = services.store
        self._topology: Topology = services.topology
        self._verifier = verifier
        self._worker = worker

    def unproven(self, request: Request) -> str | None:
        if request.state is not RequestState.APPROVED:
            return f"its request is {request.state.value}, not approved"
        if request.plan.digest() != request.digest:
            return "the stored plan is not the one that was acknowledged"
        faults = [fault for ack in request.round_acks if (fault := self._verifier.fault(request, ack)) is not None]
        if faults:
            return faults[0]
        missing = standing(request).missing
        return f"{missing} acknowledgement(s) are missing" if missing else None

    def closed_gates(self, run: Run) -> tuple[str, ...]:
        seen, now = self._seen(run)
        return check(self._topology, run.plan, seen, now)

    def over_limit(self, run: Run, request: Request) -> OverLimit | None:
        seen, now = self._seen(run)
        return over_limit(self._topology, run.plan, seen, now, accepted_limit(request.round_acks))

    def ask_again(self, tx: Tx, run: Run, reason: str) -> str | None:
        try:
            if runs.claim(tx, run.id).free:
                ask_again(tx, self._services, run.id, self._worker, reason)
        except DrError as error:
            return error.message
        return None

    def related(self, application: str) -> tuple[str, ...]:
        return related(self._topology, application)

    def sight(self, tx: Tx, run: Run) -> tuple[Sight, str]:
        return sighted(tx, self._topology, run)

    def toll(self, run: Run) -> Toll:
        seen, now = self._seen(run)
        return Toll(*exposure_at(self._topology, run, seen, now), losses_at(self._topology, run, seen, now))

    def _seen(self, run: Run) -> tuple[Observation | None, datetime]:
        """The last observation, and now by the store's clock: this process's own may be wrong."""
        return self._store.read(lambda tx: (observations.latest(tx, run.application), tx.now()))

    def measure(self, run: Run, request: Request) -> Measured:
        times = timeline(request, run)
        loss_s, loss_reason = loss_of(run)
        outcome: dict[str, JsonValue] = {
            "segments": [segment.model_dump(mode="json") for segment in times.segments],
            "rto_s": times.rto_s,
            "rto_reason": times.rto_reason,
            "loss_s": loss_s,
            "loss_reason": loss_reason,
            "losses": [lost.model_dump(mode="json") for lost in losses_of(run)],
        }
        summary: dict[str, JsonValue] = {"rto_s": times.rto_s, "loss_s": loss_s, "loss_reason": loss_reason}
        return Measured(outcome, summary)


def sighted(tx: Tx, topology: Topology, run: Run) -> tuple[Sight, str]:
    """Whether the application lives in the region that this finished run left, by the last observation; and why."""
    entry, seen = topology.applications.get(run.application), observations.latest(tx, run.application)
    return sight_of(entry, run, seen, tx.now(), topology.detection.interval)


def accepted_limit(acks: tuple[Ack, ...]) -> int | None:
    """The lowest loss anybody accepted, in seconds; None when all accepted an unknown one."""
    limits = [ack.accepted_limit_s for ack in acks if ack.accepted_limit_s is not None]
    return min(limits) if limits else None
