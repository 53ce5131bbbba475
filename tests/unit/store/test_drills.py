"""Drills in SQL, on both databases: one owner at a time, and no change by a former one."""

from datetime import timedelta

import pytest

from dr_core.approvals.model import Actor, Face
from dr_core.clock import ManualClock
from dr_core.drills.model import Drill, DrillKind, DrillState, Exercise, Result, Stage
from dr_core.drills.overdue import last_proof, not_passed
from dr_core.errors import LeaseLostError, NotFoundError, UnreachableError
from dr_core.store import drills
from dr_core.store.engine import Store

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK)
TTL = timedelta(seconds=20)


def asked(clock: ManualClock, name: str = "d-1", **more: object) -> Drill:
    one = Exercise(name="e", kind="scale", title="One", region="r", params={"n": [1, {"a": None}]})
    given = {"kind": DrillKind.PROBE, "state": DrillState.ASKED, "asked_at": clock.now(), "exercises": (one,), **more}
    return Drill(id=name, application="shop", by=ADA, source="s", **given)


def test_a_drill_is_kept_as_it_is(store: Store, clock: ManualClock) -> None:
    new = asked(clock, reason="why", request="r-1")
    assert store.write(lambda tx: drills.add(tx, new)) == new
    with pytest.raises(NotFoundError, match="drill history"):
        store.read(lambda tx: drills.get(tx, "d-2"))


def test_one_worker_has_it_until_its_lease_is_over(store: Store, clock: ManualClock) -> None:
    store.write(lambda tx: drills.add(tx, asked(clock)))
    first = store.write(lambda tx: drills.take(tx, "d-1", "w1", TTL))
    assert first is not None
    assert store.write(lambda tx: drills.take(tx, "d-1", "w2", TTL)) is None
    clock.advance(15)
    assert store.write(lambda tx: drills.beat(tx, "d-1", first.epoch, TTL))
    clock.advance(15)
    assert store.write(lambda tx: drills.take(tx, "d-1", "w2", TTL)) is None
    clock.advance(10)
    second = store.write(lambda tx: drills.take(tx, "d-1", "w2", TTL))
    assert second is not None
    assert (second.epoch, second.owner) == (first.epoch + 1, "w2")
    assert not store.write(lambda tx: drills.beat(tx, "d-1", first.epoch, TTL))
    with pytest.raises(LeaseLostError):
        store.write(lambda tx: drills.save(tx, first))
    store.write(lambda tx: drills.release(tx, "d-1", second.epoch))
    assert store.write(lambda tx: drills.take(tx, "d-1", "w3", TTL)) is not None


def test_a_change_is_made_once_and_never_over_another(store: Store, clock: ManualClock) -> None:
    store.write(lambda tx: drills.add(tx, asked(clock)))
    mine = store.write(lambda tx: drills.take(tx, "d-1", "w1", TTL))
    assert mine is not None
    done = mine.exercises[0].model_copy(update={"stage": Stage.CLEAN, "result": Result.PASSED})
    changed = mine.with_(done).model_copy(update={"state": DrillState.PASSED, "ended_at": clock.now()})
    saved = store.write(lambda tx: drills.save(tx, changed))
    assert (saved.exercises, saved.version) == ((done,), mine.version + 1)
    assert store.write(lambda tx: drills.save(tx, changed)) == saved
    with pytest.raises(UnreachableError, match="contended"):
        store.write(lambda tx: drills.save(tx, mine))
    assert store.read(drills.unfinished) == ()
    assert store.write(lambda tx: drills.take(tx, "d-1", "w2", TTL)) is None


def test_the_newest_comes_first_and_what_was_cut_short_does_not_count(store: Store, clock: ManualClock) -> None:
    for number, (kind, state) in enumerate(
        [(DrillKind.PROBE, DrillState.FAILED), (DrillKind.PROBE, DrillState.INTERRUPTED),
         (DrillKind.TABLETOP, DrillState.PASSED)]
    ):  # fmt: skip
        clock.advance(60)
        new = asked(clock, f"d-{number}", kind=kind, state=state, ended_at=clock.now())
        store.write(lambda tx, new=new: drills.add(tx, new))
    assert [one.id for one in store.read(lambda tx: drills.recent(tx, "shop"))] == ["d-2", "d-1", "d-0"]
    last = store.read(lambda tx: drills.last_carried_out(tx, "shop", [DrillKind.PROBE]))
    assert last is not None
    assert last.id == "d-0"
    assert store.read(lambda tx: last_proof(tx, "shop")) is None
    assert store.read(lambda tx: drills.last_carried_out(tx, "other", [DrillKind.PROBE])) is None


@pytest.mark.parametrize(
    ("held", "proof", "open_"),
    [
        ([(DrillState.FAILED, Result.FAILED)], None, "d-0"),
        ([(DrillState.FAILED, Result.FAILED), (DrillState.INCOMPLETE, Result.UNKNOWN)], None, "d-0"),
        ([(DrillState.FAILED, Result.FAILED), (DrillState.INCOMPLETE, Result.PASSED)], "d-1", "d-1"),
        ([(DrillState.INCOMPLETE, Result.PASSED), (DrillState.PASSED, Result.PASSED)], "d-1", None),
        ([(DrillState.INCOMPLETE, Result.PASSED), (DrillState.FAILED, Result.FAILED)], "d-0", "d-1"),
    ],
)
def test_a_drill_that_cannot_tell_everything_proves_what_worked(
    store: Store, clock: ManualClock, held: list[tuple[DrillState, Result]], proof: str | None, open_: str | None
) -> None:
    ended = {}
    for number, (state, result) in enumerate(held):
        clock.advance(60)
        new = asked(clock, f"d-{number}", state=state, ended_at=clock.now())
        new = new.with_(new.exercises[0].model_copy(update={"result": result}))
        ended[new.id] = store.write(lambda tx, new=new: drills.add(tx, new)).ended_at
    assert store.read(lambda tx: last_proof(tx, "shop")) == (ended[proof] if proof else None)
    found = store.read(lambda tx: not_passed(tx, "shop"))
    assert (found.id if found else None) == open_
