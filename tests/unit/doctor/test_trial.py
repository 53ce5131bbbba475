"""The doctor says how the queue is read, and sends a message the whole way; what was not tested is not called ok."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dr_core.detection.message import TEST
from dr_core.doctor.result import CheckState
from dr_core.doctor.trial import queue_check, trial_check
from dr_core.errors import DeniedError, UnreachableError
from dr_core.services import Services
from dr_core.store import told
from dr_core.store.told import Ledger
from dr_core.topology.detection import Detection, SignalQueue
from tests.unit.approvals.conftest import services
from tests.unit.detection.messages import TOPIC

__all__ = ["services"]
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
QUEUE = SignalQueue(region="eu-west-1", url="https://sqs.eu-west-1.amazonaws.com/111122223333/dr", topics=(TOPIC,))


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.mark.parametrize(
    ("queue", "ledger", "state", "words"),
    [
        (None, Ledger(), CheckState.OK, "names none: no alarm and no event is heard"),
        (QUEUE, Ledger(), CheckState.UNKNOWN, "dr was read never: no worker reads it"),
        (QUEUE, Ledger(problem="It is denied."), CheckState.FAILED, "It is denied"),
        (QUEUE, Ledger(polled_at=ago(181)), CheckState.FAILED, "no worker reads it"),
        (
            QUEUE,
            Ledger(polled_at=ago(9), received=7, stored=5, foreign=2),
            CheckState.OK,
            "9 s ago; 7 received, 5 kept",
        ),
        (
            QUEUE,
            Ledger(polled_at=ago(9), foreign=1, last_dropped="foreign: whose?", last_dropped_at=ago(600)),
            CheckState.WARNING,
            "foreign: whose?",
        ),
        (QUEUE, Ledger(polled_at=ago(9), last_dropped="old", last_dropped_at=ago(90_000)), CheckState.OK, "9 s ago"),
    ],
)
def test_how_the_queue_is_read(queue: SignalQueue | None, ledger: Ledger, state: CheckState, words: str) -> None:
    check = queue_check(queue, ledger, NOW)
    assert (check.state, bool(check.way_out)) == (state, state is not CheckState.OK)
    assert words in check.detail


class Way:
    """A topic whose messages a worker sees after so many looks; None: never."""

    def __init__(self, services: Services, after: int | None, error: Exception | None = None) -> None:
        self.services, self.after, self.error = services, after, error
        self.looks = 0
        self.nonce = ""

    def publish(self, topic_arn: str, text: str) -> None:
        if self.error is not None:
            raise self.error
        assert topic_arn == TOPIC
        self.nonce = json.loads(text)[TEST]

    def pause(self, seconds: float) -> None:
        self.looks += 1
        if self.looks == self.after:
            seen = Ledger(tests={self.nonce: NOW})
            self.services.store.write(lambda tx: told.put_ledger(tx, seen))


@pytest.mark.parametrize(
    ("after", "error", "state", "words"),
    [
        (3, None, CheckState.OK, "through alarms and dr to a worker within 2 s"),
        (None, None, CheckState.FAILED, "not seen by a worker within 12 s"),
        (None, DeniedError("permission is missing for sns:Publish"), CheckState.UNKNOWN, "sns:Publish"),
        (None, UnreachableError("sns is away"), CheckState.FAILED, "not sent: sns is away"),
    ],
)
def test_a_test_alarm_goes_all_the_way(
    services: Services, after: int | None, error: Exception | None, state: CheckState, words: str
) -> None:
    topology = services.topology.model_copy(update={"detection": Detection(queue=QUEUE)})
    way = Way(services, after, error)
    check = trial_check(replace(services, topology=topology), way, way.pause)
    assert check is not None
    assert check.state is state
    assert words in check.detail


def test_without_a_topic_nothing_is_sent(services: Services) -> None:
    assert trial_check(services) is None
