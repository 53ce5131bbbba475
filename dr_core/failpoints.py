"""Named places where a process may die: around each commit, and around each call of a step.

Inert unless a test arms them, and nothing else arms them: there is no setting and no environment variable for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum


class When(StrEnum):
    """`before`: done but not committed. `after`: committed, and nobody was told."""

    BEFORE = "before"
    AFTER = "after"


class Point(StrEnum):
    """What was about to be made lasting, or was just made so."""

    REQUEST_OPEN = "request.open"
    REQUEST_REFUSED = "request.refused"
    REQUEST_DECIDE = "request.decide"
    REQUEST_RENEW = "request.renew"
    REQUEST_LAPSE = "request.lapse"
    REQUEST_ESCALATE = "request.escalate"
    COMMAND_REFUSED = "command.refused"
    RUN_TAKE = "run.take"
    RUN_BEAT = "run.beat"
    RUN_RELEASE = "run.release"
    RUN_START = "run.start"
    RUN_GATES = "run.gates"
    RUN_ROUND = "run.round"
    RUN_LOSS = "run.loss"
    RUN_FINISH = "run.finish"
    RUN_FOLLOWED = "run.followed"
    RUN_PAUSE = "run.pause"
    RUN_RESUME = "run.resume"
    RUN_ABORT = "run.abort"
    RUN_TAKEOVER = "run.takeover"
    STEP_INTENT = "step.intent"
    STEP_FOUND = "step.found"
    STEP_RESULT = "step.result"
    STEP_LATE = "step.late"
    STEP_NOTE = "step.note"
    STEP_OBSERVE = "step.observe"
    STEP_ACT = "step.act"
    BRAKE_ENGAGE = "brake.engage"
    BRAKE_RELEASE = "brake.release"
    COOLDOWN_CLEAR = "cooldown.clear"
    LEASE_HOLD = "lease.hold"
    LEASE_RELEASE = "lease.release"
    TERMINAL_SUBMIT = "terminal.submit"
    TERMINAL_TAKE = "terminal.take"
    TERMINAL_WITHDRAW = "terminal.withdraw"
    TERMINAL_ANSWER = "terminal.answer"
    EVACUATION_OPEN = "evacuation.open"
    EVACUATION_DECIDE = "evacuation.decide"
    EVACUATION_TURN = "evacuation.turn"
    EVACUATION_CARD = "evacuation.card"
    REVIEW_CLOSE = "review.close"
    RECONCILIATION_KEEP = "reconciliation.keep"
    RECONCILIATION_SIGN = "reconciliation.sign"
    ANCHOR_SEAL = "anchor.seal"
    ANCHOR_PLACED = "anchor.placed"
    CALLS_RECONCILED = "calls.reconciled"
    STORE_ROLLED_BACK = "store.rolled_back"
    OBSERVATION_KEEP = "observation.keep"
    SAMPLES_FORGET = "samples.forget"
    HISTORY_KEEP = "history.keep"
    READINESS_KEEP = "readiness.keep"
    COST_KEEP = "cost.keep"
    RUNBOOK_KEEP = "runbook.keep"
    ROSTER_KEEP = "roster.keep"
    REPLICA_BEAT = "replica.beat"
    CARD_KEEP = "card.keep"
    OUTBOX_ADVANCE = "outbox.advance"
    SLOT_TAKE = "slot.take"
    SLOT_POSTED = "slot.posted"
    DRILL_ASK = "drill.ask"
    DRILL_TAKE = "drill.take"
    DRILL_BEAT = "drill.beat"
    DRILL_KEEP = "drill.keep"
    DRILL_CALL = "drill.call"
    FREEZE_TURN = "freeze.turn"
    FREEZE_MARKED = "freeze.marked"
    FREEZE_LIFT = "freeze.lift"
    RELEASE_ASK = "release.ask"
    RELEASE_TAKE = "release.take"
    RELEASE_BEAT = "release.beat"
    RELEASE_KEEP = "release.keep"
    RELEASE_CALL = "release.call"
    RELEASE_SEEN = "release.seen"
    SIGNALS_KEEP = "signals.keep"
    DETECTION_KEEP = "detection.keep"
    PREPARE_KEEP = "prepare.keep"
    PREPARE_CALL = "prepare.call"
    INCIDENT_OPEN = "incident.open"
    INCIDENT_CLOSE = "incident.close"
    INCIDENT_CARD = "incident.card"
    NOTE_ADD = "note.add"
    REPORT_ASK = "report.ask"
    REPORT_POSTED = "report.posted"


Hook = Callable[[Point, When], None]
_hook: Hook | None = None


def reached(point: Point | None, when: When) -> None:
    """Called where a test may stop the process, lose an answer, or count."""
    if _hook is not None and point is not None:
        _hook(point, when)


@contextmanager
def armed(hook: Hook) -> Iterator[None]:
    """While it lasts, `hook` is called at each point of this process; what it raises happens there."""
    global _hook  # noqa: PLW0603 - threads of a worker must see it, so it is no context variable
    before, _hook = _hook, hook
    try:
        yield
    finally:
        _hook = before
