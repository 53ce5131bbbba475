"""Whether the standby runs what it should run while it waits."""

from dr_core.capacity.port import capacity_name
from dr_core.plan.checks.case import Case, warning
from dr_core.plan.step import Finding
from dr_core.topology.capacity import Sized


def findings(case: Case) -> tuple[Finding, ...]:
    if case.fresh is None:
        return ()
    found = []
    running = {(state.region, state.name): state for state in case.fresh.capacity}
    for entry in case.app.capacity:
        size: Sized = entry.value
        name = capacity_name(entry)
        state = running.get((case.plan.target, name))
        if entry.ecs is None:
            continue
        if state is None or state.running is None:
            message = f"How many of {name} run in {case.plan.target} is not known."
            found.append(warning("capacity-not-observed", message, evidence=state.reason if state else ""))
        elif state.running < size.standby:
            message = f"{name} in {case.plan.target} runs below its standby count."
            age = max(0.0, (case.now - state.observed_at).total_seconds())
            evidence = f"{state.running} of {size.standby} run, seen {age:.0f} s ago"
            found.append(warning("capacity-below-standby", message, evidence=evidence))
    return tuple(found)
