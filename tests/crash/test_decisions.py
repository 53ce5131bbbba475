"""What people decide, with the answer of its commit lost, or the process killed before or after it.

Whoever got no answer sends the same again (Slack does by itself, with the same id), and it has had its effect once: the
same events stand in the trail as if nothing had happened, and nobody is told that somebody else was first.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals import ack, cooldown
from dr_core.approvals.escalation import escalate
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.renewal import renew
from dr_core.audit.trail import verify
from dr_core.clock import ManualClock
from dr_core.errors import DrError
from dr_core.execution import brake, control
from dr_core.execution.model import RunState, StepState
from dr_core.failpoints import Point, When, armed
from dr_core.incidents import book, closing, notes
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import events
from dr_core.store.engine import Store
from tests.crash.answers import LostAnswer
from tests.crash.databases import SqliteDatabase
from tests.crash.lives import KilledError
from tests.unit.approvals.conftest import approve, ask, services
from tests.unit.control.conftest import Room
from tests.unit.execution.conftest import FakeWorld

__all__ = ["services"]

ADA, GRACE, ROBIN = "U0ADA", "U0GRACE", "U0REQUESTER"
AGAIN = "slack:again"
"""The id of the delivery, which stays the same when it is sent again."""

Told = dict[str, Any]


@dataclass(frozen=True)
class Decision:
    """`before` brings the room where it is to be decided and answers what `decide` needs; `tells`: the new events."""

    before: Callable[[Room], Any]
    decide: Callable[[Room, Any], object]
    tells: tuple[str, ...]
    point: Point


def nothing(room: Room) -> None:
    """Nothing has to happen before."""


def waiting(room: Room) -> Any:
    return ask(room.services)


def acked(room: Room) -> Any:
    request = ask(room.services)
    approve(room.services, request, ADA)
    return request


def expired(room: Room) -> Any:
    request = ask(room.services)
    room.rest(16 * 60)
    room.see()
    expire_due(room.services)
    return request


def overdue(room: Room) -> None:
    ask(room.services)
    room.rest(16 * 60)


def wrong(room: Room) -> None:
    _declare(room, "slack:before")


def _declare(room: Room, cmd_id: str) -> object:
    ada = room.person(ADA)
    return book.declare(room.services, application="shop", title="checkout fails", actor=ada, cmd_id=cmd_id)


def running(room: Room) -> str:
    return room.approved()


def in_the_middle(room: Room) -> str:
    run_id = room.approved()
    room.until(room.worker(), run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    return run_id


def paused(room: Room) -> str:
    run_id = room.approved()
    control.pause(room.services, run_id, actor=room.person(ROBIN), reason="wait")
    return run_id


def paused_for_long(room: Room) -> str:
    run_id = paused(room)
    room.rest(31 * 60)
    room.see()
    return run_id


def braked(room: Room) -> None:
    brake.engage(room.services, actor=room.person(ADA), reason="stop")


def released(room: Room) -> None:
    braked(room)
    brake.release(room.services, actor=room.person(GRACE))


def denied_lately(room: Room) -> Any:
    first = ask(room.services)
    ack.deny(room.services, first.id, actor=room.person(ADA), reason="no")
    return ask(room.services, cmd_id="c-2")


def planned(room: Room) -> str:
    room.down = False
    room.see()
    run_id = room.approved(Mode.PLANNED)
    room.until(room.worker(), run_id, lambda run: run.record("promote").state is StepState.RUNNING)
    room.down = True
    room.see()
    return run_id


def escalated(room: Room) -> Any:
    request = _escalate(room, planned(room), "slack:before")
    approve(room.services, request, ADA)
    return request


def over(room: Room) -> None:
    run_id = room.approved()
    room.until(room.worker(), run_id, lambda run: run.state is RunState.SUCCEEDED)


def _escalate(room: Room, run_id: str, cmd_id: str) -> Any:
    return escalate(room.services, run_id, actor=room.person(ROBIN), reason="the primary died", cmd_id=cmd_id)


def _approve(user: str) -> Callable[[Room, Any], object]:
    return lambda room, request: approve(room.services, request, user, cmd_id=AGAIN)


OPENED = ("chain.opened", "request.opened")
STARTED = ("request.acked", "request.approved", "run.created")

DECISIONS: dict[str, Decision] = {
    "open": Decision(nothing, lambda room, _: ask(room.services, cmd_id=AGAIN), OPENED, Point.REQUEST_OPEN),
    "open the same": Decision(
        waiting, lambda room, _: ask(room.services, cmd_id=AGAIN), ("request.blocked",), Point.REQUEST_REFUSED
    ),
    "first ack": Decision(waiting, _approve(ADA), ("request.acked",), Point.REQUEST_DECIDE),
    "last ack": Decision(acked, _approve(GRACE), STARTED, Point.REQUEST_DECIDE),
    "own ack": Decision(waiting, _approve(ROBIN), ("command.refused",), Point.COMMAND_REFUSED),
    "deny": Decision(
        waiting,
        lambda room, request: ack.deny(room.services, request.id, actor=room.person(ADA), reason="no", cmd_id=AGAIN),
        ("request.denied",),
        Point.REQUEST_DECIDE,
    ),
    "object": Decision(
        denied_lately,
        lambda room, request: ack.deny(room.services, request.id, actor=room.person(ADA), reason="no", cmd_id=AGAIN),
        ("request.objected",),
        Point.REQUEST_DECIDE,
    ),
    "cancel": Decision(
        waiting,
        lambda room, request: ack.cancel(room.services, request.id, actor=room.person(ROBIN), cmd_id=AGAIN),
        ("request.cancelled",),
        Point.REQUEST_DECIDE,
    ),
    "renew": Decision(
        expired,
        lambda room, request: renew(room.services, request.id, actor=room.person(ROBIN), round=1, cmd_id=AGAIN),
        ("request.renewed",),
        Point.REQUEST_RENEW,
    ),
    "expire": Decision(
        overdue, lambda room, _: bool(expire_due(room.services) + 1), ("request.expired",), Point.REQUEST_LAPSE
    ),
    "brake on": Decision(
        running,
        lambda room, _: brake.engage(room.services, actor=room.person(ADA), reason="stop", cmd_id=AGAIN),
        ("brake.engaged",),
        Point.BRAKE_ENGAGE,
    ),
    "brake on again": Decision(
        released,
        lambda room, _: brake.engage(room.services, actor=room.person(ADA), reason="stop", cmd_id=AGAIN),
        ("brake.objected",),
        Point.BRAKE_ENGAGE,
    ),
    "brake off": Decision(
        braked,
        lambda room, _: brake.release(room.services, actor=room.person(GRACE), cmd_id=AGAIN),
        ("brake.released",),
        Point.BRAKE_RELEASE,
    ),
    "pause": Decision(
        running,
        lambda room, run: control.pause(room.services, run, actor=room.person(ROBIN), reason="wait", cmd_id=AGAIN),
        ("run.paused",),
        Point.RUN_PAUSE,
    ),
    "resume": Decision(
        paused,
        lambda room, run: control.resume(room.services, run, actor=room.person(ADA), cmd_id=AGAIN),
        ("run.resumed",),
        Point.RUN_RESUME,
    ),
    "resume late": Decision(
        paused_for_long,
        lambda room, run: control.resume(room.services, run, actor=room.person(ADA), cmd_id=AGAIN),
        ("request.renewed", "run.round_needed"),
        Point.RUN_RESUME,
    ),
    "abort": Decision(
        in_the_middle,
        lambda room, run: control.abort(
            room.services, run, actor=room.person(ADA), reason="stop", confirmed=True, cmd_id=AGAIN
        ),
        ("run.abort_asked",),
        Point.RUN_ABORT,
    ),
    "take over": Decision(
        in_the_middle,
        lambda room, run: control.takeover(room.services, run, actor=room.person(ADA), cmd_id=AGAIN),
        ("run.taken_over",),
        Point.RUN_TAKEOVER,
    ),
    "escalate": Decision(planned, lambda room, run: _escalate(room, run, AGAIN), OPENED, Point.REQUEST_ESCALATE),
    "approve escalated": Decision(
        escalated,
        _approve(GRACE),
        # The promotion, and what the buckets still have to copy beside it.
        (*STARTED, "step.uncertain", "step.uncertain", "run.superseded"),
        Point.REQUEST_DECIDE,
    ),
    "incident": Decision(nothing, lambda room, _: _declare(room, AGAIN), ("incident.opened",), Point.INCIDENT_OPEN),
    "note": Decision(
        wrong,
        lambda room, _: notes.add(room.services, "seen", named=None, actor=room.person(GRACE), cmd_id=AGAIN),
        ("note.added",),
        Point.NOTE_ADD,
    ),
    "incident close": Decision(
        wrong,
        lambda room, _: closing.close(room.services, None, reason="over", actor=room.person(GRACE), cmd_id=AGAIN),
        ("incident.closed",),
        Point.INCIDENT_CLOSE,
    ),
    "clear": Decision(
        over,
        lambda room, _: cooldown.clear(room.services, "shop", actor=room.person(ADA), cmd_id=AGAIN),
        ("cooldown.cleared",),
        Point.COOLDOWN_CLEAR,
    ),
}


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path, clock: ManualClock) -> Iterator[SqliteDatabase]:
    made = SqliteDatabase(sqlite_template, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def store(database: SqliteDatabase) -> Store:
    return database.store


@pytest.fixture
def room(services: Services, clock: ManualClock) -> Room:
    made = Room(services, clock, FakeWorld(clock))
    made.see()
    return made


def trail(room: Room) -> Counter[str]:
    def work(tx: Any) -> list[str]:
        return [event.kind for chain in events.chain_names(tx) for event in events.of_chain(tx, chain)]

    return Counter(room.services.store.read(work))


def outcome(room: Room, decision: Decision, given: Any) -> str:
    """What whoever decides is told: what kind of thing, or which error."""
    try:
        return type(decision.decide(room, given)).__name__
    except DrError as error:
        return f"{type(error).__name__}: {error.message}"


class Killer:
    """Kills around the how-manieth commit."""

    def __init__(self, number: int, when: When) -> None:
        self._left = number
        self._when = when
        self.at: Point | None = None

    def __call__(self, point: Point, when: When) -> None:
        if when is self._when and self.at is None:
            self._left -= 1
            if self._left == 0:
                self.at = point
                raise KilledError(point)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_whose_answer_is_lost_or_whose_process_dies_is_made_once(
    room: Room, database: SqliteDatabase, name: str
) -> None:
    decision = DECISIONS[name]
    given = decision.before(room)
    start, before, reached = database.photo(), trail(room), list[tuple[Point, When]]()
    with armed(lambda point, when: reached.append((point, when))):
        told = outcome(room, decision, given)
    assert trail(room) - before == Counter(decision.tells)
    assert {(decision.point, when) for when in When} <= set(reached)
    faults: list[str] = []
    commits = len(reached) // 2
    for number in range(1, commits + 1):
        for how in (LostAnswer(number), Killer(number, When.BEFORE), Killer(number, When.AFTER)):
            database.back_to(start)
            try:
                with armed(how):
                    after = outcome(room, decision, given)
            except KilledError:
                after = outcome(room, decision, given)
            story = f"{type(how).__name__} {getattr(how, '_when', '')} commit {number}"
            # A refusal that was told again is a second attempt, and stands in the trail as one.
            new = set(trail(room) - before) if decision.point is Point.COMMAND_REFUSED else trail(room) - before
            if new != (set(decision.tells) if isinstance(new, set) else Counter(decision.tells)):
                faults.append(f"{story}: {dict(trail(room) - before)}")
            if after != told and not told.startswith("ConflictError"):
                faults.append(f"{story}: told {after} instead of {told}")
            if not room.services.store.read(verify).ok:
                faults.append(f"{story}: the trail is broken")
    assert faults == []


@pytest.mark.parametrize("loses", [1, 2])
def test_a_run_that_asks_its_people_again_opens_one_round(room: Room, loses: int) -> None:
    """Its exposure grew over what was accepted; the answer of the commit that says so is lost."""
    run_id = room.approved()
    room.lag_s = 4000.0
    with armed(LostAnswer(loses, [Point.RUN_ROUND])):
        room.until(room.worker(), run_id, lambda run: run.state is RunState.HELD)
    assert room.request(run_id).round == 2
    assert room.kinds(run_id).count("run.round_needed") == 1
    assert len(room.run(run_id).holds) == 1
