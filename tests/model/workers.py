"""What a worker does in the model: take, renew, read, write the intent, look, ask the guard, call, write the result."""

from collections.abc import Iterator

from tests.model import invariants
from tests.model.people import Move, changed, counted
from tests.model.state import EXPIRED, FINAL, FREE, REQUIRED, Bounds, Call, Rules, State, Worker

IDLE = Worker()


def moves(state: State, rules: Rules, bounds: Bounds) -> Iterator[Move]:
    """Every next state that one of the workers can bring about."""
    for index, worker in enumerate(state.workers):
        mine = _Mine(state, rules, bounds, index, worker)
        if worker.stopped:
            yield mine.told("goes on"), mine.now(stopped=False)
            continue
        yield from mine.faults()
        yield from mine.lease()
        step = getattr(mine, worker.at)
        yield from step()


class _Mine:
    """The moves of one worker in one state; a method for each place where it can stand."""

    def __init__(self, state: State, rules: Rules, bounds: Bounds, index: int, worker: Worker) -> None:
        self.state, self.rules, self.bounds, self.index, self.worker = state, rules, bounds, index, worker

    def told(self, what: str) -> str:
        return f"worker {self.index + 1} {what}"

    def now(self, worker: Worker | None = None, *, state: State | None = None, **fields: object) -> State:
        """The state with this worker replaced, or changed in some fields."""
        state = state or self.state
        workers = list(state.workers)
        workers[self.index] = worker if worker is not None else workers[self.index]._replace(**fields)  # type: ignore[arg-type]
        return state._replace(workers=tuple(workers))

    def wrote(self, **columns: object) -> State:
        """The row after a write of this worker's, with what the invariants say to it."""
        broken = invariants.of_write(self.state, self.worker, self.index)
        after = changed(self.state)._replace(**columns)  # type: ignore[arg-type]
        return after._replace(broken=broken) if broken and not after.broken else after

    def faults(self) -> Iterator[Move]:
        if self.state.faults == 0 or self.worker.at == "idle":
            return
        less = self.state._replace(faults=self.state.faults - 1)
        yield self.told("is killed and started again"), self.now(IDLE, state=less)
        yield self.told("is stopped"), self.now(state=less, stopped=True, late=self.worker.at == "guarded")
        if self.worker.beat >= 0:
            yield self.told("never hears of its renewal"), self.now(state=less, beat=-1)

    def lease(self) -> Iterator[Move]:
        worker, state = self.worker, self.state
        if worker.at in ("idle", "guarded"):
            return
        if worker.beat >= 0:
            age = worker.beat if self.rules.deadline_from_sending else 0
            yield self.told("hears that its lease is renewed"), self.now(age=age, beat=-1)
        elif worker.age > 0 or state.lease > 0:
            if worker.epoch == state.epoch or not self.rules.beat_of_this_epoch:
                yield self.told("renews its lease"), self.now(state=state._replace(lease=0), beat=0)
            elif self.rules.beat_lost_ends:
                yield self.told("is told that its lease is lost"), self.now(IDLE)
            else:
                yield self.told("is told that its lease is lost and does not mind"), self.now(age=0)
        if worker.age > 0 and worker.at != "sent":
            yield self.told("sees that its time is over, and drops the run"), self.now(IDLE)
        if state.faults > 0 and (worker.at != "sent" or not self.rules.release_after_calls):
            less = state._replace(faults=state.faults - 1)
            if worker.epoch == state.epoch:
                less = less._replace(lease=FREE)
            yield self.told("is asked to stop and gives its lease back"), self.now(IDLE, state=less)

    def idle(self) -> Iterator[Move]:
        state = self.state
        if not state.run or state.run in FINAL:
            return
        expired = state.lease == EXPIRED and self.rules.expired_is_taken
        if state.lease == FREE or expired or not self.rules.take_expired_only:
            epoch = state.epoch + (1 if self.rules.take_bumps_epoch else state.epoch == 0)
            taken = changed(state)._replace(epoch=epoch, holder=self.index, lease=0)
            yield self.told(f"takes the run as epoch {epoch}"), self.now(Worker("owner", epoch), state=taken)

    def owner(self) -> Iterator[Move]:
        """It reads the run and decides; what it decides is a transition of its own."""
        state, rules, worker = self.state, self.rules, self.worker
        under_way, stopped = state.intents > 0, bool(state.hold) or state.brake or state.ending
        if state.run in FINAL:
            yield self.told("sees that the run has ended"), self.now(IDLE)
        elif rules.signature and not state.hold and counted(state, rules, signed_only=True) < REQUIRED:
            yield self.end("failed", "finds acknowledgements that nobody signed, and ends the run")
        elif state.ending and not under_way:
            yield self.end("aborted", "ends the run that a person aborted")
        elif under_way and stopped:
            yield self.told("watches the step under way"), self.now(at="look", may_act=False)
        elif stopped:
            return
        elif not under_way and state.worse and rules.gate:
            round_ = state.round + 1
            columns = {"hold": "round", "request": "open", "overdue": False, "worse": False, "round": round_}
            yield self.write("finds that more would be lost, and asks for a new round", IDLE_OWNER, columns)
        elif not under_way or worker.acted:
            begun = self.now(at="ready", fresh=True, attempt=state.intents + 1)
            broken = invariants.WORSE if state.worse and not under_way else ""
            yield self.told(f"opens the transaction of intent {state.intents + 1}"), begun._replace(broken=broken)
        elif rules.observe_first:
            yield self.told("goes on with the step it finds begun"), self.now(at="look", may_act=True)
        else:
            yield self.told("goes on with the step it finds begun, unseen"), self.now(at="seen", saw=state.record)

    def ready(self) -> Iterator[Move]:
        """Inside the transaction of an intent: the row was read, nothing is written yet."""
        state, rules, worker = self.state, self.rules, self.worker
        if rules.command_looked_up and state.intents >= worker.attempt:
            yield self.told("finds that its intent was committed"), self.now(at="look", may_act=True, acted=False)
        elif rules.fence_epoch and worker.epoch != state.epoch:
            yield self.told("is refused by the fence"), self.now(IDLE)
        elif rules.fence_chain and not worker.fresh:
            yield self.told("finds the row changed, and begins its transaction again"), self.now(fresh=True)
        elif self.held():
            yield self.told("is held back"), self.now(at="owner", fresh=True, attempt=0)
        else:
            yield from self.intend()

    def held(self) -> bool:
        state, rules = self.state, self.rules
        brake = state.brake and rules.intent_respects_brake
        hold = bool(state.hold) and rules.intent_respects_hold
        return brake or hold or (state.ending and rules.intent_respects_ending)

    def intend(self) -> Iterator[Move]:
        state, worker = self.state, self.worker
        repeated = invariants.REPEATED if state.intents >= worker.attempt else ""
        lost = invariants.LOST if not worker.fresh else ""
        broken = invariants.of_intent(state) or repeated or lost
        begun = self.wrote(intents=worker.attempt)
        begun = begun._replace(broken=begun.broken or broken)
        done = self.now(state=begun, at="look", may_act=True, acted=False, fresh=True)
        yield self.told(f"commits intent {worker.attempt}"), done
        if state.faults > 0:
            unheard = self.now(state=begun, fresh=False)._replace(faults=state.faults - 1)
            yield self.told(f"commits intent {worker.attempt} and never hears of it"), unheard

    def look(self) -> Iterator[Move]:
        """It observes the resource; `acted`: after its call, to see what came of it."""
        state, worker = self.state, self.worker
        if state.effects:
            yield self.told("sees that it is done"), self.now(at="found")
        elif worker.may_act and not worker.acted:
            yield self.told("sees nothing of it"), self.now(at="seen", saw=state.record)
        elif state.ending:
            yield self.end("aborted", "sees nothing of it, and ends the run that a person aborted")
        else:
            yield self.told("sees nothing of it yet"), self.now(at="owner", may_act=False)
        if state.faults > 0 and not state.hold and not state.ending:
            spent = {"faults": state.faults - 1}
            if self.rules.uncertain_stops:
                yield self.write(
                    "cannot see it, and holds the run as uncertain", IDLE_OWNER, spent | {"hold": "uncertain"}
                )
            else:
                yield self.write("cannot see it, and calls it done", IDLE, spent | {"run": "done"})

    def seen(self) -> Iterator[Move]:
        if self.worker.age == 0 or not self.rules.guard:
            yield self.told("passes its guard"), self.now(at="guarded")
        else:
            yield self.told("is refused by its guard"), self.now(IDLE)

    def guarded(self) -> Iterator[Move]:
        worker = self.worker
        call = Call(self.index, worker.epoch, worker.saw, late=worker.late)
        calls = tuple(sorted((*self.state.calls, call)))
        yield (
            self.told(f"sends the call of epoch {worker.epoch}"),
            self.now(at="sent", acted=True, late=False, state=self.state._replace(calls=calls)),
        )

    def sent(self) -> Iterator[Move]:
        """It waits for its answer; the world moves on."""
        return iter(())

    def found(self) -> Iterator[Move]:
        state = self.state
        if state.run in FINAL and self.worker.epoch == state.epoch:
            yield self.told("finds its result in the trail"), self.now(IDLE)
            return
        yield self.end("done", "records that it is done")
        if state.faults > 0 and self.worker.epoch == state.epoch:
            unheard = self.wrote(run="done", faults=state.faults - 1)
            yield self.told("records that it is done and never hears of it"), unheard

    def end(self, run: str, what: str) -> Move:
        return self.write(what, IDLE, {"run": run})

    def write(self, what: str, then: Worker, columns: dict[str, object]) -> Move:
        """One transition other than an intent: fenced by the epoch, begun again for as long as others are quicker."""
        if self.rules.fence_epoch and self.worker.epoch != self.state.epoch:
            return self.told("is refused by the fence"), self.now(IDLE)
        if then is IDLE_OWNER:
            then = self.worker._replace(at="owner", may_act=False, attempt=0)
        return self.told(what), self.now(then, state=self.wrote(**columns))


IDLE_OWNER = Worker("owner")
"""Stands for: back to deciding, with everything else as it is."""
