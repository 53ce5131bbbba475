"""Whether the region that users are brought back to is protected again: fenced, a member, and given what it missed."""

from collections.abc import Iterator

from dr_core.capacity.port import capacity_name
from dr_core.capacity.sizes import there, waiting, writes
from dr_core.plan.checks.case import Case, blocking, gate_stores, has_gate, info, warning
from dr_core.plan.checks.exposure import said
from dr_core.plan.kinds.catch_up import NOT_CAUGHT_UP
from dr_core.plan.kinds.check_rules import copied
from dr_core.plan.move import Move
from dr_core.plan.promotion import member_in
from dr_core.plan.step import Finding


def findings(case: Case) -> tuple[Finding, ...]:
    return tuple(_found(case)) if case.homeward else ()


def _found(case: Case) -> Iterator[Finding]:
    yield from _unfenced(case)
    yield from _rebuilding(case)
    yield from _busy(case)
    yield from _behind(case)
    yield from _left_out(case)


def _unfenced(case: Case) -> Iterator[Finding]:
    target = case.plan.target
    if target in case.unfenced:
        message = f"{target} could not be fenced by the last forced run: what writes there may still be running."
        way_out = (
            f"While that run is followed up (`run show`) it is tried on until {target} answers: wait. Where nothing is "
            "tried any more, scale it to zero by hand, and ask with --override target-unfenced."
        )
        yield blocking("target-unfenced", message, evidence="as recorded by the run", way_out=way_out)


def _rebuilding(case: Case) -> Iterator[Finding]:
    state, target = case.fresh.database if case.fresh is not None else None, case.plan.target
    own = member_in(state, target) if state is not None else None
    if own is not None and own.synchronized is False:
        message = f"Aurora still rebuilds {own.cluster} in {target}: the run waits for it, minutes to hours."
        yield warning("target-rebuilding", message, evidence=f"status {own.status}, not synchronized")


def _busy(case: Case) -> Iterator[Finding]:
    """More than a standby's size in the target, which does not write: nothing is wrong, but it should be known."""
    states = {(state.region, state.name): state for state in (case.fresh.capacity if case.fresh is not None else ())}
    told = []
    for entry in case.app.capacity:
        state = states.get((case.plan.target, capacity_name(entry)))
        running = state.running if state is not None else None
        if writes(entry) and there(entry, case.plan.target) and running is not None and running > waiting(entry):
            told.append(f"{running} of {capacity_name(entry)}, a standby has {waiting(entry)}")
    if told:
        message = f"{case.plan.target} runs more than a standby does."
        yield info("target-not-at-rest", message, evidence="; ".join(told))


def _behind(case: Case) -> Iterator[Finding]:
    """What the run would wait for, by the last observation; the request may say that it does not."""
    if case.fresh is None or not has_gate(case.app):
        return
    stores, target = gate_stores(case), case.plan.target
    behind = [store for store in stores if store.verdict != "ok"]
    if stores and not behind:
        return
    seen = "; ".join(said(store) for store in behind) or "no store that gates is measured towards it"
    if NOT_CAUGHT_UP in case.plan.overrides:
        message, way_out = f"{target} has not caught up, and the run does not wait until it has.", ""
    else:
        message = f"{target} has not caught up: the run waits until it has, for an hour at most."
        way_out = f"Where it cannot be measured, a request with --override {NOT_CAUGHT_UP} does not wait."
    yield warning(NOT_CAUGHT_UP, message, evidence=seen, way_out=way_out)


def _left_out(case: Case) -> Iterator[Finding]:
    plan = case.plan
    move = Move(plan.application, case.app, plan.source, plan.target, plan.mode)
    names = [pair.pair.source for pair in copied(move) if pair.spec.batch_role_arn is None]
    if names:
        message = f"What failed to be copied, or is older than its rule, is not brought home from {', '.join(names)}."
        way_out = "Name a batch_role_arn for the bucket, and it is copied by Batch Replication and verified."
        yield warning("backfill-not-possible", message, way_out=way_out)
