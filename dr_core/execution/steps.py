"""Pursues single steps: intent, look, result; each a transition of its own, so that any crash leaves a known state."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field
from datetime import datetime

from dr_core.aws.faults import outcome_unknown
from dr_core.clock import Clock
from dr_core.errors import DrError
from dr_core.execution.lease import RunLease
from dr_core.execution.look import Look, look_at
from dr_core.execution.model import Run, StepRecord, StepState
from dr_core.execution.pace import (
    ABSENT_BEFORE_ACTING_AGAIN_S,
    ABSENT_FOR_CERTAIN_S,
    abandoned,
    back_off_s,
    is_over,
    overdue,
    refused_for_good,
    wait_s,
)
from dr_core.execution.records import StepRecorder, token_of
from dr_core.plan.catalogue import Catalogue, Claim, Progress, StepObservation
from dr_core.plan.step import Plan, Step
from dr_core.store import runs
from dr_core.store.engine import Store
from dr_core.store.runs import HeldError

FOLLOW_UP_EVERY_S = 10.0
Related = Callable[[str], tuple[str, ...]]
"""Application -> those that depend on it or that it depends on."""


@dataclass
class Pursuit:
    """What this process remembers of one attempt at a step; all of it may be lost."""

    attempt: int = 0
    future: Future[Look] | None = None
    acting: bool = False
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
    proven: tuple[int, Plan] | None = None
    waits_for: str = ""
    stood: bool = False
    gated_at: float | None = None
    passes: int = 0
    gate_since: float | None = None
    next_gate: float = 0.0
    pursuits: dict[str, Pursuit] = field(default_factory=dict)

    def pursuit(self, name: str, attempt: int) -> Pursuit:
        """That of this attempt; a person who sent the run on began a new one."""
        found = self.pursuits.get(name)
        if found is None or (found.attempt != attempt and found.future is None):
            found = self.pursuits[name] = Pursuit(attempt)
        elif found.attempt != attempt:  # the look of the attempt before is still out; its time does not count
            found.attempt, found.since, found.looked, found.acted_at = attempt, 0.0, False, None
        return found

    def shut(self) -> None:
        """Nothing may start: what was asked at the gates does not count later."""
        self.stood, self.gated_at, self.gate_since = True, None, None

    def opened(self, now: float) -> None:
        """Something may start again: the time that the run stood still is no step's time."""
        if not self.stood:
            return
        self.stood = False
        for pursuit in self.pursuits.values():
            pursuit.since, pursuit.looked = now, False

    def quiet(self, within_s: float) -> bool:
        """Whether nothing that may act is under way any more, after `within_s` at the latest; what waits is dropped."""
        looks = [one.future for one in self.pursuits.values() if one.acting and one.future is not None]
        running = [look for look in looks if not look.cancel()]
        return not wait(running, timeout=within_s).not_done


