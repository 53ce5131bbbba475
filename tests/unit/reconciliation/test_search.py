"""What is looked for after a forced run, and when it counts as found, kept or not there."""

from datetime import UTC, datetime, timedelta

import pytest

from dr_core.database.snapshots import Snapshot
from dr_core.observation.model import DatabaseState, MemberState, Observation
from dr_core.reconciliation import search
from dr_core.reconciliation.model import Item, ItemKind, Kept, Lost
from dr_core.reconciliation.search import Loss

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOME, AWAY = "eu-central-1", "eu-west-1"
CLUSTER = "shop-eu-central-1"


def loss(run: str = "run-a", hours: float = 0, seconds: float | None = 12.0, *, managed: bool = True) -> Loss:
    return Loss(run, AT + timedelta(hours=hours), HOME, CLUSTER, seconds, "", managed)


def snapshot(name: str, hours: float | None, cluster: str = CLUSTER) -> Snapshot:
    taken = None if hours is None else AT + timedelta(hours=hours)
    return Snapshot(name, f"arn:aws:rds:{HOME}:1:cluster-snapshot:{name}", cluster, HOME, "available", taken, 7)


def item(run: str = "run-a", kind: ItemKind = ItemKind.SNAPSHOT, kept: Kept = Kept.YES) -> Item:
    lost = Lost(region=HOME, cluster=CLUSTER, loss_s=12.0, kept=kept)
    return Item(id="w-1", kind=kind, application="shop", subject=run, opened_at=AT, run=run, lost=lost)


TAIL = f"{search.PREFIX}{CLUSTER}-2026-11-22-10-09-00"


@pytest.mark.parametrize(
    ("remark", "name", "hours", "of_first", "of_second"),
    [
        ("taken after the first run and before the second", TAIL, 1, True, False),
        ("taken after the second", TAIL, 6, False, True),
        ("older than any of them: of a failover before", TAIL, -5, False, False),
        ("a little before the run, by the service's clock", TAIL, -0.05, True, False),
        ("its time is not told yet: the last one's", TAIL, None, False, True),
        ("upper case in the name makes no difference", TAIL.upper(), 1, True, False),
        ("an ordinary automatic snapshot", f"rds:{CLUSTER}-2026-11-22-10-09", 1, False, False),
        ("of a cluster whose name begins alike", f"{search.PREFIX}shop-eu-central-10-2026", 1, False, False),
    ],
)
def test_a_snapshot_belongs_to_the_run_that_left_it(remark, name, hours, of_first, of_second):
    first, second = loss("run-a"), loss("run-b", hours=5)
    found = [bool(search.lost_tails(one, [snapshot(name, hours)], [first, second])) for one in (first, second)]
    assert found == [of_first, of_second], remark


def test_a_copy_has_one_name_that_rds_takes_whatever_the_cluster_is_called():
    names = {search.copy_name(snapshot(f"{search.PREFIX}{n}-x", 1, n)) for n in ("a", "b" * 63, "c--d-", "shop-" * 12)}
    assert len(names) == 4
    for name in names:
        assert len(name) <= 63
        assert name[0].isalpha()
        assert "--" not in name
        assert not name.endswith("-")
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert search.copy_name(snapshot(TAIL, 1)) == search.copy_name(snapshot(TAIL, 2))
    first, second = search.copy_name(snapshot(TAIL, 1)), search.second_name(snapshot(TAIL, 1))
    assert first != second
    assert len(first) == len(second)


def seen(minutes: float, **member: object) -> Observation:
    at = AT + timedelta(minutes=minutes)
    own = MemberState(region=HOME, cluster=CLUSTER, is_writer=False, status="available", synchronized=True)
    other = MemberState(region=AWAY, cluster="shop-eu-west-1", is_writer=True, status="available", synchronized=True)
    moving = member.pop("failover_status", None)
    state = DatabaseState(
        members=(own.model_copy(update=member), other), observed_via=AWAY, observed_at=at, failover_status=moving
    )
    return Observation(application="shop", observed_at=at, duration_s=0.1, database=state)


@pytest.mark.parametrize(
    ("remark", "known", "hours", "none"),
    [
        ("the region is not back, and time is left", None, 2, False),
        ("time enough has passed", None, 24, True),
        ("it is a synchronized secondary again: a snapshot would be there", seen(60), 2, True),
        ("it is still being rebuilt", seen(60, synchronized=False), 2, False),
        ("whether it is rebuilt is not told", seen(60, synchronized=None), 2, False),
        ("its region does not tell how it is", seen(60, status=None), 2, False),
        ("it calls itself a writer", seen(60, is_writer=True), 2, False),
        ("what was seen before the run says nothing", seen(-60), 2, False),
        ("a change of writer is under way", seen(60, failover_status="failing-over"), 2, False),
    ],
)
def test_nothing_was_found_only_when_nothing_can_come_any_more(remark, known, hours, none):
    now = AT + timedelta(hours=hours)
    assert search.not_there(loss(), known, timedelta(hours=24), now) is none, remark
    assert not search.not_there(loss(seconds=0.0), known, timedelta(hours=24), now)


@pytest.mark.parametrize(
    ("remark", "found", "items", "over"),
    [
        ("nothing yet", loss(), [], False),
        ("kept", loss(), [item()], True),
        ("gone before it was kept: nothing left to do", loss(), [item(kept=Kept.NO)], True),
        ("being copied", loss(), [item(kept=Kept.ASKED)], False),
        ("one is kept, and another one is being copied", loss(), [item(), item(kept=Kept.ASKED)], False),
        ("not found so far: it may still turn up", loss(), [item(kind=ItemKind.NOT_FOUND)], False),
        ("of another run", loss(), [item("run-b")], False),
        ("the old database keeps it, and nobody was told", loss(managed=False), [], False),
        ("the old database keeps it", loss(managed=False), [item(kind=ItemKind.OLD_DATABASE)], True),
        ("the old database has nothing that the new one lacks", loss(managed=False, seconds=0.0), [], True),
    ],
)
def test_it_is_looked_for_until_it_is_kept_or_gone(remark, found, items, over):
    assert search.searched(found, items) is over, remark


@pytest.mark.parametrize(
    ("remark", "days", "looks", "missing_s", "is_gone"),
    [
        ("one empty answer", 1, 1, 0.0, False),
        ("several, one right after the other", 1, 9, 60.0, False),
        ("two, far from each other", 1, 2, 7200.0, False),
        ("often, and for long", 1, 3, 1800.0, True),
        ("its time is over", 7, 1, 0.0, True),
    ],
)
def test_a_snapshot_is_gone_when_it_was_missed_often_and_for_long(remark, days, looks, missing_s, is_gone):
    lost = item().lost.model_copy(update={"expires_at": AT + timedelta(days=7)})
    assert search.gone(lost, looks, missing_s, AT + timedelta(days=days)) is is_gone, remark


def test_a_run_is_unsearched_until_it_has_an_item_and_never_where_nothing_was_lost():
    found = [loss("run-a"), loss("run-b"), loss("run-c", seconds=0.0), loss("run-d", seconds=None)]
    assert [one.run for one in search.unsearched(found, [item("run-a")])] == ["run-b", "run-d"]


@pytest.mark.parametrize(
    ("minutes", "items", "pause_s"), [(0, (), 15), (10, (), 30), (600, (), 60), (600, (item(),), 900)]
)
def test_it_is_looked_for_often_at_first_and_less_often_later(minutes, items, pause_s):
    assert search.pause_s(loss(), items, AT + timedelta(minutes=minutes)) == pause_s
