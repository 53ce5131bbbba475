"""What happens by itself in the model: time passes, calls arrive or do not, the exposure grows."""

from collections.abc import Iterator

from tests.model import invariants
from tests.model.people import Move
from tests.model.state import EXPIRED, FINAL, Bounds, Call, Rules, State, Worker


def moves(state: State, rules: Rules, bounds: Bounds) -> Iterator[Move]:
    """Every next state that nobody decides about."""
    later = _later(state)
    if later is not None and later != state:
        yield "time passes", later
    for call in state.calls:
        left = _answered(state, rules, call)
        yield from _arrives(left, rules, bounds, call)
        if state.faults > 0:
            lost = left._replace(faults=state.faults - 1)
            yield f"the call of epoch {call.epoch} is lost", lost
    begun = state.intents > 0 or state.run in FINAL
    if state.run and not begun and not state.worse and state.faults > 0:
        yield "the exposure grows beyond what was accepted", state._replace(worse=True, faults=state.faults - 1)


def _later(state: State) -> State | None:
    """One tick. None while something goes on that takes no time: a call from guard to wire, and its time-outs.

    An owner that is well renews in time; that it does not is a fault.
    """
    hasty = any(worker.at == "guarded" and not worker.stopped for worker in state.workers)
    if hasty or any(call.age > 0 for call in state.calls):
        return None
    well = any(w.at != "idle" and not w.stopped and w.epoch == state.epoch for w in state.workers)
    if well and state.faults == 0:
        return None
    aged = state._replace(
        lease=state.lease + 1 if state.lease < EXPIRED else state.lease,
        workers=tuple(_older(worker) for worker in state.workers),
        calls=tuple(call._replace(age=call.age + 1) for call in state.calls),
    )
    return aged._replace(faults=state.faults - 1) if well and aged != state else aged


def _older(worker: Worker) -> Worker:
    if worker.at == "idle":
        return worker
    beat = worker.beat if worker.beat < 0 else min(EXPIRED, worker.beat + 1)
    return worker._replace(age=min(EXPIRED, worker.age + 1), beat=beat)


def _answered(state: State, rules: Rules, call: Call) -> State:
    """The call is off the wire. Whoever waits for it looks at what came of it, whatever the answer was."""
    calls = list(state.calls)
    calls.remove(call)
    workers = list(state.workers)
    sender = workers[call.worker]
    if sender.at == "sent" and sender.epoch == call.epoch:
        workers[call.worker] = sender._replace(at="look" if rules.observe_again else "found")
    return state._replace(calls=tuple(calls), workers=tuple(workers))


def _arrives(state: State, rules: Rules, bounds: Bounds, call: Call) -> Iterator[Move]:
    if bounds.conditional and rules.compare_record and call.expects != state.record:
        yield f"the resource refuses the call of epoch {call.epoch}", state
        return
    broken = invariants.of_effect(state, call, conditional=bounds.conditional)
    effects = min(2, state.effects + 1)
    excused = state.excused or (call.late and not bounds.conditional)
    done = state._replace(effects=effects, record=call.epoch, excused=excused, broken=state.broken or broken)
    yield f"the call of epoch {call.epoch} takes effect", done
