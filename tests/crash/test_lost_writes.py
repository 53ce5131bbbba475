"""Lost writes, with the worker that keeps them killed around its commits, and a signature whose answer is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.failpoints import Point, When, armed
from dr_core.reconciliation.model import Kept
from dr_core.reconciliation.search import PREFIX
from dr_core.reconciliation.signing import sign
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import events
from dr_core.store.engine import Store, Tx
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.unit.approvals.conftest import actor, enrol
from tests.unit.reconciliation.conftest import After, left

HOME, CLUSTER = "eu-central-1", "shop-eu-central-1"


class Killed(BaseException):
    """The process died there."""


@pytest.fixture
def after(store: Store, clock: ManualClock) -> Iterator[After]:
    made = left(store, clock)
    made.snapshots.take(f"{PREFIX}{CLUSTER}-2026-11-22-10-09-00", CLUSTER, HOME)
    return made


def told(after: After) -> list[str]:
    def work(tx: Tx) -> list[str]:
        return [one.kind for one in events.of_chain(tx, "ops") if one.kind.startswith("reconciliation.")]

    return after.store.read(work)


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("nth", range(4))
def test_a_worker_that_dies_at_any_commit_leaves_one_item_and_one_copy(after: After, when: When, nth: int) -> None:
    passed = [0]

    def die(point: Point, moment: When) -> None:
        if point is Point.RECONCILIATION_KEEP and moment is when:
            passed[0] += 1
            if passed[0] == nth + 1:
                raise Killed

    with armed(die):
        try:
            after.look(3)
        except Killed:
            after.clock.advance(60)
    after.worker = after.another_worker()
    after.look(4)
    assert [item.lost.kept for item in after.items] == [Kept.YES]
    assert len(after.snapshots.copies) == 1
    assert told(after) == ["reconciliation.opened", "reconciliation.copying", "reconciliation.kept"]


@pytest.mark.parametrize("how", [*When, None])
def test_a_signature_stands_once_whenever_the_process_dies_or_the_answer_is_lost(
    after: After, tmp_path: Path, how: When | None
) -> None:
    after.look(3)
    topology, store = after.topology, after.store
    services = Services(topology, store, after.clock, read_settings({}), AwsSessions.for_topology(topology))
    enrol(services)
    (item,) = after.items
    grace = actor(topology, "U0GRACE")

    def signed() -> None:
        sign(services, item.id, actor=grace, note="compared, nothing was missing", cmd_id="c-1")

    if how is None:
        with armed(LostAnswer(1, [Point.RECONCILIATION_SIGN])):
            signed()
    else:
        killed(signed, Point.RECONCILIATION_SIGN, how)
    signed()
    (now,) = after.items
    assert (now.signed_by, now.note) == ("Grace", "compared, nothing was missing")
    assert told(after).count("reconciliation.signed") == 1
