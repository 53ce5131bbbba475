"""The names of everything that can stand in the trail, and an event as a value."""

from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from dr_core.value import Value


class EventKind(StrEnum):
    CHAIN_OPENED = "chain.opened"
    CONFIG_LOADED = "config.loaded"
    ROSTER_CHANGED = "roster.changed"
    COMMAND_REFUSED = "command.refused"
    VERDICT_CHANGED = "verdict.changed"
    DIGEST_POSTED = "digest.posted"
    REQUEST_OPENED = "request.opened"
    REQUEST_REFUSED = "request.refused"
    REQUEST_ACKED = "request.acked"
    REQUEST_APPROVED = "request.approved"
    REQUEST_DENIED = "request.denied"
    REQUEST_OBJECTED = "request.objected"
    REQUEST_CANCELLED = "request.cancelled"
    REQUEST_EXPIRED = "request.expired"
    REQUEST_RENEWED = "request.renewed"
    REQUEST_VOID = "request.void"
    REQUEST_BLOCKED = "request.blocked"
    REQUEST_BROKE_GLASS = "request.broke_glass"
    RUN_CREATED = "run.created"
    RUN_TAKEN = "run.taken"
    RUN_STARTED = "run.started"
    RUN_GATES_PASSED = "run.gates_passed"
    RUN_GATES_REFUSED = "run.gates_refused"
    RUN_ROUND_NEEDED = "run.round_needed"
    RUN_HELD = "run.held"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_ABORT_ASKED = "run.abort_asked"
    RUN_ABORTED = "run.aborted"
    RUN_SUPERSEDED = "run.superseded"
    RUN_TAKEN_OVER = "run.taken_over"
    RUN_FOLLOWED = "run.followed"
    RUN_LOSS_GREW = "run.loss_grew"
    RUN_SUCCEEDED = "run.succeeded"
    RUN_FAILED = "run.failed"
    STEP_INTENT = "step.intent"
    STEP_FOUND = "step.found"
    STEP_DONE = "step.done"
    STEP_NOT_REACHED = "step.not_reached"
    STEP_FAILED = "step.failed"
    STEP_UNCERTAIN = "step.uncertain"
    STEP_SKIPPED = "step.skipped"
    STEP_REACHED_LATE = "step.reached_late"
    BRAKE_ENGAGED = "brake.engaged"
    BRAKE_OBJECTED = "brake.objected"
    BRAKE_RELEASED = "brake.released"
    COOLDOWN_CLEARED = "cooldown.cleared"
    TERMINAL_REFUSED = "terminal.refused"
    REVIEW_OPENED = "review.opened"
    REVIEW_CLOSED = "review.closed"
    RECONCILIATION_OPENED = "reconciliation.opened"
    RECONCILIATION_COPYING = "reconciliation.copying"
    RECONCILIATION_KEPT = "reconciliation.kept"
    RECONCILIATION_SIGNED = "reconciliation.signed"
    ANCHOR_CONFLICT = "anchor.conflict"
    STORE_ROLLED_BACK = "store.rolled_back"
    CALL_UNEXPLAINED = "call.unexplained"
    READINESS_CHANGED = "readiness.changed"
    BUDGET_ALERT = "budget.alert"
    RUNBOOK_EXPORTED = "runbook.exported"
    DRILL_ASKED = "drill.asked"
    DRILL_INTENT = "drill.intent"
    DRILL_RESULT = "drill.result"
    DRILL_CLEANED = "drill.cleaned"
    DRILL_UNCLEAN = "drill.unclean"
    DRILL_INTERRUPTED = "drill.interrupted"
    DRILL_ENDED = "drill.ended"
    FREEZE_SET = "freeze.set"
    FREEZE_MARKED = "freeze.marked"
    FREEZE_LIFTED = "freeze.lifted"
    DETECTION_TOLD = "detection.told"
    DETECTION_DROPPED = "detection.dropped"
    DETECTION_HELD = "detection.held"
    DETECTION_CALMED = "detection.calmed"
    DETECTION_EASED = "detection.eased"
    DETECTION_AGAIN = "detection.again"
    PREPARE_INTENT = "prepare.intent"
    PREPARE_DONE = "prepare.done"
    PREPARE_FAILED = "prepare.failed"
    PREPARE_UNDOING = "prepare.undoing"
    PREPARE_UNDONE = "prepare.undone"
    PREPARE_KEPT = "prepare.kept"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_JOINED = "incident.joined"
    INCIDENT_CLOSED = "incident.closed"
    NOTE_ADDED = "note.added"
    REPORT_ASKED = "report.asked"
    REPORT_POSTED = "report.posted"


class Event(Value):
    """One link of a chain. `body` is the canonical JSON as stored and hashed; the other fields repeat what it holds."""

    chain: str
    seq: int
    cmd_id: str
    at: datetime
    kind: str
    actor: dict[str, JsonValue]
    data: dict[str, JsonValue]
    body: str
    prev: str
    hash: str
