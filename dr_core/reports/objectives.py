"""The objectives of an application, met or missed: recovery time and loss of the last runs, availability by samples."""

from datetime import datetime

from dr_core.execution.model import Run, RunState
from dr_core.objectives.availability import region_of
from dr_core.objectives.performance import LENGTHS, History, Window
from dr_core.objectives.rpo import Reached, last_that_moved, reached, unmeasured
from dr_core.reports.model import ObjectiveLine
from dr_core.topology.model import Objectives

LOOKED_AT = 5
"""So many of the last runs are looked at: what people ask for is the newest that measured something."""
LEAST_KNOWN = 0.01
"""Of a window: by less nobody can say whether availability over it is met."""
_NO_RUN = "no run has moved this application yet"


def objectives(
    recent: tuple[Run, ...], history: History | None, targets: Objectives, now: datetime
) -> tuple[ObjectiveLine, ...]:
    """RTO, then RPO of the application and of each store, then availability; what was never measured says why. Pure.

    `recent` are the last `LOOKED_AT` runs of the application, newest first.
    """
    return (_rto(recent, targets), *_rpo(recent, targets), _availability(history, targets, now))


def _rto(recent: tuple[Run, ...], targets: Objectives) -> ObjectiveLine:
    target_s = targets.rto.total_seconds()
    run = next((run for run in recent if run.state.finished and run.rto_s is not None), None)
    since = _unmeasured(unmeasured(recent, run, failed=True), "recovery time")
    if run is None:
        reason = since or _no_run(recent)
        return _line("rto", target_s, None, "s", None, "the last run that ended its verification", None, reason)
    took = run.rto_s or 0.0
    basis = f"{run.plan.mode.value} run {run.id}"
    method, met = f"{basis}, {run.rto_reason}", took <= target_s
    beside = "; ".join(text for text in (basis, since) if text)
    return _line("rto", target_s, took, "s", met, method, run.ended_at, "", run=run.id, basis=beside)


def _rpo(recent: tuple[Run, ...], targets: Objectives) -> tuple[ObjectiveLine, ...]:
    run = last_that_moved(recent)
    target_s = targets.rpo.total_seconds()
    since = _unmeasured(unmeasured(recent, run), "loss")
    if run is None:
        reason = since or _no_run(recent)
        return (_line("rpo", target_s, None, "s", None, "the last run that promoted a database", None, reason),)
    return tuple(_lost(run, found, since if found.store is None else "") for found in reached(run, target_s))


def _unmeasured(run: Run | None, what: str) -> str:
    """What is said of a newer run without a figure, beside that of an older one."""
    if run is None:
        return ""
    how = {RunState.FAILED: "failed", RunState.ABORTED: "was aborted"}.get(run.state, run.state.value)
    return f"{run.id} {how}, and its {what} is not known"


def _no_run(recent: tuple[Run, ...]) -> str:
    """Older runs are not looked at, so that nothing is said of them."""
    return _NO_RUN if len(recent) < LOOKED_AT else f"none of the last {LOOKED_AT} runs was measured"


def _lost(run: Run, found: Reached, since: str) -> ObjectiveLine:
    """A store's own threshold is its target; what is compared and not timed has no seconds."""
    subject = f"{found.store.kind} {found.store.name}" if found.store is not None else ""
    bound = "at most, " if run.plan.mode.value == "forced" and found.seconds is not None else ""
    basis = f"{bound}{run.plan.mode.value} run {run.id}"
    method = f"{basis}, when the work was taken from {run.plan.source}"
    at = found.store.measured_at if found.store is not None else found.at
    return _line(
        "rpo", found.target_s, found.seconds, "s", found.met, method, at, found.reason,
        run=run.id, subject=subject, basis=f"{basis}; {since}" if since else basis,
    )  # fmt: skip


def _availability(history: History | None, targets: Objectives, now: datetime) -> ObjectiveLine:
    target = targets.availability
    key = history.serving.get(Window.MONTH) if history is not None else None
    span = history.span(Window.MONTH) if history is not None else None
    if history is None or span is None or key is None:
        reason = "no sample was counted yet" if history is None else "no sample of the last 30 days is known"
        return _line("availability", target, None, "%", None, "stored samples", None, reason)
    found, length_s = span.series[key], LENGTHS[Window.MONTH].total_seconds()
    worst = f" ({region_of(key)})" if region_of(key) else ""
    method = (
        f"{history.method}{worst}, over 30 d; each result counts until the next one, {history.longest_s:g} s at most;"
        f" {known_of(found.known_s, length_s)}, the rest is unknown and left out"
    )
    value, basis = found.availability, f"30 d, {known_of(found.known_s, length_s)}"
    reason = "" if history.current(now) else f"not counted since {history.at:%Y-%m-%d %H:%M:%S}Z"
    if value is None or reason:
        met = None
    elif found.known_s * (100 - value) > length_s * (100 - target):
        met = False  # whatever the rest is
    elif found.known_s < LEAST_KNOWN * length_s:
        met, reason = None, "too little measured yet"
    else:
        met = value >= target
    return _line("availability", target, value, "%", met, method, history.at, reason, basis=basis)


def known_of(known_s: float, length_s: float) -> str:
    """How much of a window is known, in words: the rest counts neither for nor against."""
    hours = f"{known_s / 3600:.1f} h" if known_s >= 3600 else f"{known_s / 60:.0f} min"
    return f"{hours} of them known, {min(100.0, 100.0 * known_s / length_s):.3g} %"


def _line(
    name: str,
    target: float,
    value: float | None,
    unit: str,
    met: bool | None,
    method: str,
    at: datetime | None,
    reason: str,
    *,
    run: str | None = None,
    subject: str = "",
    basis: str = "",
) -> ObjectiveLine:
    return ObjectiveLine.model_validate(
        {
            "name": name,
            "subject": subject,
            "run": run,
            "basis": basis,
            "target": target,
            "reached": value,
            "unit": unit,
            "met": met,
            "method": method,
            "measured_at": at,
            "reason": reason,
        }
    )
