"""The doctor's look at the queue: how it is read, and a test message sent the whole way through a topic."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from dr_core.approvals.names import new_token
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import Purpose
from dr_core.detection.message import TEST
from dr_core.detection.port import Topic
from dr_core.detection.sqs import SnsTopics
from dr_core.doctor.result import Check, CheckState
from dr_core.errors import DeniedError, DrError
from dr_core.services import Services
from dr_core.store import told
from dr_core.store.told import Ledger
from dr_core.topology.detection import SignalQueue

QUEUE, TRIAL = "alarm queue", "test alarm"
SILENT = timedelta(minutes=3)
"""The intake notes each minute that the queue answers."""
DAY = timedelta(days=1)
_LOOKS, _LOOK_S = 24, 0.5


def queue_check(queue: SignalQueue | None, ledger: Ledger, now: datetime) -> Check:
    """Whether somebody reads it, and what was dropped."""
    if queue is None:
        detail = "detection.queue names none: no alarm and no event is heard, only what is looked at"
        return Check(name=QUEUE, state=CheckState.OK, detail=detail)
    counts = (
        f"{ledger.received} received, {ledger.stored} kept, {ledger.repeated} repeated, {ledger.unnamed} not named, "
        f"{ledger.malformed} malformed, {ledger.foreign} from strangers"
    )
    if ledger.problem or ledger.polled_at is None or now - ledger.polled_at > SILENT:
        last = "never" if ledger.polled_at is None else f"last at {ledger.polled_at:%Y-%m-%d %H:%M:%S}Z"
        why = ledger.problem.rstrip(".") or "no worker reads it"
        way_out = "Start `dr worker`; allow it sqs:ReceiveMessage and sqs:DeleteMessage on the queue."
        state = CheckState.UNKNOWN if ledger.polled_at is None and not ledger.problem else CheckState.FAILED
        return Check(name=QUEUE, state=state, detail=f"{queue.name} was read {last}: {why}", way_out=way_out)
    read = f"{queue.name} was read {(now - ledger.polled_at).total_seconds():.0f} s ago; {counts}"
    if ledger.last_dropped_at is not None and now - ledger.last_dropped_at <= DAY:
        way_out = "Let the queue's policy name the topics and rules that may send (docs/detection.md)."
        detail = f"{read}; last dropped: {ledger.last_dropped}"
        return Check(name=QUEUE, state=CheckState.WARNING, detail=detail, way_out=way_out)
    return Check(name=QUEUE, state=CheckState.OK, detail=read)


def trial_check(
    services: Services, topic: Topic | None = None, pause: Callable[[float], None] = time.sleep
) -> Check | None:
    """Send a message through the first topic, and wait until a worker has seen it. None: there is nothing to send to.

    Takes up to twelve seconds where it does not come through.
    """
    queue = services.topology.detection.queue
    if queue is None or not queue.topics:
        return None
    arn, nonce = queue.topics[0], new_token()
    through = topic or SnsTopics(acting_clients(services.aws, None, purpose=Purpose.OBSERVE))
    name = arn.rpartition(":")[2]
    try:
        through.publish(arn, json.dumps({TEST: nonce}))
    except DeniedError as error:
        way_out = "Allow sns:Publish on it to whoever runs the doctor, to have it tested."
        return Check(name=TRIAL, state=CheckState.UNKNOWN, detail=f"not sent: {error.message}", way_out=way_out)
    except DrError as error:
        way_out = "Alarms of this topic do not arrive either, if the outage is of the topic's region."
        return Check(name=TRIAL, state=CheckState.FAILED, detail=f"not sent: {error.message}", way_out=way_out)
    for look in range(_LOOKS):
        if nonce in services.store.read(told.ledger).tests:
            detail = f"through {name} and {queue.name} to a worker within {look * _LOOK_S + _LOOK_S:g} s"
            return Check(name=TRIAL, state=CheckState.OK, detail=detail)
        pause(_LOOK_S)
    detail = f"sent to {name}, and not seen by a worker within {_LOOKS * _LOOK_S:g} s"
    way_out = f"Subscribe {queue.name} to the topic without raw delivery, and let its policy accept the topic."
    return Check(name=TRIAL, state=CheckState.FAILED, detail=detail, way_out=way_out)
