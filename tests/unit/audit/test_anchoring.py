"""Anchors: sealed every minute, covering what is open, put into every bucket in order, none in another's way."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dr_core.approvals.model import RequestState
from dr_core.audit import trail
from dr_core.audit.anchor import Losses, Sealed, fault_of, key_of, number_of, read_object, seal
from dr_core.audit.anchoring import RETAINED, Anchoring
from dr_core.audit.chain import Head
from dr_core.audit.events import EventKind
from dr_core.clock import ManualClock
from dr_core.duty import survived
from dr_core.keys import SigningKey
from dr_core.store import anchors
from dr_core.store.engine import Store


def kinds(stage: Any) -> list[str]:
    return [event.kind for event in stage.store.read(trail.listing)]


def newest(stage: Any) -> Sealed:
    found: Sealed | None = stage.store.read(anchors.newest)
    assert found is not None
    return found


# -- the value ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.load_or_create(tmp_path / "key.pem")


def _chain(key: SigningKey, length: int) -> list[Sealed]:
    made: list[Sealed] = []
    at = ManualClock().now()
    for number in range(length):
        before = made[-1] if made else None
        heads = {"ops": Head(number + 1, f"{number:064d}")}
        made.append(seal(before, heads, {"run-1": number}, at=at, beyond=0, sign=key.sign))
    return made


def test_anchors_are_numbered_linked_and_signed(key: SigningKey) -> None:
    made = _chain(key, 3)
    assert [sealed.number for sealed in made] == [1, 2, 3]
    for before, sealed in zip([None, *made], made, strict=False):
        assert fault_of(sealed, before, key.public, Losses()) is None
    assert made[2].anchor.epochs == {"run-1": 2}


def test_an_object_reads_back_as_the_anchor_it_was_made_of(key: SigningKey) -> None:
    [sealed] = _chain(key, 1)
    assert read_object(sealed.content) == sealed
    assert read_object(b"{}") is None
    assert read_object(b"\xff") is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"body": '{"schema":"dr.anchor/1"}'}, "was changed after it was sealed"),
        ({"signature": "AAAA"}, "the signature is not the workers' key's"),
        ({"number": 7}, "its columns differ from its text"),
        ({"prev": "f" * 64}, "does not follow anchor 1"),
    ],
)
def test_an_anchor_that_was_touched_does_not_fit(key: SigningKey, changes: dict[str, Any], said: str) -> None:
    first, second = _chain(key, 2)
    touched = Sealed(**{**second.__dict__, **changes})
    assert said in str(fault_of(touched, first, key.public, Losses()))


def test_a_missing_anchor_is_missed_unless_its_history_is_known_to_be_lost(key: SigningKey) -> None:
    first, _, third = _chain(key, 3)
    assert "does not follow" in str(fault_of(third, first, key.public, Losses()))
    jumped = seal(first, {}, {}, at=first.at, beyond=5, sign=key.sign)
    assert jumped.number == 6
    assert "anchor 2 is missing" in str(fault_of(jumped, first, key.public, Losses()))
    assert fault_of(jumped, first, key.public, Losses(((2, 5),))) is None


def test_keys_sort_as_numbers_do_and_strangers_have_no_number() -> None:
    assert key_of(42) == "dr-anchors/000000000042.json"
    assert sorted(map(key_of, (10, 9, 100))) == [key_of(9), key_of(10), key_of(100)]
    assert number_of(key_of(42)) == 42
    for stranger in ("dr-anchors/42.json", "dr-anchors/x.json", "other/000000000042.json", "dr-anchors/"):
        assert number_of(stranger) is None


# -- sealing -----------------------------------------------------------------------------------------------------------


def test_an_anchor_covers_what_is_open_and_what_has_changed_since_the_last(stage: Any) -> None:
    stage.note(1)
    stage.ask("r-waits", RequestState.OPEN)
    stage.ask("r-runs", RequestState.APPROVED, "run-1")
    stage.ask("r-over", RequestState.DENIED)
    stage.minute()
    assert set(newest(stage).anchor.heads) == {"root", "ops", "r-waits", "r-runs", "r-over"}
    assert newest(stage).anchor.epochs == {"run-1": 0}
    stage.minute()
    assert set(newest(stage).anchor.heads) == {"root", "ops", "r-waits", "r-runs"}, "what is over is not sealed again"
    assert newest(stage).number == 2


def test_a_minute_without_any_event_is_anchored_too(stage: Any) -> None:
    stage.note(1)
    for _ in range(3):
        stage.minute()
    assert newest(stage).number == 3
    assert stage.store.read(anchors.unanchored) == 0
    stage.note(2)
    assert stage.store.read(anchors.unanchored) == 1


def test_of_two_workers_that_seal_at_once_one_is_right(stage: Any) -> None:
    stage.note(1)
    before, heads = stage.store.read(lambda tx: (anchors.newest(tx), anchors.to_cover(tx)))
    mine = seal(before, heads, {}, at=stage.clock.now(), beyond=0, sign=stage.key.sign)
    theirs = seal(before, heads, {}, at=stage.clock.now() + timedelta(seconds=1), beyond=0, sign=stage.key.sign)
    assert stage.store.write(lambda tx: anchors.add(tx, theirs, before, heads))
    assert not stage.store.write(lambda tx: anchors.add(tx, mine, before, heads))
    assert stage.store.write(lambda tx: anchors.add(tx, theirs, before, heads)), "a lost answer is not a second anchor"
    assert stage.store.read(anchors.newest) == theirs


def test_only_the_holder_of_the_lease_seals(stage: Any) -> None:
    first, second = stage.anchoring(owner="w1"), stage.anchoring(owner="w2")
    first.round()
    second.round()
    assert newest(stage).number == 1
    stage.clock.advance(61)
    second.round()
    assert newest(stage).number == 2, "the first worker is gone, and its lease has run out"


def test_no_anchor_is_due_within_the_minute(stage: Any) -> None:
    anchoring = stage.anchoring()
    for _ in range(5):
        anchoring.round()
        stage.clock.advance(5)
    assert newest(stage).number == 1
    stage.clock.advance(60)
    anchoring.round()
    assert newest(stage).number == 2


# -- buckets -----------------------------------------------------------------------------------------------------------


def test_every_bucket_gets_the_same_bytes_under_a_lock(stage: Any) -> None:
    stage.note(1)
    stage.minute()
    for place in stage.places:
        assert place.objects == {1: newest(stage).content}
        assert place.retained[1] == newest(stage).at + RETAINED


def test_a_bucket_out_of_reach_is_caught_up_in_order_and_holds_nobody_up(stage: Any) -> None:
    central, west = stage.places
    central.down = True
    for number in range(3):
        stage.note(number)
        stage.minute()
    assert sorted(west.objects) == [1, 2, 3]
    assert not central.objects
    central.down = False
    stage.minute()
    assert list(central.objects) == [1, 2, 3, 4] == list(west.objects)
    assert central.objects == west.objects


def test_the_same_object_again_is_adopted(stage: Any) -> None:
    """The answer of a put was lost: the object is there, the store does not know."""
    stage.minute()
    stage.store.write(lambda tx: anchors.set_placed(tx, stage.places[0].name, 0))
    stage.minute()
    assert EventKind.ANCHOR_CONFLICT not in kinds(stage)
    assert list(stage.places[0].objects) == [1, 2]


def test_a_strange_object_is_told_once_and_stops_nothing(stage: Any) -> None:
    stage.places[0].objects[2] = b"something else"
    for _ in range(3):
        stage.minute()
    assert kinds(stage).count(EventKind.ANCHOR_CONFLICT) == 1
    assert EventKind.STORE_ROLLED_BACK not in kinds(stage), "who cannot sign cannot stop anybody"
    assert sorted(stage.places[0].objects) == [1, 2, 3]
    assert stage.places[0].objects[2] == b"something else"


def test_an_object_with_a_high_number_that_nobody_signed_does_not_put_the_brake_on(stage: Any, tmp_path: Path) -> None:
    stranger = SigningKey.load_or_create(tmp_path / "other.pem")
    forged = seal(None, {"ops": Head(99, "a" * 64)}, {}, at=stage.clock.now(), beyond=900, sign=stranger.sign)
    stage.places[0].objects[901] = forged.content
    stage.minute()
    stage.minute()
    assert kinds(stage) == [EventKind.ANCHOR_CONFLICT]
    assert newest(stage).number == 2


def test_anchors_that_are_gone_from_their_bucket_are_told_and_put_again(stage: Any) -> None:
    for _ in range(3):
        stage.minute()
    stage.places[0].objects.clear()
    stage.minute()
    assert kinds(stage) == [EventKind.ANCHOR_CONFLICT]
    assert list(stage.places[0].objects) == [1, 2, 3, 4]


def test_without_buckets_anchors_are_sealed_all_the_same(stage: Any) -> None:
    stage.places = ()
    stage.note(1)
    stage.minute()
    assert newest(stage).number == 1
    assert stage.store.read(lambda tx: tx.conn.execute(text("SELECT places FROM anchor")).scalar_one()) == "{}"


def test_a_store_that_is_away_costs_a_round_not_the_thread(stage: Any) -> None:
    lost = Store("sqlite:////nowhere/at/all/dr.db", clock=stage.clock)
    anchoring = Anchoring(lost, stage.places, stage.key, stage.anchoring()._lease, owner="w9")
    assert not survived("anchoring_failed", anchoring.round)
    lost.dispose()
