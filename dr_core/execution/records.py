"""The transitions of single steps: intent, result, late result. Each is one commit, fenced by the owner's epoch."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import structlog
from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError, DrError
from dr_core.execution.away import Sight
from dr_core.execution.judge import Judge
from dr_core.execution.loss import Toll, costs, toll_of, worse
from dr_core.execution.model import BEFORE, Hold, HoldKind, Run, StepRecord, StepState
from dr_core.execution.recovery import ONLY_WATCHED, TAKES_BACK, left_over
from dr_core.failpoints import Point
from dr_core.plan.catalogue import StepObservation
from dr_core.plan.step import Step
from dr_core.store import events, run_leases, runs, scope
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change, StepChange

_END_KINDS = {
    StepState.DONE: EventKind.STEP_DONE,
    StepState.NOT_REACHED: EventKind.STEP_NOT_REACHED,
    StepState.FAILED: EventKind.STEP_FAILED,
    StepState.UNCERTAIN: EventKind.STEP_UNCERTAIN,
    StepState.SKIPPED: EventKind.STEP_SKIPPED,
}


log = structlog.get_logger(__name__)


def uncertain(run: Run) -> set[str]:
    """Steps that may have happened and could not be observed."""
    return {record.name for record in run.steps if record.state is StepState.UNCERTAIN}


def token_of(run: Run, name: str) -> str:
    """What AWS is given to know a repeated call by: the same over all attempts and owners."""
    return run.record(name).token or f"{run.id}-{name}"[:60]


def _recorded(run: Run) -> Toll:
    return Toll(run.loss_s, run.loss_reason, run.losses)


def _told_of(toll: Toll) -> dict[str, JsonValue]:
    losses: list[JsonValue] = [lost.model_dump(mode="json") for lost in toll.stores]
    return {"loss_s": toll.seconds, "loss_reason": toll.reason, "losses": losses}


def _outcome(toll: Toll) -> dict[str, str]:
    """The run's column, in which the rest is added at its end."""
    return {"outcome": json.dumps(_told_of(toll))}


def _step_told(run: Run, name: str, detail: str) -> dict[str, JsonValue]:
    return {"run": run.id, "step": name, "title": run.plan.step(name).title, "detail": detail}


def not_wanted(run: Run, actor: Mapping[str, JsonValue], why: str) -> tuple[str, list[Change]]:
    """What a run left undone in a region where the application lives again is given up: the reason, and each change."""
    detail = f"not tried any more: {run.application} lives in {run.plan.source} again ({why})"
    values = {"state": StepState.FAILED.value, "detail": detail}
    names = [record.name for record in left_over(run) if run.plan.step(record.name).kind not in ONLY_WATCHED]
    entries = {
        name: (EventKind.STEP_FAILED, actor, _step_told(run, name, detail), f"{run.id}:{name}:given-up")
        for name in names
    }
    return detail, [Change([entry], {}, StepChange(name, values)) for name, entry in entries.items()]


