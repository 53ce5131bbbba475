"""When the runbook is written anew, where it goes, and what is remembered and told of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.clock import ManualClock
from dr_core.errors import RejectedError, UnreachableError
from dr_core.runbook import kept
from dr_core.runbook.export import AGAIN, EVERY, Export, due
from dr_core.runbook.folder import Folder
from dr_core.runbook.kept import Kept, PlaceState
from dr_core.runbook.memory import MemoryPlace
from dr_core.runbook.shelf import Page
from dr_core.store import snapshots
from dr_core.store.engine import Store
from dr_core.store.snapshots import Snapshot
from dr_core.topology.model import Topology


class Lease:
    def __init__(self) -> None:
        self.ours = True

    def hold(self) -> bool:
        return self.ours

    def release(self) -> None:
        """Nobody waits for it."""


class Stage:
    """An export with a folder and two buckets in memory."""

    def __init__(self, store: Store, topology: Topology, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.folder = MemoryPlace("folder", "this machine")
        self.buckets = MemoryPlace("one", "eu-central-1"), MemoryPlace("two", "eu-west-1")
        self.lease = Lease()
        lease: Any = self.lease
        self.duty = Export(store, topology, (self.folder,), self.buckets, lease, clock, owner="me")

    def round(self, **later: float) -> None:
        self.clock.advance(timedelta(**later).total_seconds())
        self.duty.round()

    @property
    def kept(self) -> Kept | None:
        return self.store.read(lambda tx: kept.last(tx, "shop"))

    def told(self) -> list[dict[str, Any]]:
        found = self.store.read(lambda tx: listing(tx, limit=100))
        return [dict(event.data) for event in found if event.kind == EventKind.RUNBOOK_EXPORTED]

    def written(self, place: MemoryPlace) -> str:
        return next(line for line in place.pages["shop/README.md"].splitlines() if line.startswith("Written"))


@pytest.fixture
def stage(store: Store, shop: Topology, clock: ManualClock) -> Stage:
    return Stage(store, shop, clock)


def test_the_first_round_writes_every_page_to_every_place(stage: Stage) -> None:
    stage.round()
    assert stage.folder.pages.keys() == stage.buckets[0].pages.keys() == stage.buckets[1].pages.keys()
    assert len(stage.folder.pages) == 5
    assert stage.kept is not None
    assert (stage.kept.at, stage.kept.complete, stage.kept.pages) == (stage.clock.now(), True, 5)


def test_it_is_written_again_after_a_preflight_and_after_half_an_hour(stage: Stage) -> None:
    stage.round()
    first = stage.written(stage.folder)
    stage.round(minutes=1)
    assert stage.written(stage.folder) == first
    stage.store.write(lambda tx: snapshots.put(tx, Snapshot("readiness/shop", stage.clock.now(), "{}")))
    stage.round(seconds=5)
    second = stage.written(stage.folder)
    assert second != first
    stage.round(minutes=31)
    assert stage.written(stage.folder) != second


def test_a_place_that_fails_costs_only_its_own_copy_and_is_tried_again_soon(stage: Stage) -> None:
    stage.buckets[0].down = True
    stage.round()
    assert len(stage.buckets[1].pages) == 5
    found = stage.kept
    assert found is not None
    assert not found.complete
    assert found.place("one") == PlaceState(name="one", at=None, error="one does not answer.")
    assert found.oldest is None, "one place never had it"
    stage.buckets[0].down = False
    stage.round(seconds=61)
    assert len(stage.buckets[0].pages) == 5
    assert stage.kept is not None
    assert stage.kept.oldest == stage.clock.now()


def test_a_copy_that_nobody_could_renew_keeps_its_age(stage: Stage) -> None:
    stage.round()
    written = stage.clock.now()
    for place in (stage.folder, *stage.buckets):
        place.down = True
    stage.round(minutes=31)
    found = stage.kept
    assert found is not None
    assert found.at == written
    assert [place.at for place in found.places] == [written] * 3
    snapshot = stage.store.read(lambda tx: snapshots.get(tx, "runbook/shop"))
    assert snapshot is not None
    assert snapshot.at == written


def test_the_trail_is_told_when_something_changed_and_not_each_time(stage: Stage) -> None:
    stage.round()
    stage.round(minutes=31)
    assert len(stage.told()) == 1
    stage.buckets[1].down = True
    stage.round(minutes=31)
    stage.round(minutes=2)
    assert [event["places"]["two"] for event in stage.told()] == ["kept", "two does not answer."]


def test_a_worker_without_the_lease_keeps_its_own_folder_and_nothing_else(stage: Stage) -> None:
    stage.lease.ours = False
    stage.round()
    first = stage.written(stage.folder)
    assert stage.buckets[0].pages == {}
    assert stage.kept is None
    stage.round(minutes=1)
    assert stage.written(stage.folder) == first
    stage.round(minutes=31)
    assert stage.written(stage.folder) != first


def test_an_export_that_could_not_be_noted_is_made_again_after_a_minute_and_not_at_every_look(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    puts: list[Page] = []
    monkeypatch.setattr(stage.folder, "put", puts.append)

    def away(*_arguments: Any) -> None:
        raise UnreachableError("The store is away.")

    monkeypatch.setattr(kept, "keep", away)
    stage.round()
    once = len(puts)
    assert once > 0
    for _ in range(11):
        stage.round(seconds=5)
    assert len(puts) == once
    stage.round(seconds=5)
    assert len(puts) == 2 * once


def test_without_a_place_nothing_is_written_or_remembered(store: Store, shop: Topology, clock: ManualClock) -> None:
    lease: Any = Lease()
    Export(store, shop, (), (), lease, clock, owner="me").round()
    assert store.read(lambda tx: kept.last(tx, "shop")) is None


@pytest.mark.parametrize(
    ("minutes", "error", "examined", "expected", "why"),
    [
        (0, "", None, False, "just written"),
        (29, "", None, False, "not half an hour yet"),
        (30, "", None, True, "half an hour"),
        (-5, "", None, True, "the clock was set back"),
        (2, "down", None, True, "a place failed, and a minute went by"),
        (0.5, "down", None, False, "a place failed just now"),
        (1, "", 0.5, True, "a preflight was made since"),
        (1, "", -0.5, False, "the preflight is older"),
    ],
)
def test_when_it_is_due(minutes: float, error: str, examined: float | None, expected: bool, why: str) -> None:
    assert timedelta(minutes=1) == AGAIN
    assert timedelta(minutes=30) == EVERY
    then = ManualClock().now()
    last = Kept(
        application="shop", digest="d", pages=1, tried_at=then, at=then,
        places=(PlaceState(name="one", at=then, error=error),),
    )  # fmt: skip
    at = None if examined is None else then + timedelta(minutes=examined)
    assert due(last, at, then + timedelta(minutes=minutes)) is expected, why


def test_a_folder_holds_whole_pages_and_says_why_it_cannot(tmp_path: Path) -> None:
    place = Folder(tmp_path / "runbook")
    place.put(Page("shop/one.md", "first"))
    place.put(Page("shop/one.md", "second"))
    assert [path.read_text() for path in (tmp_path / "runbook" / "shop").iterdir()] == ["second"]
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RejectedError, match="cannot be written"):
        Folder(tmp_path / "file").put(Page("shop/one.md", "text"))
