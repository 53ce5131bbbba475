"""The runner: takes runs by lease and carries them out, one recorded transition at a time.

`tick` never waits for AWS: looks run in an executor, and what they found is handled at a later tick. What must survive
stands in the store; what is kept here (futures, next look) may be lost at any moment.
"""

import json
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import timedelta
from functools import partial

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.clock import Clock
from dr_core.errors import DrError, LeaseLostError
from dr_core.execution.gate import GateKeeper
from dr_core.execution.judge import Judge
from dr_core.execution.lease import DEFAULT_TIMING, RunLease, Timing
from dr_core.execution.model import Run, RunState, StepState
from dr_core.execution.recovery import has_moved, next_moves
from dr_core.execution.steps import Hand, StepDriver
from dr_core.plan.catalogue import Catalogue
from dr_core.plan.step import Plan
from dr_core.store import requests, runs
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change, HeldError

log = structlog.get_logger(__name__)


class Runner:
    """Carries out every run it can get a lease of."""

    def __init__(
        self,
        store: Store,
        catalogue: Callable[[Plan], Catalogue],
        judge: Judge,
        clock: Clock,
        executor: Executor,
        owner: str,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._owner = owner
        self._timing = timing
        self._actor = actor_data(Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER))
        self._hands: dict[str, Hand] = {}
        self._steps = StepDriver(store, catalogue, judge, clock, executor, self._actor)
        self._gates = GateKeeper(store, judge, clock, self._actor)

    @property
    def owned(self) -> tuple[str, ...]:
        """The runs this worker has leases of."""
        return tuple(self._hands)

    def tick(self) -> None:
        """Renew, take, and move every owned run by what is known now."""
        self._take()
        for run_id, hand in list(self._hands.items()):
            hand.lease.beat()
            if not hand.lease.live:
                log.warning("lease_lost", run=run_id)
                del self._hands[run_id]
                continue
            try:
                self._move(hand)
            except LeaseLostError:
                del self._hands[run_id]
            except DrError as error:
                if hand.waits_for != error.message:
                    log.warning("run_waits", run=run_id, error=str(error))
                hand.waits_for = error.message
            except Exception:
                log.exception("run_tick_failed", run=run_id)

    def stop(self) -> None:
        """Hand every lease over at once; looks under way may still end, nothing new leaves the process."""
        for hand in self._hands.values():
            try:
                hand.lease.release()
            except DrError as error:
                log.warning("lease_not_released", run=hand.lease.run_id, error=error.message)
        self._hands.clear()

    def _take(self) -> None:
        try:
            free = self._store.read(runs.takeable)
        except DrError as error:
            log.warning("store_unreachable", error=error.message)
            return
        for run_id in free:
            if run_id in self._hands:
                continue
            sent_at = self._clock.monotonic()
            try:
                epoch = self._store.write(partial(self._claim, run_id))
            except DrError as error:
                log.warning("run_not_taken", run=run_id, error=error.message)
                continue
            if epoch is not None:
                lease = RunLease(self._store, self._clock, run_id, epoch, self._timing, sent_at=sent_at)
                self._hands[run_id] = Hand(lease)

    def _claim(self, run_id: str, tx: Tx) -> int | None:
        entry = (EventKind.RUN_TAKEN, self._actor, {"owner": self._owner}, None)
        return runs.take(tx, run_id, self._owner, timedelta(seconds=self._timing.ttl_s), [entry])

    def _move(self, hand: Hand) -> None:
        run, at = self._store.read(lambda tx: (runs.get(tx, hand.lease.run_id), tx.now()))
        if not hand.proven and not self._prove(hand, run):
            return
        if run.state.finished:
            self._follow_up(hand, run)
            return
        if run.state is RunState.PENDING:
            self._begin(hand, run)
            return
        run = self._steps.collect(hand, run)
        moves = next_moves(run, gated=self._gates.passed(hand, run))
        if moves.end is not None:
            self._end(hand, run, moves.end)
            return
        if moves.gate and self._gates.try_pass(hand, run, self._finish):
            return
        self._steps.look(hand, run, moves.look, at)
        for name in moves.start:
            try:
                self._steps.start(hand, run, name)
            except HeldError:
                return

    def _prove(self, hand: Hand, run: Run) -> bool:
        """Once per take, whatever the row's state says: a row written by hand, or another plan in it, does nothing."""
        request = self._store.read(lambda tx: requests.get(tx, run.request))
        fault = self._judge.unproven(request)
        if fault is None and run.plan != request.plan:
            fault = "the run's plan is not the one that was acknowledged"
        hand.proven = fault is None
        if fault is not None and run.state.finished:
            log.error("follow_up_refused", run=run.id, fault=fault)
            self._store.write(lambda tx: runs.stop_following(tx, run.id, hand.lease.epoch))
            self._drop(hand)
        elif fault is not None:
            self._finish(hand, run, RunState.FAILED, EventKind.RUN_FAILED, f"Not carried out: {fault}.")
        return hand.proven

    def _begin(self, hand: Hand, run: Run) -> None:
        entry = (EventKind.RUN_STARTED, self._actor, {"run": run.id}, f"{run.id}:started")
        self._store.write(
            lambda tx: runs.transition(
                tx,
                run.id,
                hand.lease.epoch,
                Change([entry], {"state": RunState.RUNNING.value, "started_at": tx.now()}, intent=True),
            )
        )

    def _end(self, hand: Hand, run: Run, state: RunState) -> None:
        if state is RunState.SUCCEEDED:
            self._finish(hand, run, state, EventKind.RUN_SUCCEEDED, "")
            return
        failed = next(record for record in run.steps if record.state is StepState.FAILED)
        reason = f"{run.plan.step(failed.name).title}: {failed.detail}"
        self._finish(hand, run, state, EventKind.RUN_FAILED, reason)

    def _finish(self, hand: Hand, run: Run, state: RunState, kind: EventKind, reason: str) -> None:
        request = self._store.read(lambda tx: requests.get(tx, run.request))
        measured = self._judge.measure(run, request)
        unreached = [record.name for record in run.steps if record.state is StepState.NOT_REACHED]
        follow_up = bool(unreached) and has_moved(run, state)
        data: dict[str, JsonValue] = {
            "run": run.id,
            "reason": reason,
            "not_reached": list(unreached),
            **measured.summary,
        }

        def work(tx: Tx) -> None:
            values = {
                "state": state.value,
                "ended_at": tx.now(),
                "reason": reason,
                "hold": None,
                "outcome": json.dumps(measured.outcome),
                "follow_up": follow_up,
            }
            entry = (kind, self._actor, data, f"{run.id}:{state.value}")
            runs.transition(tx, run.id, hand.lease.epoch, Change([entry], values))
            runs.unlock(tx, run.id)

        self._store.write(work)
        if not follow_up:
            self._drop(hand)

    def _follow_up(self, hand: Hand, run: Run) -> None:
        """After the end: what could not be reached in the dead region is tried for as long as it takes."""
        if not self._steps.follow_up(hand, run):
            self._drop(hand)

    def _drop(self, hand: Hand) -> None:
        self._hands.pop(hand.lease.run_id, None)
        hand.lease.release()
