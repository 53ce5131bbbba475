"""A store that was put back: everything stops, epochs jump, approvals are asked again, and what was lost is named."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from dr_core.approvals.model import RequestState
from dr_core.audit import rollback, trail
from dr_core.audit.anchor import Losses
from dr_core.audit.events import EventKind
from dr_core.audit.verify import PlaceState
from dr_core.clock import ManualClock
from dr_core.execution.model import HoldKind
from dr_core.keys import SigningKey
from dr_core.store import anchors, brake, requests, runs
from dr_core.store.engine import Store


@pytest.fixture
def store(sqlite_url: str, clock: ManualClock) -> Any:
    """On SQLite, where a backup is a copy of the file; what is done with it is the same SQL on both databases."""
    made = Store(sqlite_url, clock=clock)
    yield made
    made.dispose()


def backup(stage: Any, folder: Path) -> Path:
    kept = folder / "backup.db"
    stage.store.dispose()
    shutil.copy(stage.store.url.removeprefix("sqlite:///"), kept)
    return kept


def restore(stage: Any, kept: Path) -> None:
    stage.store.dispose()
    shutil.copy(kept, stage.store.url.removeprefix("sqlite:///"))


def told(stage: Any, kind: EventKind) -> list[Any]:
    return [event for event in stage.store.read(lambda tx: trail.listing(tx, limit=200)) if event.kind == kind]


@pytest.fixture
def rolled_back(stage: Any, tmp_path: Path) -> Any:
    """Two anchors, a backup, three more anchors with events that only they cover, and the backup put back."""
    stage.ask("r-waits", RequestState.OPEN)
    stage.ask("r-runs", RequestState.APPROVED, "run-1", application="other")
    stage.note(1)
    stage.minute()
    stage.minute()
    kept = backup(stage, tmp_path)
    for number in range(2, 5):
        stage.note(number)
        stage.store.write(lambda tx: anchors.lift_epochs(tx, {}, 7))
        stage.minute()
    restore(stage, kept)
    return stage


def test_before_its_first_duties_a_worker_notices_what_the_store_has_forgotten(rolled_back: Any) -> None:
    rolled_back.anchoring().check_store()
    assert rolled_back.store.read(brake.get).engaged
    [event] = told(rolled_back, EventKind.STORE_ROLLED_BACK)
    assert (event.data["first"], event.data["last"], event.data["newest_known"]) == (3, 5, 2)
    assert event.data["missing"] == {"ops": [1, 4]}


def test_epochs_jump_past_what_was_anchored(rolled_back: Any) -> None:
    assert rolled_back.store.read(anchors.epochs) == {"run-1": 0}
    rolled_back.anchoring().check_store()
    assert rolled_back.store.read(anchors.epochs) == {"run-1": 21 + rollback.EPOCHS_BEYOND}


def test_what_waits_and_what_has_taken_nothing_away_is_asked_again(rolled_back: Any) -> None:
    rolled_back.anchoring().check_store()
    for request_id in ("r-waits", "r-runs"):
        request = rolled_back.store.read(lambda tx, r=request_id: requests.get(tx, r))
        assert (request.state, request.round) == (RequestState.OPEN, 2)
        assert set(rolled_back.store.read(lambda tx, r=request_id: requests.buttons(tx, r, 2))) >= {"approve", "deny"}
    run = rolled_back.store.read(lambda tx: runs.get(tx, "run-1"))
    assert run.holds_for(HoldKind.ROUND) is not None
    assert run.braked_since is not None
    assert trail_is_whole(rolled_back)


def trail_is_whole(stage: Any) -> bool:
    return bool(stage.store.read(trail.verify).ok)


def test_a_run_that_was_asked_for_again_already_keeps_its_one_new_round(rolled_back: Any) -> None:
    for _ in range(3):
        rolled_back.anchoring().check_store()
        rolled_back.minute()
    assert len(told(rolled_back, EventKind.STORE_ROLLED_BACK)) == 1
    assert rolled_back.store.read(lambda tx: requests.get(tx, "r-waits")).round == 2


def test_the_next_anchor_has_a_number_that_no_bucket_holds(rolled_back: Any) -> None:
    rolled_back.minute()
    newest = rolled_back.store.read(anchors.newest)
    assert (newest.number, newest.anchor.after) == (6, 2)
    for place in rolled_back.places:
        assert sorted(place.objects) == [1, 2, 3, 4, 5, 6]


def test_verification_names_the_lost_history_and_is_whole_without_it(rolled_back: Any) -> None:
    before = rolled_back.verdict()
    assert "anchor 3, which the store does not know: the store was rolled back or cut" in (before.first_bad or "")
    rolled_back.minute()
    found = rolled_back.verdict()
    assert found.ok
    assert [place.state for place in found.places] == [PlaceState.WHOLE] * 2
    assert "3 of a history that the store has lost" in found.places[0].detail
    assert "lost what anchors 3 to 5 in" in found.lost[0]


def test_a_bucket_that_comes_back_late_tells_of_the_rollback_then(rolled_back: Any) -> None:
    """While no bucket could be asked, the restored store has sealed numbers anew that the buckets know otherwise."""
    for place in rolled_back.places:
        place.down = True
    rolled_back.minute()
    rolled_back.minute()
    assert not rolled_back.store.read(brake.get).engaged
    assert rolled_back.store.read(anchors.newest).number == 4
    for place in rolled_back.places:
        place.down = False
    for _ in range(3):
        rolled_back.minute()
    assert rolled_back.store.read(brake.get).engaged
    assert rolled_back.store.read(rollback.losses).cover(3)
    assert rolled_back.store.read(rollback.losses).cover(5)
    assert rolled_back.store.read(anchors.newest).number > 5
    assert rolled_back.verdict().ok


def test_a_brake_that_is_on_already_stays_with_who_put_it_on(rolled_back: Any) -> None:
    rolled_back.store.write(lambda tx: brake.engage_by_system(tx, {"display": "Ada"}, "before"))
    rolled_back.anchoring().check_store()
    assert rolled_back.store.read(brake.get).by == "Ada"
    assert len(told(rolled_back, EventKind.STORE_ROLLED_BACK)) == 1


def test_an_empty_store_beside_used_buckets_is_a_rollback_too(stage: Any, tmp_path: Path, clock: ManualClock) -> None:
    kept = backup(stage, tmp_path)
    for _ in range(3):
        stage.minute()
    restore(stage, kept)
    stage.minute()
    assert stage.store.read(brake.get).engaged
    assert stage.store.read(anchors.newest).number == 4
    assert stage.store.read(rollback.losses) == Losses(((1, 3),))
    assert stage.verdict().ok


def test_only_an_anchor_that_the_workers_key_has_signed_is_evidence(rolled_back: Any, tmp_path: Path) -> None:
    rolled_back.key = SigningKey.load_or_create(tmp_path / "new.pem")
    rolled_back.anchoring().check_store()
    assert not rolled_back.store.read(brake.get).engaged
    assert told(rolled_back, EventKind.ANCHOR_CONFLICT)