class StepRecorder:
    """Writes what becomes of a run's steps."""

    def __init__(self, store: Store, judge: Judge, actor: Mapping[str, JsonValue]) -> None:
        self._store = store
        self._judge = judge
        self._actor = actor

    def intend(self, epoch: int, run: Run, name: str) -> int:
        """Say that the next attempt begins; its number. HeldError when the brake or a person was first.

        Neither stops what takes back: that begins nothing.
        """
        step, record = run.plan.step(name), run.record(name)
        attempt = record.attempt + 1
        data: dict[str, JsonValue] = {"run": run.id, "step": name, "attempt": attempt, "title": step.title}
        toll = self._toll(run, step) if attempt == 1 else None
        if toll is not None and toll.reason:
            data |= {"exposure_s": toll.seconds, "exposure": toll.reason}

        def work(tx: Tx) -> None:
            outcome = {} if toll is None else _outcome(worse(_recorded(runs.claim(tx, run.id)), toll))
            now = tx.now()
            values = {"state": StepState.RUNNING.value, "attempt": attempt, "token": token_of(run, name)}
            if record.started_at is None:
                values |= {"started_at": now, "deadline_at": now + timedelta(seconds=step.deadline_s)}
            entry = (EventKind.STEP_INTENT, self._actor, data, f"{run.id}:{name}:{attempt}")
            fenced = step.kind not in TAKES_BACK
            runs.transition(tx, run.id, epoch, Change([entry], outcome, StepChange(name, values), intent=fenced))

        self._store.write(work, Point.STEP_INTENT)
        return attempt

    def found(self, epoch: int, run: Run, name: str, seen: StepObservation) -> None:
        """Right before an act: how it stands, where this is the first one, and what is lost by now.

        A rollback goes back to what was found; a step without it has changed nothing. LeaseLostError when the run is
        another owner's, ConflictError when the step was settled meanwhile: then the act must not follow.
        """
        if run.record(name).before is None:
            self._store.write(lambda tx: self._keep_before(tx, epoch, run, name, seen), Point.STEP_FOUND)
        self._lose(epoch, run, name)

    def _keep_before(self, tx: Tx, epoch: int, run: Run, name: str, seen: StepObservation) -> None:
        record = runs.claim(tx, run.id).record(name)
        run_leases.owned(tx, run.id, epoch)
        if record.before is not None:
            return
        if record.state not in (StepState.RUNNING, StepState.NOT_REACHED):
            raise ConflictError(f"{name} is {record.state.value} by now.")
        data = self._told(run, name, seen.detail) | {BEFORE: seen.evidence}
        entry = (EventKind.STEP_FOUND, self._actor, data, f"{run.id}:{name}:found")
        evidence = json.dumps({**record.evidence, BEFORE: seen.evidence})
        runs.transition(tx, run.id, epoch, Change([entry], {}, StepChange(name, {"evidence": evidence})))

    def _lose(self, epoch: int, run: Run, name: str) -> None:
        """What is lost by now, where it is more than was recorded.

        A service that refuses or throttles makes the act late, and the source may go on writing meanwhile.
        """
        toll = None if run.state.finished else self._toll(run, run.plan.step(name))
        if toll is None:
            return

        def work(tx: Tx) -> None:
            before = _recorded(runs.claim(tx, run.id))
            run_leases.owned(tx, run.id, epoch)
            after = worse(before, toll)
            if after == before:
                return
            data: dict[str, JsonValue] = {"run": run.id, "step": name, **_told_of(after)}
            entry = (EventKind.RUN_LOSS_GREW, self._actor, data, None)
            runs.transition(tx, run.id, epoch, Change([entry], _outcome(after)))

        self._store.write(work, Point.RUN_LOSS)

    def _toll(self, run: Run, step: Step) -> Toll | None:
        return toll_of(run, step, self._measured(run)) if costs(run, step) else None

    def _measured(self, run: Run) -> Toll:
        """What would be lost now. A defect in that makes it unknown: a source that is fenced waits for no defect."""
        try:
            return self._judge.toll(run)
        except DrError:
            raise
        except Exception as error:
            log.exception("loss_not_measured", run=run.id)
            return Toll(None, f"could not be measured: internal error, {type(error).__name__}")

    def intend_late(
        self, epoch: int, run: Run, record: StepRecord, related: Callable[[], tuple[str, ...]], *, blind: bool
    ) -> tuple[Sight, str] | None:
        """The same for a finished run whose dead region answers again, if the application is still away from there.

        What was seen, and why: only AWAY has begun it. None while a newer run has the application. `blind`: a look has
        been waited for in vain, and counts as AWAY.
        """
        attempt = record.attempt + 1
        data: dict[str, JsonValue] = {"run": run.id, "step": record.name, "attempt": attempt, "late": True}
        entry = (EventKind.STEP_INTENT, self._actor, data, f"{run.id}:{record.name}:{attempt}")
        change = Change([entry], {}, StepChange(record.name, {"attempt": attempt}), intent=True)

        def work(tx: Tx) -> tuple[Sight, str] | None:
            if scope.holder(tx, scope.names(run.application, related())) is not None:
                return None
            sight, reason = self._judge.sight(tx, run)
            sight = Sight.AWAY if blind and sight is Sight.STALE else sight
            if sight is Sight.AWAY:
                runs.transition(tx, run.id, epoch, change)
            return sight, reason

        return self._store.write(work, Point.STEP_INTENT)

    def settle(
        self, epoch: int, run: Run, name: str, state: StepState, detail: str, evidence: Mapping[str, JsonValue]
    ) -> None:
        """Record what became of a step. An uncertain one holds its run, unless the run is to end anyway."""
        data = self._told(run, name, detail) | {"evidence": dict(evidence)}

        def work(tx: Tx) -> None:
            now, present = tx.now(), runs.claim(tx, run.id)
            before = present.record(name).before
            values = {
                "state": state.value,
                "detail": detail,
                "evidence": json.dumps({**evidence, **({} if before is None else {BEFORE: before})}),
                "ended_at": now,
            }
            entries: list[events.Entry] = [
                (_END_KINDS[state], self._actor, data, f"{run.id}:{name}:{state.value}:{present.record(name).attempt}")
            ]
            holds = None
            if state is StepState.UNCERTAIN and present.ending is None:
                hold = Hold(kind=HoldKind.UNCERTAIN, reason=f"{name} is uncertain: {detail}", since=now)
                holds = (*present.holds, hold)
                entries.append((EventKind.RUN_HELD, self._actor, {"run": run.id, "reason": hold.reason}, None))
            elif uncertain(present) == {name}:
                holds = tuple(hold for hold in present.holds if hold.kind is not HoldKind.UNCERTAIN)
            runs.transition(tx, run.id, epoch, Change(entries, {}, StepChange(name, values), holds))

        self._store.write(work, Point.STEP_RESULT)

    def left_behind(self, tx: Tx, epoch: int, run: Run, name: str) -> None:
        """In the commit that ends its run: a fence that is not set although the writer has moved is tried on."""
        state, detail = StepState.NOT_REACHED, "its run ended before it was seen done, and the writer has moved"
        values = {"state": state.value, "detail": detail, "ended_at": tx.now()}
        cmd_id = f"{run.id}:{name}:{state.value}:{run.record(name).attempt}"
        entry = (EventKind.STEP_NOT_REACHED, self._actor, self._told(run, name, detail), cmd_id)
        runs.transition(tx, run.id, epoch, Change([entry], {}, StepChange(name, values)))

    def reached_late(self, epoch: int, run: Run, name: str, seen: StepObservation) -> None:
        """A finished run's unreached step is there after all."""
        entry = (EventKind.STEP_REACHED_LATE, self._actor, self._told(run, name, seen.detail), f"{run.id}:{name}:late")

        def work(tx: Tx) -> None:
            values = {"state": StepState.REACHED_LATE.value, "detail": seen.detail, "ended_at": tx.now()}
            runs.transition(tx, run.id, epoch, Change([entry], {}, StepChange(name, values)))

        self._store.write(work, Point.STEP_LATE)

    def given_up(self, epoch: int, run: Run, name: str, why: str) -> None:
        """A finished run's unreached step has ended without success: nobody looks at it any more."""
        values = {"state": StepState.FAILED.value, "detail": why}
        entry = (EventKind.STEP_FAILED, self._actor, self._told(run, name, why), f"{run.id}:{name}:given-up")
        change = Change([entry], {}, StepChange(name, values))
        self._store.write(lambda tx: runs.transition(tx, run.id, epoch, change), Point.STEP_LATE)

    def followed(self, epoch: int, run: Run, reason: str) -> None:
        """Nothing of a finished run is left to be reached, or somebody else does it."""
        entry = (EventKind.RUN_FOLLOWED, self._actor, {"run": run.id, "reason": reason}, f"{run.id}:followed")
        change = Change([entry], {"follow_up": False})
        self._store.write(lambda tx: runs.transition(tx, run.id, epoch, change), Point.RUN_FOLLOWED)

    def came_back(self, epoch: int, run: Run, why: str) -> None:
        """The application lives in the region that was left: nothing is taken away there, and nobody waits to."""
        detail, changes = not_wanted(run, self._actor, why)
        left: list[JsonValue] = [run.plan.step(change.step.name).title for change in changes if change.step]
        data: dict[str, JsonValue] = {"run": run.id, "reason": detail, "left": left}

        def work(tx: Tx) -> None:
            for change in changes:
                runs.transition(tx, run.id, epoch, change)
            end = (EventKind.RUN_FOLLOWED, self._actor, data, f"{run.id}:followed")
            runs.transition(tx, run.id, epoch, Change([end], {"follow_up": False}))

        self._store.write(work, Point.RUN_FOLLOWED)

    def note(self, epoch: int, run: Run, name: str, detail: str) -> None:
        """Keep what a step is waiting for where the card can read it; a description, not a transition."""
        self._store.write(lambda tx: runs.note(tx, run.id, epoch, name, detail), Point.STEP_NOTE)

    def _told(self, run: Run, name: str, detail: str) -> dict[str, JsonValue]:
        return _step_told(run, name, detail)
