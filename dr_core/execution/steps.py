"""Pursues single steps: intent, look, result; each a transition of its own, so that any crash leaves a known state."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from functools import partial

from dr_core.aws.faults import outcome_unknown
from dr_core.claim import Claim
from dr_core.clock import Clock
from dr_core.errors import DrError, FinalError
from dr_core.execution.away import Sight
from dr_core.execution.hand import Hand, Pursuit
from dr_core.execution.look import Look, look_at
from dr_core.execution.model import Run, StepRecord, StepState
from dr_core.execution.pace import (
    ABSENT_BEFORE_ACTING_AGAIN_S,
    ABSENT_FOR_CERTAIN_S,
    AT_ONCE_S,
    back_off_s,
    is_over,
    overdue,
    refused_as,
    refused_for_good,
    settled_as,
    wait_s,
)
from dr_core.execution.records import StepRecorder, token_of
from dr_core.execution.recovery import ONLY_WATCHED, TAKES_BACK, left_over
from dr_core.plan.catalogue import Catalogue, Progress, StepObservation
from dr_core.plan.step import Plan, Step
from dr_core.store import runs
from dr_core.store.engine import Store
from dr_core.store.runs import HeldError

FOLLOW_UP_EVERY_S = 10.0
LATE_LONGEST_S = 300.0
"""Between late attempts, and between looks at what goes on for hours: none of it is worth a call a second.

