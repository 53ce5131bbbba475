"""Whether the standby runs what it should run while it waits, and whether more can be had there."""

from collections.abc import Iterator

from dr_core.capacity.port import capacity_name
from dr_core.capacity.sizes import at_work, there, waiting
from dr_core.observation.model import CapacityState
from dr_core.plan.checks.case import Case, warning
from dr_core.plan.step import Finding
from dr_core.topology.capacity import Capacity


def findings(case: Case) -> tuple[Finding, ...]:
    if case.fresh is None:
        return ()
    seen = {(state.region, state.name): state for state in case.fresh.capacity}
    return tuple(
        finding
        for entry in case.app.capacity
        for finding in _of(case, entry, seen.get((case.plan.target, capacity_name(entry))))
    )


def _of(case: Case, entry: Capacity, state: CapacityState | None) -> Iterator[Finding]:
    name, target = capacity_name(entry), case.plan.target
    if not there(entry, target):
        message = f"The topology names no cluster for the {name} in {target}: none would be made."
        yield warning("target-not-configured:readers", message, way_out="Name it under aurora_readers.clusters.")
    elif state is None or state.running is None:
        message = f"How many of {name} run in {target} is not known."
        yield warning("capacity-not-observed", message, evidence=state.reason if state else "")
    elif state.running < waiting(entry):
        yield warning(
            "capacity-below-standby",
            f"{name} in {target} runs below its standby count: {waiting(entry) - state.running} short.",
            evidence=f"{state.running} of {waiting(entry)} run, {_told(case, state)}",
        )
    elif state.reason and state.running < at_work(entry) and state.running != state.desired:
        message = f"{name} in {target} does not come to the size that was asked for."
        yield warning("capacity-not-coming", message, evidence=_told(case, state))


def _told(case: Case, state: CapacityState) -> str:
    age = max(0.0, (case.now - state.observed_at).total_seconds())
    return f"seen {age:.0f} s ago" + (f"; {state.reason}" if state.reason else "")
