"""Carries single steps: intent, look, result; each a transition of its own, so that any crash leaves a known state."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.aws.faults import outcome_unknown
from dr_core.clock import Clock
from dr_core.errors import DrError
from dr_core.execution.judge import Judge
from dr_core.execution.lease import RunLease
from dr_core.execution.look import Look, look_at
from dr_core.execution.model import Run, RunState, StepRecord, StepState
from dr_core.execution.pace import (
    ABSENT_BEFORE_ACTING_AGAIN_S,
    ABSENT_FOR_CERTAIN_S,
    back_off_s,
    is_over,
    overdue,
    refused_for_good,
    wait_s,
)
from dr_core.plan.catalogue import Catalogue, Progress, StepObservation
from dr_core.plan.step import Mode, Plan, Segment, Step
from dr_core.store import events, runs
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change, HeldError, StepChange

FOLLOW_UP_EVERY_S = 10.0

_END_KINDS = {
    StepState.DONE: EventKind.STEP_DONE,
    StepState.NOT_REACHED: EventKind.STEP_NOT_REACHED,
    StepState.FAILED: EventKind.STEP_FAILED,
    StepState.UNCERTAIN: EventKind.STEP_UNCERTAIN,
}


@dataclass
class Pursuit:
    """What this process remembers of a step it pursues; all of it may be lost."""

    future: Future[Look] | None = None
    next_at: float = 0.0
    faults: int = 0
    since: float = 0.0
    acted_at: float | None = None
    maybe_done: bool = True
    looked: bool = False
    absent_since: float | None = None
    note: str = ""


@dataclass
class Hand:
    """One owned run."""

    lease: RunLease
    proven: bool = False
    waits_for: str = ""
    gated: bool = False
    gate_since: float | None = None
    next_gate: float = 0.0
    pursuits: dict[str, Pursuit] = field(default_factory=dict)

    def pursuit(self, name: str) -> Pursuit:
        return self.pursuits.setdefault(name, Pursuit())


class StepDriver:
    """Starts steps, looks at them, and records what came of it."""

    def __init__(
        self,
        store: Store,
        catalogue: Callable[[Plan], Catalogue],
        judge: Judge,
        clock: Clock,
        executor: Executor,
        actor: Mapping[str, JsonValue],
    ) -> None:
        self._store = store
        self._catalogue = catalogue
        self._judge = judge
        self._clock = clock
        self._executor = executor
        self._actor = actor

    def start(self, hand: Hand, run: Run, name: str) -> None:
        """Write the intent, then look (and act). HeldError when the brake or a person was first."""
        self._intend(hand, run, name, f"{run.id}:{name}:1")
        pursuit = hand.pursuit(name)
        pursuit.maybe_done = False
        pursuit.since = self._clock.monotonic()
        self._submit(hand, run, name, may_act=True)

    def look(self, hand: Hand, run: Run, names: Sequence[str], at: datetime) -> None:
        """Look again at steps whose time has come; one found after a crash is observed before it is acted on.

        `at` is the store's clock when the run was read.
        """
        now = self._clock.monotonic()
        for name in names:
            record = run.record(name)
            pursuit = hand.pursuit(name)
            pursuit.since = pursuit.since or now
            step, pursued_s = run.plan.step(name), now - pursuit.since
            over = is_over(step, record, at, pursued_s=pursued_s, looked=pursuit.looked)
            if over and record.state is StepState.RUNNING and self._over(hand, run, record, pursuit):
                continue
            if pursuit.future is None and now >= pursuit.next_at:
                self._submit(hand, run, name, may_act=self._may_act(hand, run, record, pursuit))

    def collect(self, hand: Hand, run: Run) -> Run:
        """Record what finished looks found; the run as it is afterwards."""
        changed = False
        for name, pursuit in list(hand.pursuits.items()):
            if pursuit.future is None or not pursuit.future.done():
                continue
            look, pursuit.future = pursuit.future.result(), None
            pursuit.looked = True
            record = run.record(name)
            if record.state in (StepState.RUNNING, StepState.UNCERTAIN):
                changed |= self._handle(hand, run, record, pursuit, look)
        return self._store.read(lambda tx: runs.get(tx, run.id)) if changed else run

    def follow_up(self, hand: Hand, run: Run) -> bool:
        """Try again what a finished run could not reach; False when nothing is left or a newer run acts."""
        unreached = [record for record in run.steps if record.state is StepState.NOT_REACHED]
        if not unreached or self._store.read(lambda tx: runs.overtaken(tx, run)):
            self._store.write(lambda tx: runs.stop_following(tx, run.id, hand.lease.epoch))
            return False
        now = self._clock.monotonic()
        for record in unreached:
            pursuit = hand.pursuit(record.name)
            if pursuit.future is not None and pursuit.future.done():
                look, pursuit.future = pursuit.future.result(), None
                pursuit.next_at = now + (1.0 if look.acted or _under_way(look) else FOLLOW_UP_EVERY_S)
                if look.observation is not None and look.observation.progress is Progress.SATISFIED:
                    self._reached_late(hand, run, record, look.observation)
                elif look.observation is not None and look.observation.progress is Progress.ABSENT and not look.acted:
                    self._try_late(hand, run, record)
            elif pursuit.future is None and now >= pursuit.next_at:
                self._submit(hand, run, record.name, may_act=False)
        return True

    def _try_late(self, hand: Hand, run: Run, record: StepRecord) -> None:
        """The region answers again: act under an intent of its own, unless a newer run has come meanwhile."""
        attempt = record.attempt + 1
        data: dict[str, JsonValue] = {"run": run.id, "step": record.name, "attempt": attempt, "late": True}
        entry = (EventKind.STEP_INTENT, self._actor, data, f"{run.id}:{record.name}:{attempt}")
        change = Change([entry], {}, StepChange(record.name, {"attempt": attempt}), intent=True)

        def work(tx: Tx) -> bool:
            if runs.lock_holder(tx, run.application) is not None:
                return False
            runs.transition(tx, run.id, hand.lease.epoch, change)
            return True

        if self._store.write(work):
            self._submit(hand, run, record.name, may_act=True)

    def _intend(self, hand: Hand, run: Run, name: str, cmd_id: str) -> None:
        step, record = run.plan.step(name), run.record(name)
        attempt = record.attempt + 1
        data: dict[str, JsonValue] = {"run": run.id, "step": name, "attempt": attempt, "title": step.title}
        outcome: dict[str, str] = {}
        if step.segment is Segment.PROMOTE and attempt == 1 and run.plan.mode is Mode.FORCED:
            loss_s, reason = self._judge.exposure(run)
            data |= {"exposure_s": loss_s, "exposure": reason}
            outcome = {"outcome": json.dumps({"loss_s": loss_s, "loss_reason": reason})}

        def work(tx: Tx) -> None:
            now = tx.now()
            values = {
                "state": StepState.RUNNING.value,
                "attempt": attempt,
                "token": record.token or f"{run.id}-{name}"[:60],
            }
            if record.started_at is None:
                values |= {"started_at": now, "deadline_at": now + timedelta(seconds=step.deadline_s)}
            entry = (EventKind.STEP_INTENT, self._actor, data, cmd_id)
            change = Change([entry], outcome, StepChange(name, values), intent=True)
            runs.transition(tx, run.id, hand.lease.epoch, change)

        self._store.write(work)

    def _submit(self, hand: Hand, run: Run, name: str, *, may_act: bool) -> None:
        step = run.plan.step(name)
        kind = self._catalogue(run.plan)[step.kind]
        token = run.record(name).token or f"{run.id}-{name}"[:60]
        hand.pursuit(name).future = self._executor.submit(
            look_at, kind, step, token=token, may_act=may_act, guard=hand.lease.guard
        )

    def _may_act(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> bool:
        """Act under the intent that stands, or under a new one when the last act left no trace for a while."""
        if record.state is StepState.UNCERTAIN or run.hold is not None:
            return False
        if pursuit.acted_at is None:
            return True
        long_ago = self._clock.monotonic() - pursuit.acted_at >= ABSENT_BEFORE_ACTING_AGAIN_S
        if pursuit.absent_since is None or not long_ago:
            return False
        try:
            self._intend(hand, run, record.name, f"{run.id}:{record.name}:{record.attempt + 1}")
        except HeldError:
            return False
        return True

    def _handle(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, look: Look) -> bool:
        now = self._clock.monotonic()
        if look.acted and (look.error is None or outcome_unknown(look.error)):
            pursuit.acted_at, pursuit.maybe_done = now, True
        if look.error is not None:
            return self._handle_error(hand, run, record, pursuit, look.error)
        seen = look.observation
        if seen is None:
            return False
        pursuit.faults = 0
        if seen.progress is Progress.SATISFIED:
            self._settle(hand, run, record, StepState.DONE, seen.detail, seen.evidence)
            return True
        if seen.progress is Progress.UNDER_WAY:
            pursuit.maybe_done = True
        if self._surely_absent(record, pursuit, seen, look, now):
            detail = f"it did not take place: {seen.detail}"
            self._settle(hand, run, record, StepState.FAILED, detail, seen.evidence)
            return True
        pursuit.next_at = now + (1.0 if look.acted else wait_s(seen.eta_s, now - pursuit.since))
        self._note(hand, run, record, pursuit, seen.detail)
        return False

    def _handle_error(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, error: DrError) -> bool:
        pursuit.faults += 1
        pursuit.next_at = self._clock.monotonic() + back_off_s(pursuit.faults)
        if refused_for_good(run.plan.step(record.name), error, pursuit.faults) and record.state is StepState.RUNNING:
            state = StepState.NOT_REACHED if run.plan.step(record.name).best_effort else StepState.FAILED
            self._settle(hand, run, record, state, str(error), {})
            return True
        self._note(hand, run, record, pursuit, str(error))
        return False

    def _surely_absent(
        self, record: StepRecord, pursuit: Pursuit, seen: StepObservation, look: Look, now: float
    ) -> bool:
        """An uncertain step of which the service has shown no trace for a while has not taken place."""
        if seen.progress is not Progress.ABSENT or look.acted:
            pursuit.absent_since = None
            return False
        pursuit.absent_since = pursuit.absent_since if pursuit.absent_since is not None else now
        return record.state is StepState.UNCERTAIN and now - pursuit.absent_since >= ABSENT_FOR_CERTAIN_S

    def _over(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> bool:
        """Settle a step whose time is over; False when it is looked at for as long as it takes."""
        step: Step = run.plan.step(record.name)
        state = overdue(step, maybe_done=pursuit.maybe_done or pursuit.future is not None)
        if state is None:
            return False
        detail = f"not done within {step.deadline_s:g} s" + (f"; last: {pursuit.note}" if pursuit.note else "")
        self._settle(hand, run, record, state, detail, {})
        return True

    def _settle(
        self,
        hand: Hand,
        run: Run,
        record: StepRecord,
        state: StepState,
        detail: str,
        evidence: Mapping[str, JsonValue],
    ) -> None:
        name = record.name
        data: dict[str, JsonValue] = {
            "run": run.id,
            "step": name,
            "title": run.plan.step(name).title,
            "detail": detail,
            "evidence": dict(evidence),
        }

        def work(tx: Tx) -> None:
            values = {
                "state": state.value,
                "detail": detail,
                "evidence": json.dumps(dict(evidence)),
                "ended_at": tx.now(),
            }
            entries: list[events.Entry] = [(_END_KINDS[state], self._actor, data, f"{run.id}:{name}:{state.value}")]
            held: dict[str, str | None] = {}
            if state is StepState.UNCERTAIN:
                held = {"state": RunState.HELD.value, "hold": f"{name} is uncertain: {detail}"}
                entries.append((EventKind.RUN_HELD, self._actor, {"run": run.id, "reason": held["hold"]}, None))
            elif run.hold is not None and record.state is StepState.UNCERTAIN:
                held = {"state": RunState.RUNNING.value, "hold": None}
            change = Change(entries, held, StepChange(name, values))
            runs.transition(tx, run.id, hand.lease.epoch, change)

        self._store.write(work)

    def _reached_late(self, hand: Hand, run: Run, record: StepRecord, seen: StepObservation) -> None:
        data: dict[str, JsonValue] = {
            "run": run.id,
            "step": record.name,
            "title": run.plan.step(record.name).title,
            "detail": seen.detail,
        }
        values = {"state": StepState.REACHED_LATE.value, "detail": seen.detail}
        entry = (EventKind.STEP_REACHED_LATE, self._actor, data, f"{run.id}:{record.name}:late")
        change = Change([entry], {}, StepChange(record.name, values))
        self._store.write(lambda tx: runs.transition(tx, run.id, hand.lease.epoch, change))

    def _note(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, detail: str) -> None:
        """Keep what a step is waiting for where the card can read it; a description, not a transition."""
        if detail == pursuit.note:
            return
        pursuit.note = detail
        self._store.write(lambda tx: runs.note(tx, run.id, hand.lease.epoch, record.name, detail))


def _under_way(look: Look) -> bool:
    return look.observation is not None and look.observation.progress is Progress.UNDER_WAY
