"""A worker finds what a forced run lost, keeps it before RDS removes it, and opens one item for it."""

from dataclasses import replace
from types import SimpleNamespace

from dr_core.audit.events import EventKind
from dr_core.errors import DeniedError, RejectedError, UnreachableError
from dr_core.reconciliation.intents import BEFORE, intents_of
from dr_core.reconciliation.model import ItemKind, Kept
from dr_core.reconciliation.search import PREFIX
from dr_core.reports.reconciliations import reconciliation_list
from dr_core.store import events, reconciliations
from dr_core.store.engine import Store, Tx
from tests.unit.reconciliation.conftest import After, left

HOME, CLUSTER = "eu-central-1", "shop-eu-central-1"
TAIL = f"{PREFIX}{CLUSTER}-2026-11-22-10-09-00"
OURS = {kind.value for kind in EventKind if kind.value.startswith("reconciliation.")}


def told(after: After) -> list[str]:
    def work(tx: Tx) -> list[str]:
        return [event.kind for event in events.of_chain(tx, "ops") if event.kind in OURS]

    return after.store.read(work)


def test_a_snapshot_is_copied_to_one_that_stays_and_its_item_says_so(after):
    after.snapshots.take(TAIL, CLUSTER, HOME, kept_days=1)
    after.look(3)
    (item,) = after.items
    assert (item.kind, item.run, item.lost.kept, item.open) == (ItemKind.SNAPSHOT, after.run, Kept.YES, True)
    assert after.snapshots.copies == [(TAIL, item.lost.copy_name)]
    assert told(after) == ["reconciliation.opened", "reconciliation.copying", "reconciliation.kept"]
    assert f"kept as {item.lost.copy_name}" in item.sentence
    after.clock.advance(3 * 86400)
    assert after.snapshots.automatic(CLUSTER, HOME) == ()
    assert after.snapshots.find(item.lost.copy_name, HOME) is not None


def test_while_the_old_region_does_not_answer_nothing_is_said_of_it(after):
    after.snapshots.down.add(HOME)
    after.look(5)
    assert after.items == ()
    after.snapshots.down.clear()
    after.snapshots.take(TAIL, CLUSTER, HOME)
    after.look(3)
    assert [item.lost.kept for item in after.items] == [Kept.YES]


def test_a_snapshot_that_is_not_ready_is_waited_for(after):
    after.snapshots.take(TAIL, CLUSTER, HOME, status="creating")
    after.look(2)
    assert (after.items[0].lost.kept, after.snapshots.copies) == (Kept.WANTED, [])
    assert "is creating" in after.items[0].sentence
    after.snapshots.take(TAIL, CLUSTER, HOME)
    after.look(3)
    assert after.items[0].lost.kept is Kept.YES


def test_what_was_not_found_in_time_is_said_and_what_turns_up_later_is_kept_all_the_same(after):
    after.clock.advance(25 * 3600)
    after.look(1)
    assert [(item.kind, "not found" in item.sentence) for item in after.items] == [(ItemKind.NOT_FOUND, True)]
    after.snapshots.take(TAIL, CLUSTER, HOME)
    after.look(40)
    assert [(item.kind, item.lost.kept) for item in after.items] == [
        (ItemKind.NOT_FOUND, Kept.NO),
        (ItemKind.SNAPSHOT, Kept.YES),
    ]
    assert told(after).count("reconciliation.opened") == 2


def test_one_that_is_removed_before_it_was_copied_is_not_called_kept(after):
    after.snapshots.take(TAIL, CLUSTER, HOME, status="creating", kept_days=1)
    after.look(1)
    after.clock.advance(2 * 86400)
    after.look(2)
    (item,) = after.items
    assert item.lost.kept is Kept.NO
    assert "is gone and could not be kept" in item.sentence


def test_a_refused_copy_is_tried_again_and_says_why(after, monkeypatch):
    after.snapshots.take(TAIL, CLUSTER, HOME)
    copy, refusals = after.snapshots.copy, [DeniedError("rds:CopyDBClusterSnapshot is not allowed")] * 2

    def refused(source, name):
        if refusals:
            raise refusals.pop()
        copy(source, name)

    monkeypatch.setattr(after.snapshots, "copy", refused)
    after.look(1)
    assert "not allowed" in after.items[0].sentence
    after.look(4)
    assert after.items[0].lost.kept is Kept.YES
    assert told(after).count("reconciliation.copying") == 1


