"""Releases killed, and their answers lost, at each of their points: in the end every region serves the same colour."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals.proof import AckSigner
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError
from dr_core.failpoints import Point, When, armed
from dr_core.releases.looking import Looking
from dr_core.releases.memory import memory_ports
from dr_core.releases.model import Release, ReleaseState
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import releases
from dr_core.topology.model import Topology
from tests.crash.answers import LostAnswer
from tests.crash.databases import SqliteDatabase
from tests.crash.kills import killed
from tests.crash.lives import KilledError
from tests.crash.test_duties import Ours
from tests.unit.approvals.conftest import enrol, see
from tests.unit.releases.conftest import BUCKETS, CENTRAL, WEST, Regions, coloured

LEASE_OVER_S = 21.0
BOTH_BLUE, BOTH_GREEN = dict.fromkeys(BUCKETS, "blue"), dict.fromkeys(BUCKETS, "green")
Picture = tuple[Any, ...]


class Ground(Regions):
    """The regions over a store that can be photographed; `unintended`: writes ahead of their intent."""

    def __init__(self, services: Services, database: SqliteDatabase) -> None:
        super().__init__(services)
        self.database, self.unintended = database, 0

    def picture(self) -> Picture:
        clock: Any = self.services.clock
        return self.database.photo(), dict(self.pointers.pointers), list(self.pointers.puts), copy.copy(vars(clock))

    def back_to(self, picture: Picture) -> None:
        photo, pointers, puts, clock = picture
        self.database.back_to(photo)
        self.pointers.pointers, self.pointers.puts = dict(pointers), list(puts)
        vars(self.services.clock).update(clock)

    def lives_on(self, release_id: str, hook: Callable[[Point, When], None] = lambda point, when: None) -> Release:
        def heard(point: Point, when: When) -> None:
            if (point, when) == (Point.RELEASE_CALL, When.BEFORE):
                self.unintended += not self.get(release_id).spots
            if point.value.startswith("release."):
                hook(point, when)

        with armed(heard):
            return self.live_through(release_id)

    def told(self) -> list[str]:
        return [event.kind for event in self.services.store.read(lambda tx: listing(tx, limit=500))]


@pytest.fixture
def here(sqlite_template: Path, tmp_path: Path, shop: Topology) -> Iterator[Ground]:
    clock = ManualClock()
    database = SqliteDatabase(sqlite_template, tmp_path, clock, pooled=False)
    topology = coloured(shop, hold="8s", every="1s", probes=2)
    signer = AckSigner.load_or_create(tmp_path / "ack.pem")
    made = Services(topology, database.store, clock, read_settings({}), AwsSessions.for_topology(topology), signer)
    see(made)
    enrol(made, approvers=("U0ADA",))
    yield Ground(made, database)
    database.close()


def refusing(here: Ground) -> None:
    here.fails["put", WEST] = DeniedError("permission is missing for ssm:PutParameter")


@pytest.mark.parametrize(
    ("spoil", "ends", "live", "ending"),
    [
        pytest.param(lambda here: None, ReleaseState.DONE, BOTH_GREEN, EventKind.RELEASE_MOVED, id="moved"),
        pytest.param(refusing, ReleaseState.UNDONE, BOTH_BLUE, EventKind.RELEASE_UNDONE, id="taken back"),
    ],
)
def test_a_worker_that_dies_anywhere_is_followed_by_one_that_leaves_no_region_alone(
    here: Ground, spoil: Callable[[Ground], None], ends: ReleaseState, live: dict[str, str], ending: EventKind
) -> None:
    spoil(here)
    asked = here.ask(colour="green")
    deaths: list[tuple[Point, When, Picture]] = []
    here.lives_on(asked.id, lambda point, when: deaths.append((point, when, here.picture())))
    for point, when, left_behind in deaths:
        here.back_to(left_behind)
        here.services.clock.advance(LEASE_OVER_S)  # type: ignore[attr-defined]
        ended = here.lives_on(asked.id)
        assert (ended.state, here.live, here.unintended) == (ends, live, 0), (point, when)
        written = [value for region, value in here.pointers.puts if region == CENTRAL]
        assert written == (["green"] if ends is ReleaseState.DONE else ["green", "blue"]), (point, when)
        assert here.told().count(ending) == 1
        assert here.services.store.read(verify).ok
    died_at = {(point, when) for point, when, _ in deaths}
    wanted = (Point.RELEASE_TAKE, Point.RELEASE_KEEP, Point.RELEASE_CALL)
    assert died_at >= {(point, when) for point in wanted for when in When}


def test_an_answer_that_is_lost_is_told_once(here: Ground) -> None:
    asked = here.ask(colour="green")
    begin = here.picture()
    lost = []
    for number in range(1, 1000):
        here.back_to(begin)
        answer = LostAnswer(number, [Point.RELEASE_KEEP, Point.RELEASE_TAKE, Point.RELEASE_BEAT])
        ended = here.lives_on(asked.id, answer)
        if answer.lost is None:
            break
        lost.append(answer.lost)
        assert (ended.state, here.live) == (ReleaseState.DONE, BOTH_GREEN)
        assert [here.told().count(kind) for kind in (EventKind.RELEASE_INTENT, EventKind.RELEASE_MOVED)] == [1, 1]
        assert here.told().count(EventKind.RELEASE_POINTER) == len(BUCKETS)
    assert {*lost} == {Point.RELEASE_KEEP, Point.RELEASE_TAKE, Point.RELEASE_BEAT}


def test_an_orderly_end_gives_a_release_to_the_next_worker_at_once(here: Ground) -> None:
    asked, first = here.ask(colour="green"), here.worker()
    first.round()
    assert here.get(asked.id).owner is not None
    first.release()
    before = here.services.clock.now()
    here.worker().round()
    assert (here.get(asked.id).epoch, here.services.clock.now()) == (2, before)


@pytest.mark.parametrize("when", list(When))
def test_a_release_that_is_asked_for_again_after_a_crash_is_the_same_one(here: Ground, when: When) -> None:
    killed(lambda: here.ask(colour="green", cmd_id="same"), Point.RELEASE_ASK, when)
    asked = here.ask(colour="green", cmd_id="same")
    assert [one.id for one in here.services.store.read(releases.unfinished)] == [asked.id]
    assert here.told().count(EventKind.RELEASE_ASKED) == 1


@pytest.mark.parametrize("when", list(When))
def test_a_look_that_dies_is_made_again(here: Ground, when: When) -> None:
    ports = memory_ports(here.pointers, here.artifacts, here.colours)
    lease: Any = Ours()
    killed(Looking(here.services, lambda account: ports, lease).round, Point.RELEASE_SEEN, when)
    Looking(here.services, lambda account: ports, lease).round()
    seen = here.services.store.read(lambda tx: releases.reading(tx, "shop"))
    assert seen is not None
    assert seen.live() == "blue"


def test_a_late_worker_writes_nothing_once_another_has_the_release(here: Ground) -> None:
    asked = here.ask(colour="green")
    slow = here.worker()
    paused: list[Point] = []

    def pause(point: Point, when: When) -> None:
        if (point, when) == (Point.RELEASE_CALL, When.BEFORE) and not paused:
            paused.append(point)
            here.services.clock.advance(LEASE_OVER_S)  # type: ignore[attr-defined]
            other = here.worker()
            for _ in range(20):
                other.round()
                here.services.clock.advance(1)  # type: ignore[attr-defined]

    with armed(pause):
        for _ in range(20):
            slow.round()
            here.services.clock.advance(1)  # type: ignore[attr-defined]
    ended = here.get(asked.id)
    assert paused
    assert (ended.state, here.live) == (ReleaseState.DONE, BOTH_GREEN)
    assert here.told().count(EventKind.RELEASE_MOVED) == 1


def test_a_killed_one_is_no_error_of_the_worker(here: Ground) -> None:
    """What the other tests rely on: a kill is not survived by the duty that it befalls."""
    asked = here.ask(colour="green")

    def die(point: Point, when: When) -> None:
        if point is Point.RELEASE_TAKE:
            raise KilledError(point, when)

    with armed(die), pytest.raises(KilledError):
        here.worker().round()
    assert here.get(asked.id).epoch == 0