For as long, too, a late attempt waits to be told where the application lives, and is sure that it has come back.
"""
Related = Callable[[str], tuple[str, ...]]
"""Application -> those that depend on it or that it depends on."""


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
            looked = pursuit.looked and pursuit.acted_at is None
            over = is_over(run, run.plan.step(name), at, pursued_s=now - pursuit.since, looked=looked)
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
        unreached = left_over(run)
        overtaken = self._store.read(lambda tx: runs.overtaken(tx, run))
        if not unreached or overtaken:
            why = "a newer run of the application has it" if overtaken else "nothing is left to be tried"
            self._recorder.followed(hand.lease.epoch, run, why)
            return False
        now = self._clock.monotonic()
        for record in unreached:
            pursuit = hand.pursuit(record.name, record.attempt)
            if pursuit.future is not None and pursuit.future.done():
                look, pursuit.future = pursuit.future.result(), None
                self._looked_late(hand, run, record, pursuit, look)
            elif pursuit.future is None and now >= pursuit.next_at:
                pursuit.since = pursuit.since or now
                self._submit(hand, run, record.name, pursuit, may_act=False)
        return True

    def _looked_late(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, look: Look) -> None:
        """Record what is there by now, or that it never will be; else try it again when it is time."""
        now, step, seen = self._clock.monotonic(), run.plan.step(record.name), look.observation
        pursuit.acted_at = now if look.acted else pursuit.acted_at
        pursuit.next_at = now + _late_look_s(look, now - pursuit.since)
        absent_s = None if seen is None else self._absent_s(step, pursuit, seen, look, now)
        if seen is not None and seen.progress is Progress.SATISFIED:
            self._recorder.reached_late(hand.lease.epoch, run, record.name, seen)
        elif isinstance(look.error, FinalError):
            self._recorder.given_up(hand.lease.epoch, run, record.name, look.error.message)
        elif step.kind in ONLY_WATCHED:
            if seen is not None and absent_s is not None and absent_s >= ABSENT_FOR_CERTAIN_S:
                self._recorder.given_up(hand.lease.epoch, run, record.name, f"it is not there: {seen.detail}")
        elif _to_be_tried(look, None if pursuit.acted_at is None else now - pursuit.acted_at, record.attempt):
            self._try_late(hand, run, record, pursuit)

    def _try_late(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> None:
        """The region answers again: act under an intent of its own, unless a newer run has come or the brake is on.

        Never where the application was seen to have come back, until it is seen elsewhere: when that lasts, what is
        left is not wanted any more. Where nobody knows, two writers are the greater harm: it begins after a while.
        """
        epoch, now = hand.lease.epoch, self._clock.monotonic()
        long = now - pursuit.barred_since >= LATE_LONGEST_S
        related, writes = partial(self._related, run.application), any(one.promotes for one in run.plan.steps)
        blind = long and pursuit.barred is Sight.STALE and writes
        try:
            found = self._recorder.intend_late(epoch, run, record, related, blind=blind)
        except HeldError:
            return
        if found is None:
            return
        sight, why = found
        if sight is Sight.AWAY:
            self._submit(hand, run, record.name, hand.pursuit(record.name, record.attempt + 1), may_act=True)
        elif sight is not pursuit.barred:
            if pursuit.barred is not Sight.BACK:  # that it cannot be seen now is no news of where it lives
                pursuit.barred, pursuit.barred_since = sight, now
        elif sight is Sight.BACK and long:
            self._recorder.came_back(epoch, run, why)

    def _submit(self, hand: Hand, run: Run, name: str, pursuit: Pursuit, *, may_act: bool) -> None:
        step = run.plan.step(name)
        kind = self._catalogue(run.plan)[step.kind]
        claim = Claim(token=token_of(run, name), run=run.id, epoch=hand.lease.epoch)
        guard, told = hand.lease.guard, partial(self._recorder.found, hand.lease.epoch, run, name)
        pursuit.acting = may_act
        pursuit.future = self._executor.submit(
            look_at, kind, step, claim=claim, may_act=may_act, guard=guard, before_act=told
        )

    def _may_act(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> bool:
        """Act under the intent that stands, or under a new one when the last act left no trace for a while."""
        takes_back = run.plan.step(record.name).kind in TAKES_BACK
        if record.state is StepState.UNCERTAIN or not (run.free or takes_back):
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
        pursuit.maybe_done = pursuit.maybe_done or seen.progress is Progress.UNDER_WAY
        absent_s = self._absent_s(run.plan.step(record.name), pursuit, seen, look, now)
        verdict = settled_as(run, record.state, seen, absent_s)
        if verdict is not None:
            self._recorder.settle(hand.lease.epoch, run, record.name, *verdict, seen.evidence)
            return True
        pursuit.next_at = now + (AT_ONCE_S if look.acted else wait_s(seen.eta_s, now - pursuit.since))
        self._note(hand, run, record, pursuit, seen.detail)
        return False

    def _handle_error(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit, error: DrError) -> bool:
        pursuit.faults += 1
        pursuit.next_at = self._clock.monotonic() + back_off_s(pursuit.faults)
        step = run.plan.step(record.name)
        if refused_for_good(step, error, pursuit.faults) and record.state is StepState.RUNNING:
            self._recorder.settle(hand.lease.epoch, run, record.name, refused_as(run, step), str(error), {})
            return True
        self._note(hand, run, record, pursuit, str(error))
        return False

    def _absent_s(self, step: Step, pursuit: Pursuit, seen: StepObservation, look: Look, now: float) -> float | None:
        """For how long the service has shown no trace of the step; None when it shows one, or was just asked.

        None, too, where silence proves nothing: what takes back is absent while there is something to be taken back,
        and nobody else can be asked about an answer that this process has lost.
        """
        if seen.progress is not Progress.ABSENT or look.acted:
            pursuit.absent_since = None
            return None
        pursuit.absent_since = pursuit.absent_since if pursuit.absent_since is not None else now
        if step.kind in TAKES_BACK or (seen.by_memory and pursuit.maybe_done):
            return None
        since = max(pursuit.absent_since, pursuit.acted_at if pursuit.acted_at is not None else pursuit.absent_since)
        return now - since

    def _over(self, hand: Hand, run: Run, record: StepRecord, pursuit: Pursuit) -> bool:
        """Settle a step whose time is over; False when it is looked at for as long as it takes."""
        step: Step = run.plan.step(record.name)
        state = overdue(run, step, maybe_done=pursuit.maybe_done or pursuit.future is not None)
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


def _late_look_s(look: Look, pursued_s: float) -> float:
    """When to look again after the end of the run: soon after an act, and ever less often at what goes on."""
    if look.error is not None or look.observation is None:
        return FOLLOW_UP_EVERY_S
    if look.acted:
        return 1.0
    if look.observation.progress is Progress.UNDER_WAY:
        return min(LATE_LONGEST_S, max(1.0, pursued_s / 10))
    return FOLLOW_UP_EVERY_S


def _to_be_tried(look: Look, asked_s_ago: float | None, attempts: int) -> bool:
    """Whether nothing of it is there, and what was asked for has had its time, refused or not: doubling from 10 s.

    By the recorded attempts, so that a new owner goes on where the last one was.
    """
    if look.acted or look.observation is None or look.observation.progress is not Progress.ABSENT:
        return False
    given_s = min(LATE_LONGEST_S, FOLLOW_UP_EVERY_S * 2.0 ** min(attempts, 10) / 2)
    return asked_s_ago is None or asked_s_ago >= given_s
