"""Releases in SQL, on both databases: one owner at a time, and no change by a former one."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from dr_core.approvals.model import Actor, Face
from dr_core.clock import ManualClock
from dr_core.errors import LeaseLostError, NotFoundError
from dr_core.releases.model import (
    Artifact,
    Match,
    Pointer,
    PointerSeen,
    Reading,
    Release,
    ReleaseState,
    Side,
    Spot,
    Verb,
)
from dr_core.store import releases, snapshots
from dr_core.store.engine import Store, Tx
from dr_core.store.snapshots import Snapshot
from dr_core.store.tables_beside_runs import release
from dr_core.topology.model import Account

ADA = Actor(person="person:Ada", display="Ada", face=Face.SLACK)
TTL = timedelta(seconds=20)


def asked(clock: ManualClock, name: str = "rel-1", **more: object) -> Release:
    given = {
        "verb": Verb.PROMOTE, "colour": "green", "state": ReleaseState.CHECKING, "parameter": "/shop/release",
        "asked_at": clock.now(), **more,
    }  # fmt: skip
    return Release(id=name, application="shop", by=ADA, **given)


def test_a_release_and_a_look_are_kept_as_they_are(store: Store, clock: ManualClock) -> None:
    spot = Spot(
        region="r", found=Pointer(value="blue", version=7), left_behind="f", settled_at=clock.now(), trouble="t"
    )
    account = Account(role_arn="arn:aws:iam::111122223333:role/dr")
    new = asked(
        clock, spots=(spot,), came_from="blue", without=("x",), overrides=("y",), expected={"r": "f"},
        began_at=clock.now(), moved_at=clock.now(), ended_at=clock.now(), reason="why", account=account,
    )  # fmt: skip
    assert store.write(lambda tx: releases.add(tx, new)) == new
    with pytest.raises(NotFoundError, match="release status"):
        store.read(lambda tx: releases.get(tx, "rel-2"))
    side = Side(region="r", objects=1, size=2, fingerprint="f")
    seen = Reading(
        application="shop", at=clock.now(), pointers=(PointerSeen(region="r", error="gone"),),
        artifacts=(Artifact(colour="blue", match=Match.UNKNOWN, why="w", sides=(side,)),),
    )  # fmt: skip
    assert store.read(lambda tx: releases.reading(tx, "shop")) is None
    store.write(lambda tx: releases.keep_reading(tx, seen))
    assert store.read(lambda tx: releases.reading(tx, "shop")) == seen


def test_what_another_version_kept_in_another_shape_is_read_all_the_same_or_anew(
    store: Store, clock: ManualClock
) -> None:
    new = store.write(lambda tx: releases.add(tx, asked(clock)))

    def older(tx: Tx) -> None:
        body = {"parameter": "/shop/release", "good": 2, "spots": []}
        tx.conn.execute(update(release).values(body=json.dumps(body)))
        shape = {"application": "shop", "at": clock.now().isoformat(), "took_s": 1, "pointers": [], "artifacts": []}
        snapshots.put(tx, Snapshot("release/shop", clock.now(), json.dumps(shape)))

    store.write(older)
    assert store.read(lambda tx: (releases.get(tx, "rel-1"), releases.reading(tx, "shop"))) == (new, None)


def test_one_worker_has_it_until_its_lease_is_over_and_changes_it_once(store: Store, clock: ManualClock) -> None:
    store.write(lambda tx: releases.add(tx, asked(clock)))
    first = store.write(lambda tx: releases.take(tx, "rel-1", "w1", TTL))
    assert first is not None
    assert store.write(lambda tx: releases.take(tx, "rel-1", "w2", TTL)) is None
    clock.advance(15)
    assert store.write(lambda tx: releases.beat(tx, "rel-1", first.epoch, TTL))
    changed = first.model_copy(update={"reason": "why"})
    saved = store.write(lambda tx: releases.save(tx, changed))
    assert saved is not None
    assert (saved.reason, saved.version) == ("why", first.version + 1)
    assert store.write(lambda tx: releases.save(tx, changed)) is None, "this very commit went through"
    clock.advance(21)
    second = store.write(lambda tx: releases.take(tx, "rel-1", "w2", TTL))
    assert second is not None
    assert (second.epoch, second.owner) == (first.epoch + 1, "w2")
    assert not store.write(lambda tx: releases.beat(tx, "rel-1", first.epoch, TTL))
    with pytest.raises(LeaseLostError):
        store.write(lambda tx: releases.save(tx, saved))
    store.write(lambda tx: releases.give_back(tx, "rel-1", second.epoch))
    third = store.write(lambda tx: releases.take(tx, "rel-1", "w3", TTL))
    assert third is not None
    store.write(lambda tx: releases.save(tx, third.model_copy(update={"state": ReleaseState.DONE})))
    assert store.read(releases.unfinished) == ()
    assert store.write(lambda tx: releases.take(tx, "rel-1", "w4", TTL)) is None


def test_the_last_that_moved_is_the_newest_of_those_that_did(store: Store, clock: ManualClock) -> None:
    states = (ReleaseState.DONE, ReleaseState.UNHEALTHY, ReleaseState.UNDONE, ReleaseState.REFUSED)
    for number, state in enumerate(states):
        clock.advance(60)
        new = asked(clock, f"rel-{number}", state=state)
        store.write(lambda tx, new=new: releases.add(tx, new))
    last = store.read(lambda tx: releases.last_moved(tx, "shop"))
    assert last is not None
    assert last.id == "rel-1"
    assert [one.id for one in store.read(lambda tx: releases.recent(tx, "shop", 2))] == ["rel-3", "rel-2"]
    assert store.read(lambda tx: releases.last_moved(tx, "other")) is None


@pytest.mark.parametrize(
    ("held", "second", "let_in"),
    [
        (ReleaseState.CHECKING, ReleaseState.CHECKING, False),
        (ReleaseState.MOVING, ReleaseState.MOVING, False),
        (ReleaseState.UNDOING, ReleaseState.MOVING, False),
        (ReleaseState.UNDOING, ReleaseState.CHECKING, True),
        (ReleaseState.WATCHING, ReleaseState.MOVING, True),
        (ReleaseState.DONE, ReleaseState.CHECKING, True),
    ],
)
def test_the_database_itself_lets_no_two_of_an_application_be_checked_or_move(
    store: Store, clock: ManualClock, held: ReleaseState, second: ReleaseState, let_in: bool
) -> None:
    store.write(lambda tx: releases.add(tx, asked(clock, "rel-1", state=held)))
    other = asked(clock, "rel-2", state=second)
    with store.engine.connect() as connection:
        tx = Tx(connection, clock)
        if let_in:
            assert releases.add(tx, other) == other
        else:
            with pytest.raises(IntegrityError):
                releases.add(tx, other)
    elsewhere = asked(clock, "rel-3", state=held).model_copy(update={"application": "other"})
    assert store.write(lambda tx: releases.add(tx, elsewhere)) == elsewhere
