"""What one release does to the one before it: nothing until it moves, and then it is told."""

import pytest

from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import listing
from dr_core.errors import ConflictError, UnreachableError
from dr_core.releases.model import Release, ReleaseState, Verb
from dr_core.releases.moving import Moving
from dr_core.reports.releases import release_report
from dr_core.store import releases
from tests.unit.approvals.conftest import CENTRAL, WEST
from tests.unit.releases.conftest import ADA, BUCKETS, POINTER, Regions, url

BOTH_BLUE, BOTH_GREEN = dict.fromkeys(BUCKETS, "blue"), dict.fromkeys(BUCKETS, "green")
GONE = UnreachableError("SSM in eu-west-1 did not answer.")


def told(regions: Regions, kind: EventKind) -> list[Event]:
    return [event for event in regions.services.store.read(lambda tx: listing(tx, limit=200)) if event.kind == kind]


def until(regions: Regions, release: Release, state: ReleaseState, worker: Moving) -> None:
    for _ in range(300):
        if regions.get(release.id).state is state:
            return
        worker.round()
        regions.services.clock.advance(1)  # type: ignore[attr-defined]
    raise AssertionError(f"{release.id} is {regions.get(release.id).state}")


def split(regions: Regions, worker: Moving) -> Release:
    """Green serves in the second region, which does not answer, and the undo waits for it."""
    asked = regions.ask(colour="green")
    regions.fails["put", CENTRAL] = UnreachableError("SSM in eu-central-1 did not answer.")
    regions.pointers.after = lambda operation, region: regions.down(WEST, GONE) if region == WEST else None
    until(regions, asked, ReleaseState.UNDOING, worker)
    del regions.fails["put", CENTRAL]
    regions.pointers.after = lambda operation, region: None
    for _ in range(30):
        worker.round()
        regions.services.clock.advance(1)  # type: ignore[attr-defined]
    assert regions.live == {CENTRAL: "blue", WEST: "green"}
    return asked


def test_one_that_is_refused_leaves_the_undo_before_it_alone(regions: Regions) -> None:
    worker = regions.worker()
    waiting = split(regions, worker)
    regions.colours.bad.add(url("green", CENTRAL))
    later = regions.ask(colour="green", without=(WEST,))
    until(regions, later, ReleaseState.REFUSED, worker)
    assert regions.get(waiting.id).state is ReleaseState.UNDOING
    regions.fails.clear()
    assert regions.live_through(waiting.id, worker).state is ReleaseState.UNDONE
    assert regions.live == BOTH_BLUE


def test_an_undo_ends_when_one_moves_that_leaves_its_region_out_and_says_where_it_was_not_put_back(
    regions: Regions,
) -> None:
    worker = regions.worker()
    waiting = split(regions, worker)
    with pytest.raises(ConflictError, match="undoing already") as caught:
        regions.ask(colour="green")
    assert "--without eu-west-1" in caught.value.hint
    moved = regions.live_through(regions.ask(colour="green", without=(WEST,)).id, worker)
    assert (regions.get(waiting.id).state, moved.state) == (ReleaseState.UNDONE, ReleaseState.DONE)
    [undone] = told(regions, EventKind.RELEASE_UNDONE)
    assert undone.data["left"] == {WEST: f"release {moved.id} leaves out {WEST}, which was not put back"}


def test_a_watch_goes_on_while_the_next_one_is_checked_and_an_ill_colour_is_told(regions: Regions) -> None:
    worker, first = regions.worker(), regions.ask(colour="green")
    until(regions, first, ReleaseState.WATCHING, worker)
    regions.artifacts.objects[BUCKETS[WEST]].pop("blue/app.js")
    refused = regions.ask(Verb.ROLLBACK)
    until(regions, refused, ReleaseState.REFUSED, worker)
    assert regions.get(first.id).state is ReleaseState.WATCHING
    regions.colours.bad.add(url("green", WEST))
    assert regions.live_through(first.id, worker).state is ReleaseState.UNHEALTHY
    assert len(told(regions, EventKind.RELEASE_UNHEALTHY)) == 1


def test_a_watch_ends_when_the_next_one_moves_and_that_is_told(regions: Regions) -> None:
    worker, first = regions.worker(), regions.ask(colour="green")
    until(regions, first, ReleaseState.WATCHING, worker)
    back = regions.live_through(regions.ask(Verb.ROLLBACK).id, worker)
    assert (regions.get(first.id).state, back.state) == (ReleaseState.SUPERSEDED, ReleaseState.DONE)
    assert regions.live == BOTH_BLUE
    [event] = told(regions, EventKind.RELEASE_SUPERSEDED)
    assert (event.data["release"], event.data["reason"]) == (first.id, f"release {back.id} took over")


