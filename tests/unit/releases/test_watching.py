"""What is said of a colour after its release was measured by whoever says it."""

import pytest

from dr_core.audit.events import EventKind
from dr_core.releases.model import Release, ReleaseState
from dr_core.releases.moving import Moving
from tests.unit.approvals.conftest import CENTRAL, WEST
from tests.unit.releases.conftest import Regions, url
from tests.unit.releases.test_moving import told


@pytest.fixture
def worker(regions: Regions) -> Moving:
    return regions.worker()


@pytest.fixture
def watched(regions: Regions, worker: Moving) -> Release:
    asked = regions.ask(colour="green")
    while regions.get(asked.id).state is not ReleaseState.WATCHING:
        worker.round()
        regions.services.clock.advance(1)  # type: ignore[attr-defined]
    return regions.get(asked.id)


def spells(regions: Regions, worker: Moving, release: Release, bad: str) -> Release:
    """One letter a probe of the colour in the west: b for a bad answer."""
    for letter in bad:
        regions.colours.bad = {url("green", WEST)} if letter == "b" else set()
        before = len(regions.colours.probed)
        while len(regions.colours.probed) == before and not regions.get(release.id).state.finished:
            worker.round()
            regions.services.clock.advance(1)  # type: ignore[attr-defined]
    regions.colours.bad = set()
    return regions.get(release.id)


def test_it_tells_what_was_asked_from_the_first_probe_to_the_last(
    regions: Regions, worker: Moving, watched: Release
) -> None:
    spells(regions, worker, watched, ".b.b")
    ended = regions.live_through(watched.id, worker)
    assert ended.state is ReleaseState.DONE
    [event] = told(regions, EventKind.RELEASE_HEALTHY)
    assert {key: event.data[key] for key in ("held_s", "asked", "bad")} == {"held_s": 60, "asked": 13, "bad": {WEST: 2}}


def test_bad_answers_count_over_the_whole_hold_and_not_only_in_a_row(
    regions: Regions, worker: Moving, watched: Release
) -> None:
    ended = spells(regions, worker, watched, "b.b.b")
    assert ended.state is ReleaseState.UNHEALTHY
    assert "asked 6 times in 25 s (eu-west-1: 3 bad, the last: HTTP 500)" in ended.reason


def test_a_new_owner_watches_for_the_whole_hold_by_itself(regions: Regions, watched: Release) -> None:
    regions.services.clock.advance(600)  # type: ignore[attr-defined]
    before = regions.services.clock.now()
    ended = regions.live_through(watched.id)
    assert ended.state is ReleaseState.DONE
    assert ended.ended_at is not None
    assert (ended.ended_at - before).total_seconds() >= 60
    assert told(regions, EventKind.RELEASE_HEALTHY)[0].data["held_s"] == 60


def test_a_colour_that_dr_yaml_lost_meanwhile_is_not_called_ill(
    regions: Regions, worker: Moving, watched: Release
) -> None:
    entry = regions.services.topology.applications["shop"]
    regions.services.topology.applications["shop"] = entry.model_copy(update={"release": None})
    ended = regions.live_through(watched.id, worker)
    assert (ended.state, "no green of shop any more" in ended.reason) == (ReleaseState.UNWATCHED, True)
    assert told(regions, EventKind.RELEASE_UNHEALTHY) == []
    assert len(told(regions, EventKind.RELEASE_UNWATCHED)) == 1
    assert regions.live == dict.fromkeys((CENTRAL, WEST), "green")
