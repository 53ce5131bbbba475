"""The last questions before something is taken away from anybody. Pure; asked again and again until they are open."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from dr_core.capacity.port import capacity_name
from dr_core.capacity.sizes import enough, there
from dr_core.observation.model import Observation
from dr_core.plan.checks.case import Case, gate_stores, has_gate, is_down, nothing_good, reasons_of
from dr_core.plan.checks.exposure import said
from dr_core.plan.kinds.scale_target import SHORT
from dr_core.plan.promotion import writers
from dr_core.plan.step import Plan
from dr_core.replication.exposure import application_exposure
from dr_core.topology.model import Topology

Closed = tuple[str, str]
"""The code that an override names, and the sentence."""


@dataclass(frozen=True)
class OverLimit:
    """More loss than was accepted. `seconds` None: what would be lost is not known."""

    seconds: float | None
    reason: str


def check(topology: Topology, plan: Plan, observation: Observation | None, now: datetime) -> tuple[str, ...]:
    """Why the run may not fence now; empty: go on. A gate whose code the plan overrides is open."""
    case = Case(topology, plan, observation, now)
    if plan.application not in topology.applications:
        return (f"the topology has no application {plan.application} any more",)
    return tuple(reason for code, reason in _closed(case) if code not in plan.overrides)


def over_limit(
    topology: Topology, plan: Plan, observation: Observation | None, now: datetime, accepted_limit_s: int | None
) -> OverLimit | None:
    """Whether promoting now loses more than was accepted; there is no override, the way out is a new round.

    `accepted_limit_s` None accepts an unknown loss. Only a forced run gives data up; a switchover waits until nothing
    is left to lose.
    """
    case = Case(topology, plan, observation, now)
    unmeasured = plan.application not in topology.applications or not has_gate(case.app)
    if accepted_limit_s is None or not case.forced or unmeasured:
        return None
    stores = gate_stores(case)
    exposure = application_exposure(stores)
    told = "; ".join(said(store) for store in stores) or "nothing was measured"
    if exposure is None:
        why = f"what would be lost is not known, and at most {accepted_limit_s} s were accepted ({told})"
        return OverLimit(None, why)
    if exposure > accepted_limit_s:
        why = f"{exposure:g} s would be lost, and at most {accepted_limit_s} s were accepted ({told})"
        return OverLimit(exposure, why)
    return None


def _closed(case: Case) -> Iterator[Closed]:
    seen = case.fresh
    if seen is None:
        age = "never" if case.age_s is None else f"{case.age_s:.0f} s ago"
        yield "not-observed", f"last observed {age}, at most {case.oldest_s:.0f} s ago is wanted"
        return
    yield from _stays_on(case, seen)
    yield from _roles(case, seen)
    yield from _capacity(case, seen)


def _stays_on(case: Case, seen: Observation) -> Iterator[Closed]:
    """At least one region stays on: the source is about to be fenced."""
    target = case.plan.target
    evidence = f"{reasons_of(seen, target)} (seen {case.age_s:.0f} s ago)"
    if is_down(seen, target):
        yield "target-down", f"no region would stay on: {target} is down: {evidence}"
    elif nothing_good(seen, target):
        yield "target-unknown", f"no region might stay on: nothing is known to work in {target}: {evidence}"


def _roles(case: Case, seen: Observation) -> Iterator[Closed]:
    database = case.app.database.value if case.app.database else None
    if database is None or case.plan.target not in database.parts:
        return
    name, state, plan = database.label, seen.database, case.plan
    if state is None:
        yield "database-not-observed", f"{name} could not be observed: {seen.writers_reason}"
        return
    age = max(0.0, (case.now - state.observed_at).total_seconds())
    if plan.target not in {member.region for member in state.members if not member.detached}:
        yield "target-missing", f"{name} has no member in {plan.target} (seen {age:.0f} s ago)"
    if state.failover_status is not None and state.failover_to not in (None, plan.target):
        yield "failover-under-way", f"{name} is changing its writer to {state.failover_to}"
    present = writers(state)
    allowed = [(plan.source,), (plan.target,), *([()] if case.forced else [])]
    if state.failover_status is None and present not in allowed:
        told = ", ".join(present) or "nobody"
        way_out = "a request with --override two-writers goes on all the same"
        yield "two-writers", f"the writer of {name} is {told}, not {plan.source} (seen {age:.0f} s ago); {way_out}"


def _capacity(case: Case, seen: Observation) -> Iterator[Closed]:
    states = {(state.region, state.name): state for state in seen.capacity}
    for entry in case.app.capacity:
        if not there(entry, case.plan.target):
            continue
        wanted, name, target = enough(entry, forced=case.forced), capacity_name(entry), case.plan.target
        state = states.get((target, name))
        if state is None or state.running is None:
            why = state.reason if state is not None and state.reason else "it was not observed"
            yield SHORT, f"how many of {name} run in {target} is not known: {why}"
        elif state.running < wanted:
            age = max(0.0, (case.now - state.observed_at).total_seconds())
            told = f"; {state.reason}" if state.reason else ""
            short = wanted - state.running
            yield (
                SHORT,
                f"{state.running} of {wanted} of {name} run in {target}: {short} short (seen {age:.0f} s ago{told})",
            )
