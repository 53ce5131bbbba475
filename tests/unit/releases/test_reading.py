"""A look that takes longer than a lease, that finds silent regions, and that lists more than it compares."""

import pytest

from dr_core.errors import DeniedError, DrError, ThrottledError, UnreachableError
from dr_core.releases.memory import memory_ports
from dr_core.releases.model import Match, ReleaseState
from dr_core.releases.reading import artifact_of
from tests.unit.approvals.conftest import CENTRAL, WEST
from tests.unit.releases.conftest import BUCKETS, Regions


def slow(regions: Regions, rival: bool = False) -> None:
    """Every listing and checksum takes 8 s, and another worker looks for work meanwhile."""
    other, before = regions.worker(), regions._befalls

    def takes(operation: str, region: str) -> None:
        before(operation, region)
        if operation in ("list", "head"):
            regions.services.clock.advance(8)  # type: ignore[attr-defined]
            other.round()

    regions.artifacts._before = takes


def test_a_reading_that_takes_longer_than_the_lease_keeps_it(regions: Regions) -> None:
    for name in "abcdef":
        regions.artifacts.objects[BUCKETS[CENTRAL]][f"green/{name}"] = b"1"
        regions.artifacts.objects[BUCKETS[WEST]][f"green/{name}"] = b"1"
        regions.artifacts.parts[BUCKETS[WEST], f"green/{name}"] = "other-1"
    slow(regions)
    ended = regions.live_through(regions.ask(colour="green").id)
    assert (ended.state, regions.live) == (ReleaseState.DONE, dict.fromkeys(BUCKETS, "green"))
    assert ended.epoch == 1


def test_what_serves_now_is_listed_for_the_way_back_and_not_compared(regions: Regions) -> None:
    regions.artifacts.parts[BUCKETS[WEST], "blue/app.js"] = "other-1"
    asked: list[str] = []
    before = regions._befalls
    regions.artifacts._before = lambda operation, region: (asked.append(operation), before(operation, region))[1]
    ended = regions.live_through(regions.ask(colour="green").id)
    assert (ended.state, asked.count("head")) == (ReleaseState.DONE, 0)
    assert all(spot.left_behind for spot in ended.spots)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnreachableError("gone"), ReleaseState.DONE),
        (ThrottledError("slow down"), ReleaseState.REFUSED),
        (DeniedError("no permission"), ReleaseState.REFUSED),
    ],
)
def test_only_a_region_that_is_silent_is_left_out(regions: Regions, error: DrError, state: ReleaseState) -> None:
    regions.down(WEST, error)
    ended = regions.live_through(regions.ask(colour="green", without=(WEST,)).id)
    assert ended.state is state
    if state is ReleaseState.REFUSED:
        assert f"eu-west-1 answers ({error.message})" in ended.reason
        ended = regions.live_through(regions.ask(colour="green").id)
        assert "--without" not in ended.reason


def test_the_first_of_three_regions_that_cannot_be_listed_hides_nothing_of_the_others(regions: Regions) -> None:
    entry = regions.services.topology.applications["shop"]
    third = "eu-west-3"
    [store] = entry.storage
    assert store.s3 is not None
    s3 = store.s3.model_copy(update={"buckets": {**store.s3.buckets, third: "shop-web-third"}})
    entry = entry.model_copy(update={"storage": (store.model_copy(update={"s3": s3}),)})
    regions.artifacts.objects["shop-web-third"] = {"green/app.js": b"other"}
    regions.fails["list", CENTRAL] = UnreachableError("gone")
    ports = memory_ports(regions.pointers, regions.artifacts, regions.colours)
    found = artifact_of(ports.artifacts, entry, "green", (CENTRAL, WEST, third))
    assert (found.match, third in found.why) == (Match.DIFFERS, True)