class StepDriver:
    """Starts steps, looks at them, and has recorded what came of it."""

    def __init__(
        self,
        store: Store,
        recorder: StepRecorder,
        catalogue: Callable[[Plan], Catalogue],
        clock: Clock,
        executor: Executor,
        related: Related,
    ) -> None:
        self._store = store
        self._recorder = recorder
        self._catalogue = catalogue
        self._clock = clock
        self._executor = executor
        self._related = related

    def start(self, hand: Hand, run: Run, name: str) -> None:
        """Write the intent, then look (and act). HeldError when the brake or a person was first."""
        attempt = self._recorder.intend(hand.lease.epoch, run, name)
        pursuit = hand.pursuit(name, attempt)
        pursuit.maybe_done = False
        pursuit.since = self._clock.monotonic()
        self._submit(hand, run, name, pursuit, may_act=True)

    def look(self, hand: Hand, run: Run, names: Sequence[str], at: datetime) -> None:
        """Look again at steps whose time has come; one found after a crash is observed before it is acted on.

        `at` is the store's clock when the run was read.
        """
        now = self._clock.monotonic()
        for name in names:
            record = run.record(name)
            pursuit = hand.pursuit(name, record.attempt)
            pursuit.since = pursuit.since or now
            step, pursued_s = run.plan.step(name), now - pursuit.since
            looked = pursuit.looked and pursuit.acted_at is None
            over = is_over(step, record, at, pursued_s=pursued_s, looked=looked)
            if run.ending is not None:
                over = abandoned(step, run.ending.at, at, over=over)
            elif not run.free and not step.best_effort:
                over = False  # nobody may act on it while the run stands still
            if over and record.state is StepState.RUNNING and self._over(hand, run, record, pursuit):
                continue
            if pursuit.future is None and now >= pursuit.next_at:
                may_act = self._may_act(hand, run, record, pursuit)
                self._submit(hand, run, name, pursuit, may_act=may_act)

    def collect(self, hand: Hand, run: Run) -> Run:
        """Record what finished looks found; the run as it is afterwards."""
        changed = False
        for name, pursuit in list(hand.pursuits.items()):
            if pursuit.future is None or not pursuit.future.done():
                continue
            look, pursuit.future = pursuit.future.result(), None
            pursuit.looked = pursuit.looked or (pursuit.acting and look.error is None)
            record = run.record(name)
            if record.state in (StepState.RUNNING, StepState.UNCERTAIN):
                changed |= self._handle(hand, run, record, pursuit, look)
        return self._store.read(lambda tx: runs.get(tx, run.id)) if changed else run

    def follow_up(self, hand: Hand, run: Run) -> bool:
        """Try again what a finished run could not reach; False when nothing is left or a newer run acts."""
        unreached = [record for record in run.steps if record.state is StepState.NOT_REACHED]
        overtaken = self._store.read(lambda tx: runs.overtaken(tx, run))
        if not unreached or overtaken:
            why = "a newer run of the application has it" if overtaken else "everything was reached"
            self._recorder.followed(hand.lease.epoch, run, why)
            return False
        now = self._clock.monotonic()
        for record in unreached:
            pursuit = hand.pursuit(record.name, record.attempt)
            if pursuit.future is not None and pursuit.future.done():
                look, pursuit.future = pursuit.future.result(), None
                pursuit.next_at = now + (1.0 if look.acted or _under_way(look) else FOLLOW_UP_EVERY_S)
                if look.observation is not None and look.observation.progress is Progress.SATISFIED:
                    self._recorder.reached_late(hand.lease.epoch, run, record.name, look.observation)
                elif look.observation is not None and look.observation.progress is Progress.ABSENT and not look.acted:
                    self._try_late(hand, run, record)
            elif pursuit.future is None and now >= pursuit.next_at:
                self._submit(hand, run, record.name, pursuit, may_act=False)
        return True

    def _try_late(self, hand: Hand, run: Run, record: StepRecord) -> None:
        """The region answers again: act under an intent of its own, unless a newer run has come or the brake is on."""
        try:
            intended = self._recorder.intend_late(hand.lease.epoch, run, record, lambda: self._related(run.application))
        except HeldError:
            return
        if intended:
            pursuit = hand.pursuit(record.name, record.attempt + 1)
            self._submit(hand, run, record.name, pursuit, may_act=True)

    def _submit(self, hand: Hand, run: Run, name: str, pursuit: Pursuit, *, may_act: bool) -> None:
        step = run.plan.step(name)
        kind = self._catalogue(run.plan)[step.kind]
        claim = Claim(token=token_of(run, name), run=run.id, epoch=hand.lease.epoch)
        guard = hand.lease.guard
        pursuit.acting = may_act
        pursuit.future = self._executor.submit(look_at, kind, step, claim=claim, may_act=may_act, guard=guard)

    def _may_act(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> bool:
        """Act under the intent that stands, or under a new one when the last act left no trace for a while."""
        if record.state is StepState.UNCERTAIN or not run.free:
            return False
        if pursuit.acted_at is None:
            return True
        long_ago = self._clock.monotonic() - pursuit.acted_at >= ABSENT_BEFORE_ACTING_AGAIN_S
        if pursuit.absent_since is None or not long_ago:
            return False
        try:
            pursuit.attempt = self._recorder.intend(hand.lease.epoch, run, record.name)
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
        epoch = hand.lease.epoch
        if seen.progress is Progress.SATISFIED:
            self._recorder.settle(epoch, run, record.name, StepState.DONE, seen.detail, seen.evidence)
            return True
        if seen.progress is Progress.UNDER_WAY:
            pursuit.maybe_done = True
        absent_s = self._absent_s(pursuit, seen, look, now)
        if record.state is StepState.UNCERTAIN and absent_s is not None and absent_s >= ABSENT_FOR_CERTAIN_S:
            detail = f"it did not take place: {seen.detail}"
            self._recorder.settle(epoch, run, record.name, StepState.FAILED, detail, seen.evidence)
            return True
        if run.ending is not None and absent_s is not None and absent_s >= ABSENT_BEFORE_ACTING_AGAIN_S:
            detail = f"the run was aborted and nothing of it is there: {seen.detail}"
            self._recorder.settle(epoch, run, record.name, StepState.SKIPPED, detail, seen.evidence)
            return True
        pursuit.next_at = now + (1.0 if look.acted else wait_s(seen.eta_s, now - pursuit.since))
        self._note(hand, run, record, pursuit, seen.detail)
        return False

    def _handle_error(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, error: DrError) -> bool:
        pursuit.faults += 1
        pursuit.next_at = self._clock.monotonic() + back_off_s(pursuit.faults)
        step = run.plan.step(record.name)
        if refused_for_good(step, error, pursuit.faults) and record.state is StepState.RUNNING:
            state = StepState.NOT_REACHED if step.best_effort else StepState.FAILED
            self._recorder.settle(hand.lease.epoch, run, record.name, state, str(error), {})
            return True
        self._note(hand, run, record, pursuit, str(error))
        return False

    def _absent_s(self, pursuit: Pursuit, seen: StepObservation, look: Look, now: float) -> float | None:
        """For how long the service has shown no trace of the step; None when it shows one, or was just asked."""
        if seen.progress is not Progress.ABSENT or look.acted:
            pursuit.absent_since = None
            return None
        pursuit.absent_since = pursuit.absent_since if pursuit.absent_since is not None else now
        since = max(pursuit.absent_since, pursuit.acted_at if pursuit.acted_at is not None else pursuit.absent_since)
        return now - since

    def _over(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> bool:
        """Settle a step whose time is over; False when it is looked at for as long as it takes."""
        step: Step = run.plan.step(record.name)
        state = overdue(step, maybe_done=pursuit.maybe_done or pursuit.future is not None)
        if run.ending is not None:
            state = StepState.UNCERTAIN
        if state is None:
            return False
        why = (
            "still not seen to end when the run was aborted" if run.ending else f"not done within {step.deadline_s:g} s"
        )
        detail = why + (f"; last: {pursuit.note}" if pursuit.note else "")
        self._recorder.settle(hand.lease.epoch, run, record.name, state, detail, {})
        return True

    def _note(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, detail: str) -> None:
        if detail == pursuit.note:
            return
        pursuit.note = detail
        self._recorder.note(hand.lease.epoch, run, record.name, detail)


def _under_way(look: Look) -> bool:
    return look.observation is not None and look.observation.progress is Progress.UNDER_WAY