def test_one_that_came_in_beside_another_that_moves_is_refused_before_it_moves(regions: Regions) -> None:
    """As when two processes write at once, and the second has looked before the first was there."""
    worker, first = regions.worker(), regions.ask(colour="green")
    until(regions, first, ReleaseState.WATCHING, worker)
    beside = regions.ask(Verb.ROLLBACK)
    watched = regions.get(first.id)
    west = next(spot for spot in watched.spots if spot.region == WEST)
    back = watched.with_(west.model_copy(update={"settled_at": None})).model_copy(
        update={"state": ReleaseState.UNDOING}
    )
    regions.services.store.write(lambda tx: releases.save(tx, back))
    regions.fails["put", WEST] = GONE
    until(regions, beside, ReleaseState.REFUSED, worker)
    assert regions.get(beside.id).reason == f"Release {first.id} of shop is undoing already."
    assert regions.get(first.id).state is ReleaseState.UNDOING


def test_a_row_that_nobody_asked_for_moves_nothing(regions: Regions) -> None:
    asked = regions.ask(colour="green")
    forged = asked.model_copy(update={"state": ReleaseState.CHECKING, "colour": "green", "id": "rel-forged"})
    regions.services.store.write(lambda tx: releases.save(tx, asked.model_copy(update={"state": ReleaseState.REFUSED})))
    regions.services.store.write(lambda tx: releases.add(tx, forged))
    ended = regions.live_through("rel-forged")
    assert (ended.state, regions.live) == (ReleaseState.REFUSED, BOTH_BLUE)
    assert "trail does not say" in ended.reason


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"overrides": ("artifact-differs",)}, "overrides"),
        ({"verb": Verb.ROLLBACK, "expected": {}}, "verb"),
        ({"by": ADA.model_copy(update={"person": "person:Eve"})}, "by"),
    ],
)
def test_a_row_that_was_changed_since_it_was_asked_for_moves_nothing(
    regions: Regions, change: dict[str, object], name: str
) -> None:
    asked = regions.ask(colour="green", overrides=("artifact-unknown",))
    regions.services.store.write(lambda tx: releases.save(tx, asked.model_copy(update=change)))
    ended = regions.live_through(asked.id)
    assert (ended.state, regions.live) == (ReleaseState.REFUSED, BOTH_BLUE)
    assert ended.reason == f"The trail says otherwise what was asked for: {name}."


def test_two_who_confirm_the_same_way_back_go_back_once(regions: Regions) -> None:
    regions.live_through(regions.ask(colour="green").id)
    regions.live_through(regions.ask(Verb.ROLLBACK, colour="blue").id)
    with pytest.raises(ConflictError, match="goes to green by now, not to blue"):
        regions.ask(Verb.ROLLBACK, colour="blue")
    assert regions.live == BOTH_BLUE


def test_a_rollback_after_a_region_was_left_out_needs_only_what_is_not_there_yet(regions: Regions) -> None:
    regions.down(WEST, GONE)
    regions.live_through(regions.ask(colour="green", without=(WEST,)).id)
    regions.fails.clear()
    back = regions.live_through(regions.ask(Verb.ROLLBACK).id)
    assert (back.state, regions.live) == (ReleaseState.DONE, BOTH_BLUE), back.reason


def test_a_rollback_after_a_region_was_brought_along_knows_what_each_region_served(regions: Regions) -> None:
    regions.down(WEST, GONE)
    regions.live_through(regions.ask(colour="green", without=(WEST,)).id)
    regions.fails.clear()
    regions.live_through(regions.ask(colour="green").id)
    assert regions.live == BOTH_GREEN
    back = regions.live_through(regions.ask(Verb.ROLLBACK).id)
    assert (back.state, regions.live) == (ReleaseState.DONE, BOTH_BLUE), back.reason
    assert (POINTER, WEST) in regions.pointers.pointers


def test_all_that_goes_on_is_in_the_status(regions: Regions) -> None:
    worker, first = regions.worker(), regions.ask(colour="green")
    until(regions, first, ReleaseState.WATCHING, worker)
    second = regions.ask(Verb.ROLLBACK)
    [one] = release_report(regions.services, "shop").applications
    assert one.line.going_on == f"promote {first.id} to green: watching; rollback {second.id} to blue: checking"
