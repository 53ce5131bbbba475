"""The duty: freezes what moved, frees what came home, keeps the markers in step; a person may lift it once."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.errors import ConflictError, RefusedError, UnreachableError, UsageError
from dr_core.freeze import freezing, lifting
from dr_core.freeze.freezing import RETRIED, Freezing
from dr_core.freeze.memory import MemoryMarkers
from dr_core.freeze.model import LOOKED_FOR, Freeze
from dr_core.freeze.port import parameter
from dr_core.objectives.availability import Move
from dr_core.reports.freeze import BELIEVED, freeze_view
from dr_core.reports.open_matters import open_matters
from dr_core.services import Services
from dr_core.store import freezes, observations
from tests.unit.approvals.conftest import actor, enrol, observed, services  # noqa: F401

HOME, AWAY = "eu-central-1", "eu-west-1"
MARKER = parameter("shop")


class Lease:
    ours = True

    def hold(self) -> bool:
        return self.ours


class Room:
    """The shop, a duty over markers in memory, and regions that can be gone."""

    def __init__(self, made: Services) -> None:
        self.services, self.down, self.lease = made, set[str](), Lease()
        self.markers = MemoryMarkers(self._asked)
        self.duty = Freezing(made.store, made.topology, self.markers, self.lease, owner="me")  # type: ignore[arg-type]

    def _asked(self, operation: str, region: str) -> None:
        if region in self.down:
            raise UnreachableError(f"{region} does not answer.")

    def active(self, *writers: str) -> None:
        """Time passes, the writers are seen, and the duty does its round."""
        self.services.clock.advance(60)  # type: ignore[attr-defined]
        now = self.services.clock.now()
        seen = observed(now).model_copy(update={"writers": writers or None, "database": None, "traffic": ()})
        self.services.store.write(lambda tx: observations.save(tx, seen))
        self.duty.round()

    def known(self) -> Freeze | None:
        return self.services.store.read(lambda tx: freezes.get(tx, "shop"))

    def stand(self) -> set[str]:
        return {region for name, region in self.markers.texts if name == MARKER}

    def told(self) -> list[str]:
        events = self.services.store.read(lambda tx: listing(tx, limit=100))
        return [event.kind for event in events if event.kind.startswith("freeze.")]

    def lift(self, user: str = "U0ADA", **more: Any) -> Freeze:
        who: Actor = actor(self.services.topology, user)
        return lifting.lift(self.services, "shop", actor=who, **({"reason": "the code agrees"} | more))


@pytest.fixture
def room(services: Services) -> Room:  # noqa: F811
    return Room(services)


def test_a_move_freezes_once_and_marks_every_region(room: Room) -> None:
    room.active(HOME)
    assert (room.known(), room.stand(), room.told()) == (None, set(), [])
    room.active(AWAY)
    room.active(AWAY)
    known = room.known()
    assert known is not None
    assert (known.stands, known.active, known.primary) == (True, AWAY, HOME)
    assert room.stand() == {HOME, AWAY}
    assert room.told() == [EventKind.FREEZE_SET, EventKind.FREEZE_MARKED, EventKind.FREEZE_MARKED]
    marker = json.loads(room.markers.texts[MARKER, AWAY])
    assert (marker["frozen"], marker["application"], marker["active"], marker["primary"]) == (True, "shop", AWAY, HOME)
    [matter] = [one for one in room.services.store.read(open_matters) if one.code == "frozen"]
    assert AWAY in matter.message


def test_the_way_home_lifts_it_and_takes_the_markers_away(room: Room) -> None:
    room.active(AWAY)
    room.active(HOME)
    known = room.known()
    assert known is not None
    assert (known.stands, known.lifted_by, room.stand()) == (False, "DR worker", set())
    room.active(AWAY)
    assert room.stand() == {HOME, AWAY}, "the next move freezes again"


def test_what_was_not_observed_changes_nothing(room: Room) -> None:
    room.active()
    assert room.known() is None
    room.active(AWAY)
    room.active()
    known = room.known()
    assert known is not None
    assert known.stands


def test_two_writers_are_no_move(room: Room) -> None:
    room.active(HOME, AWAY)
    assert room.known() is None


def test_without_the_lease_nothing_is_done(room: Room) -> None:
    room.lease.ours = False
    room.active(AWAY)
    assert (room.known(), room.markers.calls) == (None, [])


def test_a_region_that_is_gone_is_named_and_marked_when_it_is_back(room: Room) -> None:
    room.down.add(HOME)
    room.active(AWAY)
    known = room.known()
    assert known is not None
    assert (room.stand(), known.markers[HOME].stands) == ({AWAY}, None)
    assert shown(room) == {HOME: f"unknown: {HOME} does not answer.", AWAY: "stands"}
    room.down.clear()
    room.services.clock.advance(RETRIED.total_seconds())  # type: ignore[attr-defined]
    room.duty.round()
    assert room.stand() == {HOME, AWAY}


def test_a_marker_that_somebody_deleted_is_put_again(room: Room) -> None:
    room.active(AWAY)
    room.markers.texts.clear()
    room.duty.round()
    assert room.stand() == set(), "not looked for all the time"
    room.services.clock.advance(LOOKED_FOR.total_seconds())  # type: ignore[attr-defined]
    room.duty.round()
    assert room.stand() == {HOME, AWAY}


def test_an_approver_lifts_it_for_this_move_and_the_next_one_freezes_again(room: Room) -> None:
    room.active(AWAY)
    enrol(room.services, approvers=("U0ADA",))
    lifted = room.lift()
    assert (lifted.stands, lifted.lifted_by) == (False, "Ada")
    room.active(AWAY)
    assert room.stand() == set()
    room.active(HOME)
    room.active(AWAY)
    assert room.stand() == {HOME, AWAY}


def test_lifting_is_for_approvers_needs_a_reason_and_something_frozen(room: Room) -> None:
    enrol(room.services, approvers=("U0ADA",))
    with pytest.raises(ConflictError, match="not frozen"):
        room.lift()
    room.active(AWAY)
    enrol(room.services, approvers=("U0ADA",))
    with pytest.raises(RefusedError):
        room.lift("U0REQUESTER")
    with pytest.raises(UsageError):
        room.lift(reason=" ")
    known = room.known()
    assert known is not None
    assert known.stands


def test_the_same_command_lifts_once(room: Room) -> None:
    room.active(AWAY)
    enrol(room.services, approvers=("U0ADA",))
    first = room.lift(cmd_id="c-lift")
    again = room.lift(cmd_id="c-lift")
    assert again == first
    assert room.told().count(EventKind.FREEZE_LIFTED) == 1


def test_a_run_that_is_held_after_its_promotion_keeps_no_freeze_back(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freezing.scope, "holder", lambda *_: "run-1")
    room.active(AWAY)
    assert room.stand() == {HOME, AWAY}
    room.active(HOME)
    assert room.stand() == {HOME, AWAY}, "whether it stays at home is known at the end of the run"
    monkeypatch.setattr(freezing.scope, "holder", lambda *_: None)
    room.active(HOME)
    assert room.stand() == set()


def test_a_run_freezes_from_its_first_step_on_and_sets_free_what_it_did_not_move(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SimpleNamespace(id="run-1", holds=(), plan=SimpleNamespace(target=AWAY))
    under_way = {"runs": (run,)}
    monkeypatch.setattr(freezing.runs, "unfinished", lambda *_: under_way["runs"])
    monkeypatch.setattr(freezing.runs, "recent", lambda *_: (run,))
    monkeypatch.setattr(freezing.scope, "holder", lambda *_: next((one.id for one in under_way["runs"]), None))
    room.active(HOME)
    assert room.stand() == {HOME, AWAY}
    marker = json.loads(room.markers.texts[MARKER, AWAY])
    assert (marker["run"], marker["why"].partition(":")[0]) == ("run-1", f"shop is being moved to {AWAY}")
    [matter] = [one for one in room.services.store.read(open_matters) if one.code == "frozen"]
    assert f"it is being moved to {AWAY}" in matter.message
    room.active(HOME)
    assert room.told().count(EventKind.FREEZE_SET) == 1
    under_way["runs"] = ()
    room.active(HOME)
    assert room.stand() == set()
    under_way["runs"] = (run,)
    room.active(HOME)
    room.active(AWAY)
    assert json.loads(room.markers.texts[MARKER, HOME])["why"].startswith(f"shop runs in {AWAY}:")
    assert room.told().count(EventKind.FREEZE_SET) == 2


def test_where_nobody_sees_it_the_last_move_freezes_it_and_lifts_nothing(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = [Move(room.services.clock.now(), HOME, AWAY)]
    monkeypatch.setattr(freezing.observations, "moves", lambda *_: tuple(moves))
    room.active()
    assert room.stand() == {HOME, AWAY}
    moves.append(Move(room.services.clock.now(), AWAY, HOME))
    room.active()
    assert room.stand() == {HOME, AWAY}
    moves.pop()
    room.active(HOME)
    room.active()
    assert room.stand() == set(), "it was home since"


def test_every_call_that_changed_a_marker_is_told(room: Room) -> None:
    room.active(AWAY)
    room.markers.texts.pop((MARKER, AWAY))
    room.services.clock.advance(LOOKED_FOR.total_seconds())  # type: ignore[attr-defined]
    room.duty.round()
    assert room.told().count(EventKind.FREEZE_MARKED) == len(room.markers.calls) == 3
    room.active(HOME)
    room.markers.texts[MARKER, AWAY] = "put by a worker that slept"
    room.services.clock.advance(LOOKED_FOR.total_seconds())  # type: ignore[attr-defined]
    room.duty.round()
    assert room.stand() == set()
    assert room.told().count(EventKind.FREEZE_MARKED) == len(room.markers.calls) == 6


def test_a_third_region_is_written_into_the_markers_at_once(room: Room) -> None:
    room.active(AWAY)
    known = room.known()
    assert known is not None
    room.services.store.write(lambda tx: freezes.put(tx, known, known.model_copy(update={"active": "eu-north-1"})))
    room.active(AWAY)
    assert [name for name, _, _ in room.markers.calls] == ["put"] * 4


def test_right_after_the_turn_the_report_names_every_region_without_a_marker(room: Room) -> None:
    room.duty._bring_up = lambda *_: None  # type: ignore[method-assign]
    room.active(AWAY)
    [matter] = [one for one in room.services.store.read(open_matters) if one.code == "frozen"]
    assert f"not known to stand in {HOME} (not put yet), {AWAY} (not put yet)." in matter.message


def test_a_marker_that_nobody_looks_for_or_that_cannot_be_seen_is_not_said_to_stand(room: Room) -> None:
    room.active(AWAY)
    room.down.add(HOME)
    room.services.clock.advance(LOOKED_FOR.total_seconds())  # type: ignore[attr-defined]
    room.duty.round()
    [matter] = [one for one in room.services.store.read(open_matters) if one.code == "frozen"]
    assert f"not known to stand in {HOME} (unknown: {HOME} does not answer)." in matter.message
    room.services.clock.advance(BELIEVED.total_seconds() + 1)  # type: ignore[attr-defined]
    assert "unknown: last looked for at" in shown(room)[AWAY]


def shown(room: Room) -> dict[str, str]:
    view = freeze_view(room.known(), room.services.topology.applications["shop"], room.services.clock.now())
    assert view is not None
    return view.markers