def test_an_empty_answer_does_not_call_a_snapshot_gone(after, monkeypatch):
    after.snapshots.take(TAIL, CLUSTER, HOME, status="creating")
    after.look(1)
    monkeypatch.setattr(after.snapshots, "automatic", lambda cluster, region: ())
    after.look(2)
    assert after.items[0].lost.kept is Kept.WANTED
    assert "is not listed" in after.items[0].sentence
    monkeypatch.undo()
    after.snapshots.take(TAIL, CLUSTER, HOME)
    after.look(5)
    assert after.items[0].lost.kept is Kept.YES


def test_a_copy_that_failed_is_made_once_more_and_said(after, monkeypatch):
    after.snapshots.take(TAIL, CLUSTER, HOME)
    find = after.snapshots.find

    def found(name, region):
        there = find(name, region)
        bad = there is not None and name in [copied for _, copied in after.snapshots.copies[:1]]
        return replace(there, status="failed") if bad else there

    monkeypatch.setattr(after.snapshots, "find", found)
    after.look(2)
    assert "has failed" in after.items[0].sentence
    after.look(6)
    (item,) = after.items
    first, second = [name for _, name in after.snapshots.copies]
    assert (item.lost.kept, item.lost.copy_name) == (Kept.YES, second)
    assert first != second
    assert told(after).count("reconciliation.copying") == 2
    intents = after.store.read(lambda tx: intents_of(tx, item.id))
    assert {name: intent.subject for name, intent in intents.items()} == {first: first, second: second, BEFORE: first}


def test_what_rds_refuses_of_one_snapshot_costs_the_next_one_nothing(after, monkeypatch):
    for name in (TAIL, f"{TAIL}-1"):
        after.snapshots.take(name, CLUSTER, HOME)
    copy = after.snapshots.copy

    def refused(source, name):
        if source.id == TAIL:
            raise RejectedError("the quota of snapshots is used up")
        copy(source, name)

    monkeypatch.setattr(after.snapshots, "copy", refused)
    after.look(3)
    assert {item.lost.snapshot: item.lost.kept for item in after.items} == {TAIL: Kept.ASKED, f"{TAIL}-1": Kept.YES}


def test_newer_items_hide_none_that_was_signed(after, monkeypatch):
    monkeypatch.setattr("dr_core.reports.reconciliations._SIGNED", 1)
    after.snapshots.take(TAIL, CLUSTER, HOME)
    after.look(1)
    (item,) = after.items
    after.store.write(lambda tx: reconciliations.sign(tx, item, "Ada", "nothing of it is missing"))
    newer = item.model_copy(update={"id": "l-newer", "subject": "newer", "opened_at": after.clock.now()})
    after.store.write(lambda tx: reconciliations.add(tx, newer))
    listed = reconciliation_list(SimpleNamespace(store=after.store, topology=SimpleNamespace(applications={})))
    assert ([one.id for one in listed.open], [one.id for one in listed.signed]) == (["l-newer"], [item.id])


def test_an_answer_that_was_lost_makes_no_second_copy(after, monkeypatch):
    after.snapshots.take(TAIL, CLUSTER, HOME)
    copy = after.snapshots.copy

    def lost(source, name):
        copy(source, name)
        monkeypatch.undo()
        raise UnreachableError("the answer was lost")

    monkeypatch.setattr(after.snapshots, "copy", lost)
    after.look(4)
    assert len(after.snapshots.copies) == 1
    assert after.items[0].lost.kept is Kept.YES


def test_a_cluster_that_was_taken_out_keeps_what_it_alone_has(sqlite_url, clock):
    store = Store(sqlite_url, clock=clock)
    after = left(store, clock, "detach-aurora")
    after.look(2)
    (item,) = after.items
    assert (item.kind, item.lost.cluster) == (ItemKind.OLD_DATABASE, CLUSTER)
    assert "must not be removed" in item.sentence
    store.dispose()


def test_two_workers_look_once(after):
    after.snapshots.take(TAIL, CLUSTER, HOME)
    other = after.another_worker()
    after.worker.round()
    other.round()
    assert len(after.items) == 1
    assert len(after.snapshots.copies) == 1
