"""Detection and preparation, killed around their writes and calls: one proposal, one scaling, and none left behind."""

import json
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.detection.detector import Detector
from dr_core.detection.intake import Intake
from dr_core.detection.memory import MemoryQueue
from dr_core.detection.message import senders
from dr_core.failpoints import Point, When, armed
from dr_core.preparation.model import ItemState
from dr_core.services import Services
from dr_core.store import episodes, incidents, requests, told
from dr_core.topology.detection import Detection, SignalQueue
from dr_core.topology.traffic import HealthCheck
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.unit.approvals.conftest import CENTRAL, WEST, ask, see, services
from tests.unit.detection.messages import TOPIC, alarm
from tests.unit.detection.test_detector import Ours
from tests.unit.preparation.bench import Bench, bench, cancelled

__all__ = ["bench", "services"]


def opened(services: Services) -> int:
    found = services.store.read(lambda tx: listing(tx, limit=200))
    assert services.store.read(verify).ok
    assert all(event.kind != EventKind.INCIDENT_JOINED for event in found)
    return sum(event.kind == EventKind.INCIDENT_OPENED for event in found)


PROPOSING = [
    [(Point.DETECTION_KEEP, When.BEFORE)],
    [(Point.DETECTION_KEEP, When.AFTER), (Point.REQUEST_OPEN, When.BEFORE)],
    [(Point.REQUEST_OPEN, When.AFTER), (Point.DETECTION_KEEP, When.BEFORE)],
    [(Point.REQUEST_OPEN, When.AFTER), (Point.DETECTION_KEEP, When.AFTER)],
]


@pytest.mark.parametrize("deaths", PROPOSING)
def test_whenever_it_dies_there_is_one_incident_with_one_proposal(
    services: Services, deaths: list[tuple[Point, When]]
) -> None:
    see(services, down=True)
    for point, when in deaths:
        killed(lambda: Detector(services, Ours()).watch("shop"), point, when)
    Detector(services, Ours()).round()
    [request] = services.store.read(requests.recent)
    [incident] = services.store.read(incidents.open_ones)
    assert incident.request == request.id
    found = services.store.read(lambda tx: episodes.get(tx, "shop", CENTRAL))
    assert found is not None
    assert (found.request, found.incident) == (request.id, incident.id)
    assert opened(services) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_lost_answer_of_the_store_proposes_nothing_twice(services: Services, number: int) -> None:
    see(services, down=True)
    with armed(LostAnswer(number, [Point.DETECTION_KEEP])):
        Detector(services, Ours()).round()
    assert len(services.store.read(requests.recent)) == 1
    assert opened(services) == 1


@pytest.mark.parametrize("when", list(When))
def test_a_message_is_kept_once_and_deleted_after_that(services: Services, when: When) -> None:
    queue = SignalQueue(region=WEST, url=f"https://sqs.{WEST}.amazonaws.com/111122223333/q", topics=(TOPIC,))
    heard = services.topology.applications["shop"].model_copy(update={"health": (HealthCheck(alarm={CENTRAL: "a"}),)})
    changed: dict[str, Any] = {"detection": Detection(queue=queue), "applications": {"shop": heard}}
    topology, source = services.topology.model_copy(update=changed), MemoryQueue()
    source.publish(TOPIC, json.dumps(alarm(services.clock.now(), "a")))

    def intake() -> Intake:
        return Intake(services.store, topology, source, senders(topology), Ours(), services.clock)

    killed(intake().round, Point.SIGNALS_KEEP, when)
    assert source.left == 1
    source.forgotten()
    intake().round()
    assert source.left == 0
    ledger = services.store.read(told.ledger)
    assert (ledger.stored, len(services.store.read(told.told))) == (1, 1)
    kinds = [event.kind for event in services.store.read(lambda tx: listing(tx, limit=50))]
    assert kinds.count(EventKind.DETECTION_TOLD) == 1


PREPARING = [(Point.PREPARE_KEEP, when) for when in When] + [(Point.PREPARE_CALL, when) for when in When]


@pytest.mark.parametrize(("point", "when"), PREPARING)
def test_whoever_dies_while_it_prepares_is_followed_by_one_who_sees_what_is_there(
    bench: Bench, point: Point, when: When
) -> None:
    request = ask(bench.services)
    killed(lambda: bench.duty().round(), point, when)
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4"]
    assert bench.told(request) == ["prepare.intent", "prepare.done"]


@pytest.mark.parametrize(("point", "when"), PREPARING)
def test_and_so_it_is_taken_back_once(bench: Bench, point: Point, when: When) -> None:
    request = ask(bench.services)
    bench.turns()
    cancelled(bench, request)
    killed(lambda: bench.duty().round(), point, when)
    bench.turns()
    assert bench.fleet.asked == [f"grow {WEST} 4", f"stand_by {WEST} 1"]
    assert bench.told(request) == ["prepare.intent", "prepare.done", "prepare.undoing", "prepare.undone"]


def test_who_dies_after_the_call_and_whose_request_ends_meanwhile_leaves_nothing_behind(bench: Bench) -> None:
    request = ask(bench.services)
    killed(lambda: bench.duty().round(), Point.PREPARE_CALL, When.AFTER)
    cancelled(bench, request)
    bench.turns()
    assert bench.fleet.wanted() == 1
    assert bench.state(request) is ItemState.UNDONE
