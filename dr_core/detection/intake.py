"""The duty under the lease `signals`: read the queue by long polls, keep what counts, and only then delete it there."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import Purpose
from dr_core.clock import Clock
from dr_core.detection.actor import DETECTION
from dr_core.detection.hearing import concerns
from dr_core.detection.message import Dropped, Heard, Senders, Told, ToldAlarm, ToldTest, Why, home_of, read, senders
from dr_core.detection.port import Arrived, SignalSource
from dr_core.detection.sqs import SqsQueue
from dr_core.duty import Held
from dr_core.errors import DrError
from dr_core.failpoints import Point
from dr_core.health.events import services_of
from dr_core.observation.events import kinds_of
from dr_core.services import Services
from dr_core.store import told
from dr_core.store.engine import Store, Tx
from dr_core.store.told import Ledger
from dr_core.topology.model import Topology

log = structlog.get_logger(__name__)
LEASE = "signals"
WAIT_S = 10
"""How long a poll waits; the lease outlasts it."""
QUIET_S = 1.0
"""After an answer without a message: a queue that does not wait is not asked all the time."""
SILENT_S = 10.0
"""After no answer at all, and for who does not lead."""
BEAT = timedelta(seconds=60)
"""How often it is noted that the queue answers, while nothing arrives."""
_ANSWER_S = 4.0
"""Beyond the wait, for the answer itself."""
KEPT = timedelta(days=7)
TESTS_KEPT = 5


@dataclass(frozen=True)
class _Judged:
    arrived: Arrived
    heard: Heard


class Intake:
    """Wired once a worker where there is a queue; `round` again and again."""

    def __init__(
        self, store: Store, topology: Topology, source: SignalSource, known: Senders, lease: Held, clock: Clock
    ) -> None:
        self._store = store
        self._source = source
        self._known = known
        self._lease = lease
        self._clock = clock
        queue, apps = topology.detection.queue, topology.applications.values()
        self._apps = tuple((app, home_of(app, queue), services_of(kinds_of(app))) for app in apps)
        self._noted: datetime | None = None
        self._problem = ""
        self._pause_s = SILENT_S

    def pause(self) -> float:
        """Seconds from poll to poll."""
        return self._pause_s

    def round(self) -> None:
        """One poll, if the lease is ours. A queue that cannot be read is noted, and raised."""
        self._pause_s = SILENT_S
        if not self._lease.hold():
            return
        try:
            arrived = self._source.receive(WAIT_S)
        except DrError as error:
            self._note(error.message)
            raise
        self._pause_s = 0.0 if arrived else QUIET_S
        if not arrived:
            self._note("")
            return
        now = self._clock.now()
        judged = [_Judged(one, self._judge(one, now)) for one in arrived]
        self._store.write(lambda tx: self._keep(tx, judged, now), Point.SIGNALS_KEEP)
        self._noted, self._problem = now, ""
        self._source.delete(arrived)

    def _judge(self, one: Arrived, now: datetime) -> Heard:
        try:
            return self._wanted(read(one.body, self._known, now))
        except Exception:
            log.exception("message_not_read", message=one.id)
            return Dropped(Why.MALFORMED, "it could not be read; the log says why")

    def _wanted(self, heard: Heard) -> Heard:
        """What no application names is of no use, and nobody's fault."""
        if isinstance(heard, Dropped | ToldTest) or any(concerns(*app, heard) for app in self._apps):
            return heard
        what = heard.name if isinstance(heard, ToldAlarm) else f"{heard.code} in {heard.region}"
        return Dropped(Why.UNNAMED, f"no application names {what}")

    def _keep(self, tx: Tx, judged: list[_Judged], now: datetime) -> None:
        before = told.ledger(tx)
        counted: Counter[str] = Counter()
        tests = dict(before.tests)
        for one in judged:
            heard = one.heard
            if isinstance(heard, ToldTest):
                tests[heard.nonce] = now
                counted["tests"] += 1
            elif isinstance(heard, Dropped):
                counted[heard.why.value] += 1
                self._drop(tx, heard, now)
            elif told.keep(tx, heard):
                counted["stored"] += 1
                append_ops(tx, EventKind.DETECTION_TOLD, DETECTION, _event(heard), cmd_id=f"told:{one.arrived.id}")
            else:
                counted["repeated"] += 1
        told.forget(tx, now - KEPT)
        told.put_ledger(tx, _counted(before, counted, len(judged), list(_dropped(judged)), tests, now))

    def _drop(self, tx: Tx, heard: Dropped, now: datetime) -> None:
        """In the trail once an hour for each reason: whoever floods the queue does not flood the trail."""
        if heard.why is Why.UNNAMED:
            return
        data: dict[str, JsonValue] = {"why": heard.why.value, "reason": heard.detail}
        key = f"dropped:{heard.why.value}:{now:%Y-%m-%dT%H}"
        append_ops(tx, EventKind.DETECTION_DROPPED, DETECTION, data, cmd_id=key)

    def _note(self, problem: str) -> None:
        """That the queue answers, or why not; when that changes, and once a minute."""
        now = self._clock.now()
        if self._noted is not None and problem == self._problem and now - self._noted < BEAT:
            return

        def work(tx: Tx) -> None:
            change = {"problem": problem} if problem else {"problem": "", "polled_at": now}
            told.put_ledger(tx, told.ledger(tx).model_copy(update=change))

        self._store.write(work, Point.SIGNALS_KEEP)
        self._noted, self._problem = now, problem


def _dropped(judged: list[_Judged]) -> Iterator[str]:
    for one in judged:
        if isinstance(one.heard, Dropped) and one.heard.why is not Why.UNNAMED:
            yield f"{one.heard.why}: {one.heard.detail}"


def _counted(
    before: Ledger, counted: Counter[str], received: int, dropped: list[str], tests: dict[str, datetime], now: datetime
) -> Ledger:
    names = ("stored", "repeated", "unnamed", "malformed", "foreign")
    newest = sorted(tests.items(), key=lambda one: one[1])[-TESTS_KEPT:]
    change = {name: getattr(before, name) + counted[name] for name in names}
    change |= {"received": before.received + received, "polled_at": now, "problem": "", "last_at": now}
    change |= {"tests": dict(newest)}
    if dropped:
        change |= {"last_dropped": dropped[-1], "last_dropped_at": now}
    return before.model_copy(update=change)


def _event(heard: Told) -> dict[str, JsonValue]:
    return dict(heard.model_dump(mode="json"))


def make(services: Services, lease: Held) -> Intake | None:
    """On AWS; None where no queue is named."""
    queue = services.topology.detection.queue
    if queue is None:
        return None
    client_of = acting_clients(services.aws, None, purpose=Purpose.OBSERVE, read_timeout_s=WAIT_S + _ANSWER_S)
    source = SqsQueue(client_of, queue)
    return Intake(services.store, services.topology, source, senders(services.topology), lease, services.clock)
