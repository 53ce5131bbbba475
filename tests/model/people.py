"""What people do in the model: acknowledge, deny, renew, brake, pause, abort, take over; and rows written by hand."""

from collections.abc import Iterator

from tests.model import invariants
from tests.model.state import APPROVERS, EXPIRED, FINAL, REQUESTER, REQUIRED, Bounds, Rules, State

Move = tuple[str, State]


def moves(state: State, rules: Rules, bounds: Bounds) -> Iterator[Move]:
    """Every next state that a person, or the passing of the request's time, can bring about."""
    yield from _request(state, rules, bounds)
    if state.run and state.run not in FINAL:
        yield from _run(state, rules)
    if state.brake and rules.brake_released:
        yield "an approver releases the brake", state._replace(brake=False)
    if state.orders > 0 and not state.brake:
        yield "somebody engages the brake", state._replace(brake=True, orders=state.orders - 1)


def changed(state: State) -> State:
    """The row's chain has grown: whoever read it before in a transaction of its own cannot commit on that."""
    if all(worker.fresh for worker in state.workers if worker.at == "ready"):
        workers = tuple(w._replace(fresh=False) if w.at == "ready" else w for w in state.workers)
        return state._replace(workers=workers)
    return state


def counted(state: State, rules: Rules, *, signed_only: bool) -> int:
    """How many acknowledgements count for the present round."""
    people = [
        person
        for person, round_, signed in state.acks
        if (round_ == state.round or not rules.this_round_counts)
        and (person != REQUESTER or not rules.requester_apart)
        and (signed or not signed_only)
    ]
    return len(set(people)) if rules.acks_once else len(people)


def _request(state: State, rules: Rules, bounds: Bounds) -> Iterator[Move]:
    if state.run in FINAL and rules.ended_run_stays:
        return
    if state.request == "open" or (state.request == "denied" and not rules.denial):
        for person in (REQUESTER, *APPROVERS):
            for button in range(1, state.round + 1):
                yield from _press(state, rules, person, button)
    if state.request == "open":
        if not state.overdue:
            yield "the time of the round is over", state._replace(overdue=True)
        else:
            yield "the round expires", changed(state)._replace(request="expired")
        yield "Bob denies it", _denied(state)
    waits = not state.run or state.hold == "round"
    if state.request in ("open", "expired") and state.round < bounds.rounds and waits:
        renewed = changed(state)._replace(request="open", round=state.round + 1, overdue=False)
        yield f"Ann opens round {state.round + 1}", renewed
    if state.faults > 0 and not state.run and state.request == "open":
        by_hand = tuple((person, state.round, False) for person in APPROVERS)
        forged = state._replace(request="approved", run="running", acks=(*state.acks, *by_hand))
        yield "somebody writes acknowledgements and a run into the database", forged._replace(faults=state.faults - 1)


def _press(state: State, rules: Rules, person: str, button: int) -> Iterator[Move]:
    if rules.button_of_this_round and button != state.round:
        return
    if (person == REQUESTER and rules.requester_apart) or (state.overdue and rules.expiry):
        return
    row = (person, state.round, True)
    if row in state.acks and (rules.acks_once or state.acks.count(row) > 1):
        return
    meant = (person, button)
    consents = state.consents
    if state.request == "open" and not state.overdue and meant not in consents:
        consents = tuple(sorted((*consents, meant)))
    after = state._replace(acks=tuple(sorted((*state.acks, row))), consents=consents)
    if counted(after, rules, signed_only=False) >= REQUIRED:
        broken = invariants.RETURNED if state.run in FINAL else ""
        after = changed(after)._replace(request="approved", run="running", hold="", broken=broken)
    yield f"{person} presses Approve of round {button}", after


def _denied(state: State) -> State:
    """Without a run the request is over; with one, this was a new round of its request, and the run is to end."""
    return changed(state)._replace(request="denied", ending=state.run != "")


def _run(state: State, rules: Rules) -> Iterator[Move]:
    if state.hold in ("paused", "uncertain"):
        yield "an approver resumes the run", changed(state)._replace(hold="")
    if state.request == "expired" and not state.ending:
        yield "an approver aborts the run whose new round expired", changed(state)._replace(ending=True)
    if state.orders == 0:
        return
    left = state._replace(orders=state.orders - 1)
    if not state.hold:
        yield "somebody pauses the run", changed(left)._replace(hold="paused")
    if not state.ending:
        yield "an approver aborts the run", changed(left)._replace(ending=True)
    if state.epoch > 0:
        taken = changed(left)._replace(revoked=state.epoch)
        if rules.takeover_bumps_epoch:
            taken = taken._replace(epoch=state.epoch + 1, holder=-1)
        if not rules.takeover_leaves_lease:
            taken = taken._replace(lease=EXPIRED)
        yield f"an approver takes the run away from the owner of epoch {state.epoch}", taken
