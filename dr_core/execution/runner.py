"""The runner: takes runs by lease and carries them out, one recorded transition at a time.

`tick` never waits for AWS: looks run in an executor, and what they found is handled at a later tick. What must survive
stands in the store; what is kept here (futures, next look) may be lost at any moment.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import structlog
from pydantic import JsonValue
from ulid import ULID

from dr_core.approvals.lapse import end, end_with_run
from dr_core.approvals.model import BOT, Actor, Face, Request
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.clock import Clock
from dr_core.errors import DrError, LeaseLostError
from dr_core.execution import quorum
from dr_core.execution.gate import GateKeeper
from dr_core.execution.hand import Hand
from dr_core.execution.judge import Judge
from dr_core.execution.lease import DEFAULT_TIMING, RunLease, Timing
from dr_core.execution.model import HoldKind, Run, RunState, StepState
from dr_core.execution.records import StepRecorder
from dr_core.execution.recovery import has_moved, left_over, next_moves, unfenced
from dr_core.execution.steps import StepDriver
from dr_core.failpoints import Point
from dr_core.plan.catalogue import Catalogue
from dr_core.plan.step import Plan
from dr_core.store import requests, run_leases, runs, scope
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change, HeldError

log = structlog.get_logger(__name__)

WAIT_FOR_CALLS_S = 0.5
"""How long a worker that is asked to stop waits for its calls before it leaves a lease to run out."""


def worker_actor(owner: str) -> Actor:
    """Who a worker is in the trail."""
    return Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)


def _asked(tx: Tx, run_id: str) -> tuple[Run, Request]:
    """Run and request of one moment."""
    run = runs.get(tx, run_id)
    return run, requests.get(tx, run.request)


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
        self._actor = actor_data(worker_actor(owner))
        self._hands: dict[str, Hand] = {}
        self._recorder = StepRecorder(store, judge, self._actor)
        self._steps = StepDriver(store, self._recorder, catalogue, clock, executor, judge.related)
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
        """Hand every lease over at once; nothing new leaves the process.

        A lease under which a call may be on its way runs out by itself: whoever took it now would not see the effect
        yet, and would act again.
        """
        until = time.monotonic() + WAIT_FOR_CALLS_S
        for hand in self._hands.values():
            if not hand.quiet(max(0.0, until - time.monotonic())):
                continue
            try:
                hand.lease.release()
            except DrError as error:
                log.warning("lease_not_released", run=hand.lease.run_id, error=error.message)
        self._hands.clear()

    def _take(self) -> None:
        try:
            free = self._store.read(run_leases.takeable)
        except DrError as error:
            log.warning("store_unreachable", error=error.message)
            return
        for run_id in free:
            if run_id in self._hands:
                continue
            sent_at = self._clock.monotonic()
            try:
                epoch = self._store.write(partial(self._claim, run_id, f"{run_id}:taken:{ULID()}"), Point.RUN_TAKE)
            except DrError as error:
                log.warning("run_not_taken", run=run_id, error=error.message)
                continue
            if epoch is not None:
                lease = RunLease(self._store, self._clock, run_id, epoch, self._timing, sent_at=sent_at)
                self._hands[run_id] = Hand(lease)

    def _claim(self, run_id: str, cmd_id: str, tx: Tx) -> int | None:
        before = runs.get(tx, run_id)
        data: dict[str, JsonValue] = {"owner": self._owner, "epoch": before.epoch + 1}
        entry = (EventKind.RUN_TAKEN, self._actor, data, cmd_id)
        epoch = run_leases.take(tx, run_id, self._owner, timedelta(seconds=self._timing.ttl_s), [entry])
        if epoch is not None and before.beat_at is not None and before.free and not before.state.finished:
            self._asked_again_if_stale(tx, before, before.beat_at)
        return epoch

    def _asked_again_if_stale(self, tx: Tx, run: Run, last_beat: datetime) -> None:
        """Nobody had the run for long: in the commit that takes it, so that no later owner takes it for fresh."""
        why = quorum.stale(run, requests.get(tx, run.request), last_beat, tx.now())
        refused = self._judge.ask_again(tx, run, why) if why is not None else None
        if refused is not None:
            end(tx, run.id, BOT, f"{why}, and cannot be: {refused}")

    def _move(self, hand: Hand) -> None:
        run, at = self._store.read(lambda tx: (runs.get(tx, hand.lease.run_id), tx.now()))
        if run.state.finished and not run.follow_up:
            self._drop(hand)
            return
        if not run.free:
            hand.shut()
        else:
            hand.opened(self._clock.monotonic())
        # One that asks its people again only watches, one that is to end only ends; both take back. All else is proven.
        asks = run.holds_for(HoldKind.ROUND) is not None or (run.ending is not None and not run.state.finished)
        if not asks and hand.proven != (run.round, run.plan) and not self._prove(hand):
            return
        if run.state.finished:
            self._follow_up(hand, run)
            return
        if run.state is RunState.PENDING and run.free:
            self._begin(hand, run, at)
            return
        run = self._steps.collect(hand, run)
        moves = next_moves(run, gated=self._gates.passed(hand, run))
        if moves.end is not None:
            self._end(hand, run, moves.end)
            return
        if moves.gate and self._gates.try_pass(hand, run, self._finish, self._ask_again):
            return
        self._steps.look(hand, run, moves.look, at)
        for name in moves.start:
            try:
                self._steps.start(hand, run, name)
            except HeldError:
                return

    def _prove(self, hand: Hand) -> bool:
        """Once per take and round, whatever the state: a row written by hand, or another plan in it, does nothing."""
        run, request = self._store.read(lambda tx: _asked(tx, hand.lease.run_id))
        if run.holds_for(HoldKind.ROUND) is not None:
            return False
        fault = self._judge.unproven(request)
        if fault is None and run.plan != request.plan:
            fault = "the run's plan is not the one that was acknowledged"
        hand.proven = (request.round, run.plan) if fault is None else None
        if fault is not None and run.state.finished:
            log.error("follow_up_refused", run=run.id, fault=fault)
            self._recorder.followed(hand.lease.epoch, run, f"refused: {fault}")
            self._drop(hand)
        elif fault is not None:
            self._finish(hand, run, RunState.FAILED, EventKind.RUN_FAILED, f"Not carried out: {fault}.")
        return fault is None

    def _begin(self, hand: Hand, run: Run, at: datetime) -> None:
        request = self._store.read(lambda tx: requests.get(tx, run.request))
        stale = quorum.stale(run, request, run.created_at, at)
        if stale is not None:
            self._ask_again(hand, run, stale)
            return
        entry = (EventKind.RUN_STARTED, self._actor, {"run": run.id}, f"{run.id}:started")

        def starting(tx: Tx) -> None:
            change = Change([entry], {"state": RunState.RUNNING.value, "started_at": tx.now()}, intent=True)
            runs.transition(tx, run.id, hand.lease.epoch, change)

        with suppress(HeldError):
            self._store.write(starting, Point.RUN_START)

    def _ask_again(self, hand: Hand, run: Run, reason: str) -> None:
        """Hold the run and open a new round on its card; a run that cannot be asked for any more ends unharmed."""

        def work(tx: Tx) -> str | None:
            run_leases.owned(tx, run.id, hand.lease.epoch)
            return self._judge.ask_again(tx, run, reason)

        refused = self._store.write(work, Point.RUN_ROUND)
        hand.shut()
        if refused is not None:
            text = (
                f"Refused at the gates, before anything was fenced: {reason}; a new round cannot be opened: {refused}"
            )
            self._finish(hand, run, RunState.FAILED, EventKind.RUN_GATES_REFUSED, text)

    def _end(self, hand: Hand, run: Run, state: RunState) -> None:
        if state is RunState.SUCCEEDED:
            self._finish(hand, run, state, EventKind.RUN_SUCCEEDED, "")
            return
        if state is RunState.ABORTED and run.ending is not None:
            reason = f"aborted by {run.ending.by}: {run.ending.reason}"
            self._finish(hand, run, state, EventKind.RUN_ABORTED, reason)
            return
        failed = next(record for record in run.steps if record.state is StepState.FAILED)
        reason = f"{run.plan.step(failed.name).title}: {failed.detail}"
        self._finish(hand, run, state, EventKind.RUN_FAILED, reason)

    def _finish(self, hand: Hand, run: Run, state: RunState, kind: EventKind, reason: str) -> None:
        run, request = self._store.read(lambda tx: _asked(tx, hand.lease.run_id))  # with the last act's loss
        measured = self._judge.measure(run, request)
        moved = has_moved(run, state)
        behind = unfenced(run) if moved else ()
        unreached = [record.name for record in run.steps if record.state is StepState.NOT_REACHED]
        follow_up = moved and bool(behind or left_over(run))
        data: dict[str, JsonValue] = {
            "run": run.id,
            "reason": reason,
            "not_reached": [*unreached, *behind],
            **measured.summary,
        }

        def work(tx: Tx) -> None:
            values = {
                "state": state.value,
                "ended_at": tx.now(),
                "reason": reason,
                "hold": None,
                "holds": "[]",
                "ending": None,
                "outcome": json.dumps(measured.outcome),
                "follow_up": follow_up,
            }
            for name in behind:
                self._recorder.left_behind(tx, hand.lease.epoch, run, name)
            entry = (kind, self._actor, data, f"{run.id}:{state.value}")
            runs.transition(tx, run.id, hand.lease.epoch, Change([entry], values))
            scope.free(tx, run.id)
            end_with_run(tx, run.request, f"its run has {state.value}")

        self._store.write(work, Point.RUN_FINISH)
        if not follow_up:
            self._drop(hand)

    def _follow_up(self, hand: Hand, run: Run) -> None:
        """After the end: what could not be reached in the dead region is tried for as long as it takes."""
        if not self._steps.follow_up(hand, run):
            self._drop(hand)

    def _drop(self, hand: Hand) -> None:
        self._hands.pop(hand.lease.run_id, None)
        hand.lease.release()
