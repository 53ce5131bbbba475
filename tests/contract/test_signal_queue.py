"""Alarms and events through the queue, on the fake and on SNS and SQS: what counts is kept once, the rest dropped."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.aws.clients import acting_clients
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.detection import intake
from dr_core.detection.hearing import Hearing
from dr_core.detection.intake import Intake
from dr_core.detection.memory import MemoryQueue
from dr_core.detection.message import TEST, Heard, Senders, read, senders
from dr_core.detection.port import SignalSource, Topic
from dr_core.detection.sqs import SnsTopics, SqsQueue
from dr_core.errors import DrError, UnreachableError
from dr_core.failpoints import Point, When
from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.store import told
from dr_core.store.engine import Store
from dr_core.store.told import Ledger
from dr_core.topology.detection import Detection, SignalQueue
from dr_core.topology.model import Topology
from dr_core.topology.traffic import HealthCheck
from tests.crash.kills import killed
from tests.unit.detection import messages
from tests.unit.detection.messages import STRANGER, alarm, alarm_event, health_event

ACCOUNT, HOME, CENTRAL = "123456789012", "eu-west-1", "eu-central-1"
TOPIC = f"arn:aws:sns:{HOME}:{ACCOUNT}:alarms"
FOREIGN = f"arn:aws:sns:{HOME}:{STRANGER}:alarms"
URL = f"https://sqs.{HOME}.amazonaws.com/{ACCOUNT}/dr-signals"


@pytest.fixture
def topology(shop: Topology) -> Topology:
    queue = SignalQueue(region=HOME, url=URL, topics=(TOPIC,))
    app = shop.applications["shop"]
    heard = app.model_copy(update={"health": (*app.health, HealthCheck(alarm={CENTRAL: "shop-down"}))})
    return shop.model_copy(update={"detection": Detection(queue=queue), "applications": {"shop": heard}})


class Lease:
    def hold(self) -> bool:
        return True

    def release(self) -> None:
        """Nobody waits for it."""


@dataclass
class Bench:
    topology: Topology
    clock: ManualClock
    store: Store
    source: SignalSource
    topic: Topic
    put: Callable[[str], None]
    again: Callable[[], None]
    down: Callable[[], None]
    world: World | None = None

    def intake(self) -> Intake:
        return Intake(self.store, self.topology, self.source, senders(self.topology), Lease(), self.clock)

    def publish(self, message: object) -> None:
        self.topic.publish(TOPIC, message if isinstance(message, str) else json.dumps(message))

    @property
    def ledger(self) -> Ledger:
        return self.store.read(told.ledger)

    def heard(self, vantage: Vantage = Vantage.ALARM) -> list[Signal]:
        found = Hearing(self.store, self.topology)("shop", self.clock.now())
        return [signal for signal in found if signal.vantage is vantage]

    def events(self, kind: EventKind) -> int:
        return sum(event.kind == kind for event in self.store.read(lambda tx: listing(tx, limit=200)))

    def alarm(self, state: str = "ALARM", **how: object) -> dict[str, object]:
        return alarm(self.clock.now(), state=state, account=ACCOUNT, **how)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def store(sqlite_url: str, clock: ManualClock) -> Iterator[Store]:
    made = Store(sqlite_url, clock=clock)
    yield made
    made.dispose()


@pytest.fixture(params=["memory", "aws"])
def bench(
    request: pytest.FixtureRequest, topology: Topology, clock: ManualClock, store: Store, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:  # fmt: skip
    if request.param == "memory":
        fake = MemoryQueue()
        yield Bench(topology, clock, store, fake, fake, fake.put, fake.forgotten, lambda: setattr(fake, "down", True))
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    world = World(topology, data_dir=tmp_path, clock=clock, speed=1.0)
    aws = AwsSessions.for_topology(topology, world.start().aws_url)
    client_of = acting_clients(aws, None)
    queue = topology.detection.queue
    assert queue is not None
    assert world.missing == ()

    def forgotten() -> None:
        """Deliveries are hidden for half a minute of real time: they are shown again at once."""
        from moto.sqs.models import sqs_backends

        for message in sqs_backends[ACCOUNT][HOME].queues["dr-signals"]._messages:
            message.change_visibility(0)

    sqs = client_of("sqs", HOME)
    try:
        yield Bench(
            topology, clock, store, SqsQueue(client_of, queue), SnsTopics(client_of),
            lambda body: sqs.send_message(QueueUrl=URL, MessageBody=body), forgotten,
            lambda: world.add_fault("region_down", region=HOME), world,
        )  # fmt: skip
    finally:
        world.stop()


def test_an_alarm_through_its_topic_is_a_signal_of_its_region_until_it_is_stale(bench: Bench) -> None:
    bench.publish(bench.alarm())
    bench.intake().round()
    [signal] = bench.heard()
    assert (signal.region, signal.state, signal.name) == (CENTRAL, SignalState.BAD, "shop-down")
    assert bench.events(EventKind.DETECTION_TOLD) == 1
    bench.clock.advance(60)
    bench.publish(bench.alarm("OK"))
    bench.intake().round()
    assert bench.heard()[0].state is SignalState.OK
    bench.clock.advance(timedelta(minutes=16).total_seconds())
    assert bench.heard()[0].state is SignalState.UNKNOWN


def test_a_message_that_breaks_the_reader_keeps_no_other_waiting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(body: str, known: Senders, now: datetime) -> Heard:
        if body == "break":
            raise OverflowError("as nobody thought of")
        return read(body, known, now)

    monkeypatch.setattr(intake, "read", breaking)
    bench.put("break")
    bench.publish(bench.alarm())
    bench.intake().round()
    assert (bench.ledger.malformed, bench.ledger.stored) == (1, 1)
    bench.again()
    assert bench.source.receive(0) == ()


def test_events_of_rules_count_likewise(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "ACCOUNT", ACCOUNT)
    bench.put(json.dumps(alarm_event(bench.clock.now(), account=ACCOUNT)))
    bench.put(json.dumps(health_event(bench.clock.now())))
    bench.intake().round()
    assert bench.heard()[0].state is SignalState.BAD
    [issue] = bench.heard(Vantage.AWS_HEALTH)
    assert (issue.region, issue.state) == (CENTRAL, SignalState.BAD)
    assert bench.ledger.stored == 2


def test_what_comes_twice_or_late_counts_once(bench: Bench) -> None:
    first, second = bench.alarm(), bench.alarm("OK")
    bench.clock.advance(5)
    newest = bench.alarm("OK")
    for message in (first, first, newest, second):
        bench.publish(message)
    bench.intake().round()
    assert (bench.ledger.stored, bench.ledger.repeated) == (2, 2)
    assert bench.heard()[0].state is SignalState.OK
    assert bench.events(EventKind.DETECTION_TOLD) == 2


def test_malformed_and_foreign_messages_are_counted_and_told_once_an_hour(bench: Bench) -> None:
    bad = ["no JSON", "{}", json.dumps({"TopicArn": TOPIC, "Message": "?"})]
    strange = [
        messages.notification(bench.alarm(), topic=FOREIGN),
        json.dumps(alarm_event(bench.clock.now(), account=STRANGER)),
    ]
    for body in (*bad, *strange):
        bench.put(body)
    bench.publish(alarm(bench.clock.now(), account=STRANGER))
    bench.publish(bench.alarm(name="nobody-asked"))
    bench.intake().round()
    assert (bench.ledger.malformed, bench.ledger.foreign, bench.ledger.unnamed) == (3, 3, 1)
    assert bench.ledger.received == 7
    assert bench.events(EventKind.DETECTION_DROPPED) == 2
    assert bench.heard()[0].state is SignalState.UNKNOWN
    bench.again()
    assert bench.source.receive(0) == (), "they are dropped"


def test_a_test_of_the_doctor_is_noted_by_its_nonce(bench: Bench) -> None:
    bench.publish({TEST: "n0nce-of-a-test"})
    bench.intake().round()
    assert list(bench.ledger.tests) == ["n0nce-of-a-test"]


@pytest.mark.parametrize("when", list(When))
def test_nothing_is_deleted_before_it_was_kept(bench: Bench, when: When) -> None:
    bench.publish(bench.alarm())
    killed(lambda: bench.intake().round(), Point.SIGNALS_KEEP, when)
    bench.again()
    bench.intake().round()
    assert bench.heard()[0].state is SignalState.BAD
    assert bench.ledger.stored == 1
    assert bench.events(EventKind.DETECTION_TOLD) == 1
    bench.again()
    assert bench.source.receive(0) == ()


def test_a_queue_that_does_not_answer_is_noted_and_heard_again(bench: Bench) -> None:
    quiet = bench.intake()
    quiet.round()
    assert bench.ledger.polled_at is not None
    bench.down()
    with pytest.raises(UnreachableError):
        quiet.round()
    assert bench.ledger.problem
    assert quiet.pause() > 1


def test_a_queue_that_is_not_there_is_an_error_of_ours(bench: Bench) -> None:
    if bench.world is None:
        return
    missing = SignalQueue(region=HOME, url=URL.replace("dr-signals", "gone"))
    with pytest.raises(DrError, match="ReceiveMessage"):
        SqsQueue(bench.source._client_of, missing).receive(0)  # type: ignore[attr-defined]


def test_the_world_s_alarm_follows_its_region_and_may_be_set_by_hand(bench: Bench) -> None:
    if bench.world is None:
        return
    fault = bench.world.add_fault("region_down", region=CENTRAL)
    bench.clock.advance(61)
    bench.intake().round()
    assert bench.heard()[0].state is SignalState.BAD
    bench.world.remove_fault(fault)
    bench.clock.advance(61)
    bench.intake().round()
    assert bench.heard()[0].state is SignalState.OK
    cloudwatch = bench.topic._client_of("cloudwatch", HOME)  # type: ignore[attr-defined]
    bench.clock.advance(1)
    cloudwatch.set_alarm_state(AlarmName="shop-down", StateValue="ALARM", StateReason="a test by hand")
    bench.intake().round()
    assert "a test by hand" in bench.heard()[0].detail
