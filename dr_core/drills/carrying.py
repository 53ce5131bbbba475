"""The duty that carries out drills: any worker takes one by lease, goes on where it was, and cleans up after it.

The intent of a change is stored, with what was there before, ahead of its first call. So whoever comes next, after a
crash or a kill, knows everything that may have to be taken back; a clean-up has ended when nothing is seen to be left.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog
from pydantic import JsonValue

from dr_core.approvals.model import Actor, Face
from dr_core.audit.events import EventKind
from dr_core.aws.faults import outcome_unknown
from dr_core.aws.sending import acting_for, guarded
from dr_core.claim import Claim
from dr_core.drills import records
from dr_core.drills.agenda import CHANGING
from dr_core.drills.lease import DrillLease
from dr_core.drills.model import Drill, DrillState, Exercise, Result, Stage
from dr_core.drills.next import Doing, Task, interrupted, tasks
from dr_core.drills.standing_back import interruption, sizer_of
from dr_core.drills.trial import Occasion, Seen, Trial, Verdict
from dr_core.duty import survived
from dr_core.errors import ConflictError, DrError, LeaseLostError, RefusedError, UnreachableError
from dr_core.failpoints import Point, When, reached
from dr_core.plan.catalogue import Progress
from dr_core.services import Services
from dr_core.store import drills
from dr_core.store.engine import Tx

log = structlog.get_logger(__name__)

Trials = Callable[[Drill], Mapping[str, Trial]]

TICK_S = 1.0
_SHORTEST_S, _LONGEST_S = 1.0, 15.0
_AT_ONCE = 100
"""How much is done in one round at most: every bit of it renews the lease."""


class StandBackError(RefusedError):
    """Something that a drill stands back for has begun; the call was not sent."""


class Carrying:
    """Wired once a worker; `round` again and again. `trials`: by kind, bound to the account of the application."""

    def __init__(self, services: Services, trials: Trials, *, owner: str) -> None:
        self._services, self._store, self._clock = services, services.store, services.clock
        self._trials, self._owner = trials, owner
        self._actor = Actor(person=f"worker:{owner}", display="DR worker", face=Face.WORKER)
        self._hands: dict[str, DrillLease] = {}

    def round(self) -> None:
        """Go on with every drill that is ours, and take those that are nobody's."""
        waiting = {drill.id for drill in self._store.read(drills.unfinished)}
        self._hands = {name: hand for name, hand in self._hands.items() if name in waiting}
        for drill_id in sorted(waiting):
            survived("drill_round_failed", partial(self._carry, drill_id), drill=drill_id)

    def hold(self) -> bool:
        """Drills have leases of their own."""
        return True

    def release(self) -> None:
        """Give every drill to whoever comes first: at the end of the process."""
        for hand in self._hands.values():
            survived("drill_not_released", hand.release, drill=hand.drill)
        self._hands.clear()

    def _carry(self, drill_id: str) -> None:
        hand = self._hands.get(drill_id) or DrillLease.take(self._store, self._clock, drill_id, self._owner)
        if hand is None:
            return
        self._hands[drill_id] = hand
        try:
            self._go_on(hand)
        except LeaseLostError as lost:
            self._hands.pop(drill_id, None)
            log.warning("drill_lost", drill=drill_id, error=lost.message)

    def _go_on(self, hand: DrillLease) -> None:
        """Everything that can be done now, one commit after the other."""
        drill = self._store.read(lambda tx: drills.get(tx, hand.drill))
        for _ in range(_AT_ONCE):
            hand.keep()
            drill = self._stand_back(drill)
            due = tasks(drill)
            task = next((task for task in due if hand.rested(task.exercise.name)), None)
            if drill.state.finished or (due and task is None):
                return
            drill = self._do(hand, drill, task) if task is not None else self._keep(drill)

    def _stand_back(self, drill: Drill) -> Drill:
        """A failover never waits for a drill: from its first moment on, nothing new is tried."""
        if drill.state not in (DrillState.ASKED, DrillState.RUNNING):
            return drill
        why = self._store.read(lambda tx: interruption(tx, self._services.topology, drill))
        if why is None:
            return drill
        changed = interrupted(drill, why, self._now())
        told: dict[str, JsonValue] = {"reason": why}
        return records.keep(self._store, changed, ((EventKind.DRILL_INTERRUPTED, told, "interrupted"),), self._actor)

    def _do(self, hand: DrillLease, drill: Drill, task: Task) -> Drill:
        doing = {Doing.BEGIN: self._begin, Doing.PURSUE: self._pursue, Doing.CLEAN: self._clean}[task.doing]
        return doing(hand, drill, task.exercise)

    # -- what is tried -----------------------------------------------------------------------------------------------

    def _begin(self, hand: DrillLease, drill: Drill, exercise: Exercise) -> Drill:
        trial, occasion = self._trials(drill)[exercise.kind], self._occasion(drill, exercise)
        try:
            with self._calling(hand, drill, exercise):
                found = trial.before(exercise, occasion)
        except StandBackError:
            return drill
        except DrError as error:
            if _passing(error) and hand.failing_s(exercise.name) <= trial.patience_s:
                hand.rest(exercise.name, _SHORTEST_S, _LONGEST_S)
                return drill
            found = _verdict_of(error)
        if isinstance(found, Verdict):
            return self._judge(hand, drill, exercise, found, untouched=True)
        update = {"stage": Stage.TRIED, "kept": found.values, "since": self._now(), "calls": _calls(hand, exercise)}
        begun = exercise.model_copy(update=update)
        told = records.of_exercise(drill, begun, EventKind.DRILL_INTENT, before=dict(found.values))
        hand.awake(exercise.name)
        return self._keep(drill.with_(begun), told)

    def _pursue(self, hand: DrillLease, drill: Drill, exercise: Exercise) -> Drill:
        trial, occasion = self._trials(drill)[exercise.kind], self._occasion(drill, exercise)
        try:
            seen, late = self._look_and_act(hand, drill, exercise, trial, occasion), Result.FAILED
        except StandBackError:
            return drill
        except DrError as error:
            if not _passing(error):
                return self._judge(hand, drill, exercise, _verdict_of(error))
            seen, late = Seen(Progress.UNDER_WAY, error.message), _verdict_of(error).result
        if seen.verdict is not None:
            return self._judge(hand, drill, exercise, seen.verdict, request=seen.request)
        if not seen.lasting and not self._patient(exercise.since, trial.patience_s):
            verdict = Verdict(late, f"not within {trial.patience_s / 60:.0f} min: {seen.detail}")
            return self._judge(hand, drill, exercise, verdict, request=seen.request)
        hand.rest(exercise.name, _SHORTEST_S, _LONGEST_S)
        if seen.request in (None, drill.request):
            return drill
        return self._keep(drill.model_copy(update={"request": seen.request}))

    def _look_and_act(
        self, hand: DrillLease, drill: Drill, exercise: Exercise, trial: Trial, occasion: Occasion
    ) -> Seen:
        """Observation first, always: a change whose answer was lost is found, and not made again."""
        with self._calling(hand, drill, exercise):
            seen = trial.look(exercise, occasion)
            if seen.progress is Progress.ABSENT:
                reached(Point.DRILL_CALL, When.BEFORE)
                trial.act(exercise, occasion)
                reached(Point.DRILL_CALL, When.AFTER)
                seen = trial.look(exercise, occasion)
        return seen

    def _judge(
        self,
        hand: DrillLease,
        drill: Drill,
        exercise: Exercise,
        verdict: Verdict,
        *,
        untouched: bool = False,
        request: str | None = None,
    ) -> Drill:
        """`untouched`: nothing of it was sent, so nothing can be left of it."""
        leaves = exercise.kind in CHANGING and not untouched
        now = self._now()
        update = {
            "stage": Stage.JUDGED if leaves else Stage.CLEAN,
            "result": verdict.result,
            "detail": verdict.detail,
            "judged_at": now,
            "clean_at": None if leaves else now,
            "calls": _calls(hand, exercise),
        }
        judged = exercise.model_copy(update=update)
        data: dict[str, JsonValue] = {"result": verdict.result.value, "detail": verdict.detail}
        told = records.of_exercise(drill, judged, EventKind.DRILL_RESULT, **data)
        hand.awake(exercise.name)
        changed = drill.with_(judged)
        return self._keep(changed.model_copy(update={"request": request}) if request else changed, told)

    # -- what is taken back ------------------------------------------------------------------------------------------

    def _clean(self, hand: DrillLease, drill: Drill, exercise: Exercise) -> Drill:
        trial, occasion = self._trials(drill)[exercise.kind], self._occasion(drill, exercise)
        trouble = ""
        try:
            with self._calling(hand, drill, exercise, cleaning=occasion):
                seen = trial.left(exercise, occasion)
                if seen.progress is Progress.ABSENT:
                    reached(Point.DRILL_CALL, When.BEFORE)
                    trial.clean(exercise, occasion)
                    reached(Point.DRILL_CALL, When.AFTER)
                    seen = trial.left(exercise, occasion)
        except StandBackError:
            return drill
        except DrError as error:
            if isinstance(error, LeaseLostError):
                raise
            seen, trouble = Seen(Progress.UNDER_WAY, error.message), error.message
        if seen.progress is Progress.SATISFIED:
            return self._cleaned(hand, drill, exercise, seen)
        hand.rest(exercise.name, _SHORTEST_S, _LONGEST_S)
        if not trouble and not self._patient(exercise.judged_at, trial.patience_s):
            trouble = seen.detail
        if not trouble or trouble == exercise.trouble:
            return drill
        kind, data, name = records.of_exercise(drill, exercise, EventKind.DRILL_UNCLEAN, trouble=trouble)
        told = (kind, data, f"{name}:{drill.version}")  # another trouble is another event
        return self._keep(drill.with_(exercise.model_copy(update={"trouble": trouble})), told)

    def _cleaned(self, hand: DrillLease, drill: Drill, exercise: Exercise, seen: Seen) -> Drill:
        update = {"stage": Stage.CLEAN, "clean_at": self._now(), "trouble": "", "calls": _calls(hand, exercise)}
        told = records.of_exercise(drill, exercise, EventKind.DRILL_CLEANED, detail=seen.detail)
        return self._keep(drill.with_(exercise.model_copy(update=update)), told)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _occasion(self, drill: Drill, exercise: Exercise) -> Occasion:
        sizer = self._store.read(lambda tx: sizer_of(tx, drill, exercise))
        return Occasion(drill, Claim(f"{drill.id}/{exercise.name}", drill.id, drill.epoch), self._now(), sizer)

    @contextmanager
    def _calling(
        self, hand: DrillLease, drill: Drill, exercise: Exercise, *, cleaning: Occasion | None = None
    ) -> Iterator[None]:
        """Every call is guarded by the lease and says for which drill it is made.

        What is new stands back for a run; `cleaning` goes on beside it, unless a run has taken the size meanwhile.
        """

        def guard() -> None:
            if self._store.read(lambda tx: self._overtaken(tx, drill, exercise, cleaning)):
                raise StandBackError(f"Drill {drill.id} stands back.")
            hand.guard()

        with guarded(guard), acting_for(drill.id, exercise.name):
            yield

    def _overtaken(self, tx: Tx, drill: Drill, exercise: Exercise, cleaning: Occasion | None) -> bool:
        if cleaning is None:
            return interruption(tx, self._services.topology, drill) is not None
        return sizer_of(tx, drill, exercise) != cleaning.sizer

    def _keep(self, drill: Drill, *told: records.Told) -> Drill:
        return records.keep(self._store, drill, told, self._actor)

    def _now(self) -> datetime:
        return self._clock.now()

    def _patient(self, since: datetime | None, patience_s: float) -> bool:
        return since is None or self._now() - since <= timedelta(seconds=patience_s)


def _passing(error: DrError) -> bool:
    """Whether the same may work in a moment."""
    if isinstance(error, LeaseLostError):
        raise error
    return isinstance(error, (UnreachableError, ConflictError)) or outcome_unknown(error)


def _verdict_of(error: DrError) -> Verdict:
    """What an error says: who was not reached said nothing; who refused would refuse a failover, too."""
    return Verdict(Result.UNKNOWN if _passing(error) else Result.FAILED, str(error))


def _calls(hand: DrillLease, exercise: Exercise) -> int:
    """What has left the process for it, as far as this owner and those before it have kept count."""
    made, hand.calls = hand.calls, 0
    return exercise.calls + made
