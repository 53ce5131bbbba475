"""What a rollback leaves as it is, and whether somebody else has moved the application since."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from dr_core.observation.model import Observation
from dr_core.plan.checks.case import AHEAD_S, Case, blocking, warning
from dr_core.plan.promotion import writers
from dr_core.plan.step import AsLeft, Finding, Purpose

STAYS = "stays"
MOVED = "moved-since"
CHANGED = "changed-since"


def findings(case: Case) -> tuple[Finding, ...]:
    if case.plan.purpose is not Purpose.ROLLBACK:
        return ()
    return (*_stays(case), *_moved_since(case), *_changed_since(case))


def _stays(case: Case) -> Iterator[Finding]:
    for left in case.plan.left:
        yield warning(STAYS, f"Not taken back: {left.title}. {left.why}", way_out=left.instead)


def _moved_since(case: Case) -> Iterator[Finding]:
    """A run that moved no writer is taken back where the writer is; another place means that somebody moved it."""
    plan, seen = case.plan, case.fresh
    database = case.app.database.value if case.app.database else None
    if seen is None or seen.database is None or database is None or plan.leans_on(plan.source):
        return
    present = writers(seen.database)
    if present and plan.target not in present:
        message = f"The writer of {database.label} is in {', '.join(present)}, and run {plan.undoes} did not move it."
        evidence = f"seen {case.age_s or 0:.0f} s ago"
        way_out = f"Find out who moved it; `failover {plan.target}` moves it back."
        yield blocking(MOVED, message, evidence=evidence, way_out=way_out)


def _changed_since(case: Case) -> Iterator[Finding]:
    """What the run has left and is otherwise now was changed by somebody, who had a reason: it is not taken back
    unasked. What was looked at before the step had ended tells nothing."""
    if case.fresh is None:
        return
    for left in case.plan.as_left:
        told = [change for at, change in _now(left, case.fresh) if (at - left.at).total_seconds() > AHEAD_S]
        if told and all(told):
            message = (
                f"{left.name}{f' in {left.region}' if left.region else ''} was changed since run {case.plan.undoes}."
            )
            way_out = "Find out who changed it, and why."
            yield blocking(CHANGED, message, evidence=str(told[0]), way_out=way_out)


def _now(left: AsLeft, seen: Observation) -> Iterator[tuple[datetime, str | None]]:
    """When it was looked at last, and what is otherwise; None where it is as it was left."""
    if left.of == "capacity":
        for size in seen.capacity:
            if (size.region, size.name) == (left.region, left.name) and size.desired is not None:
                yield size.observed_at, _other_size(left, size.desired)
    elif left.of == "weights":
        for records in seen.traffic:
            if records.name == left.name and records.weights is not None:
                yield records.observed_at, _other(left, records.weights)
    else:
        for controls in seen.controls:
            if controls.name == left.name and controls.on is not None:
                states = {region: "On" if region in controls.on else "Off" for region in left.seen}
                yield controls.observed_at, _other(left, states)


def _other_size(left: AsLeft, desired: int) -> str | None:
    """Automatic scaling moves a size within its bounds, and nobody changed it by that."""
    least, most, told = (left.seen.get(name) for name in ("least", "most", "desired"))
    within = isinstance(least, int) and isinstance(most, int) and least <= desired <= most
    return None if desired == told or within else f"{desired} are asked for, the run left {told}"


def _other(left: AsLeft, now: Mapping[str, object]) -> str | None:
    changed = [region for region, value in left.seen.items() if now.get(region) != value]
    told = (f"{region} has {now.get(region, 'nothing')}, the run left {left.seen[region]}" for region in changed)
    return "; ".join(told) or None
