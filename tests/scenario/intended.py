"""Held at the end of every story: each call that may have changed something belongs to an intent, and says why.

The world's record is asked, not the product's own.
"""

from datetime import datetime

from dr_core.audit.reconcile import AwsCall, why
from dr_core.audit.reconciling import _intents
from dr_core.store.engine import Store
from tests.scenario.room import Json, Room

# What duties besides runs may call, each under a purpose of its own. Everything else needs a step's intent.
BY_DUTY = {
    "heartbeat": {("s3", "PutObject")},
    "anchor": {("s3", "PutObject")},
    "runbook": {("s3", "PutObject")},
    "observe": {("sqs", "DeleteMessageBatch"), ("sns", "Publish")},
    "reconcile": {("rds", "CopyDBClusterSnapshot")},
    "freeze": {("ssm", "PutParameter"), ("ssm", "DeleteParameter")},
}
SETUP = "setup"
"""What a story's own people change, as with a console."""

# Whose events CloudTrail tells under another name than the client's.
TOLD_AS = {"s3control": "s3"}


def unintended(room: Room) -> list[str]:
    """One line for each call that nobody intended. The calls are read first, since an intent comes before its call."""
    calls = [_call(number, raw) for number, raw in enumerate(room.ok("/api/world/calls")["calls"]) if _asks_why(raw)]
    store = Store(room.environment()["DATABASE_URL"])
    try:
        intents = store.read(lambda tx: _intents(tx, calls))
    finally:
        store.dispose()
    found = [(call, why(call, intents)) for call in calls]
    return [f"{one.service}:{one.operation} in {one.region}: {reason}" for one, reason in found if reason is not None]


def _asks_why(raw: Json) -> bool:
    return raw["purpose"] != SETUP and (raw["service"], raw["operation"]) not in BY_DUTY.get(raw["purpose"], ())


def _call(number: int, raw: Json) -> AwsCall:
    """As CloudTrail would tell it, data events included."""
    step = raw["step"]
    said = [f"dr-purpose/{raw['purpose']}"] if raw["purpose"] else []
    said += [f"dr-step/{step['run']}.{step['name']}"] if step else []
    return AwsCall(
        id=str(number),
        at=datetime.fromisoformat(raw["time"]),
        region=raw["region"],
        service=TOLD_AS.get(raw["service"], raw["service"]),
        operation=raw["operation"],
        principal=raw["principal"],
        user_agent=" ".join(said),
        subject=str((raw["parameters"] or {}).get("Name", "")) if raw["service"] == "ssm" else "",
    )
