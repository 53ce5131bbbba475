"""From where to where a request leads: with one active region, and where every region serves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dr_core.approvals.direction import Direction, away, back
from dr_core.errors import RefusedError
from dr_core.observation.model import ControlsState, Observation, RegionVerdict, TrafficState, Verdict
from dr_core.store import observations
from dr_core.topology.load import load_checked

NOW = datetime(2026, 1, 5, tzinfo=UTC)
FRA, DUB, STO = "eu-central-1", "eu-west-1", "eu-north-1"
TOPOLOGY = load_checked(Path(__file__).parents[2] / "topologies" / "active.yaml")
SHOP = load_checked(Path(__file__).parents[2] / "topologies" / "shop.yaml")


def edge(on: tuple[str, ...], *down: str) -> Observation:
    verdicts = tuple(
        RegionVerdict(
            region=region, verdict=Verdict.DOWN if region in down else Verdict.HEALTHY, reasons=(), since=NOW,
            observed_at=NOW,
        )
        for region in (STO, DUB, FRA)
    )  # fmt: skip
    controls = (ControlsState(name="panel", on=on, observed_at=NOW),)
    return Observation(application="edge", observed_at=NOW, duration_s=0, verdicts=verdicts, controls=controls)


def catalog(weights: dict[str, int]) -> Observation:
    state = TrafficState(name="catalog", answers=None, weights=weights, ttl_s=30, observed_at=NOW)
    return Observation(application="catalog", observed_at=NOW, duration_s=0, traffic=(state,))


@pytest.fixture
def asked(store):
    """What `away` or `back` says after an observation."""

    def ask(way, application, *words, seen=None):
        def work(tx):
            if seen is not None:
                observations.save(tx, seen)
            return way(tx, TOPOLOGY if application in TOPOLOGY.applications else SHOP, application, *words)

        return store.write(work)

    return ask


def test_of_two_regions_the_other_one_is_left(asked):
    assert asked(away, "catalog", DUB, None) == Direction(FRA, DUB)
    assert asked(away, "catalog", FRA, None) == Direction(DUB, FRA)


def test_of_three_the_one_that_is_down_is_left(asked):
    assert asked(away, "edge", DUB, None, seen=edge((STO, DUB, FRA), STO)) == Direction(STO, DUB)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (edge((STO, DUB, FRA)), "none of its regions that serve is down"),
        (edge((STO, DUB, FRA), STO, FRA), "eu-north-1 and eu-central-1 are down"),
        (edge((DUB, FRA), STO), "none of its regions that serve is down"),
        (None, "none of its regions that serve is down"),
    ],
)
def test_where_it_is_not_plain_it_has_to_be_said(asked, seen, words):
    with pytest.raises(RefusedError, match=words) as refused:
        asked(away, "edge", DUB, None, seen=seen)
    assert "--from" in str(refused.value)
    assert asked(away, "edge", DUB, FRA, seen=seen) == Direction(FRA, DUB)


def test_who_was_shifted_away_comes_back(asked):
    way = asked(back, "edge", seen=edge((DUB, FRA)))
    assert way == Direction(DUB, STO, returning=True)
    assert asked(back, "catalog", seen=catalog({FRA: 0, DUB: 30})) == Direction(DUB, FRA, returning=True)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (edge((STO, DUB, FRA)), "serves already"),
        (edge(()), "No region of edge serves"),
        (None, "cannot be said"),
    ],
)
def test_the_way_back_is_refused_where_there_is_none(asked, seen, words):
    with pytest.raises(RefusedError, match=words):
        asked(back, "edge", seen=seen)


def test_where_two_write_it_has_to_be_said_which_one_is_left(asked):
    seen = Observation(application="shop", observed_at=NOW, duration_s=0, writers=(FRA, DUB))
    for way, words in ((away, (DUB, None)), (back, ())):
        with pytest.raises(RefusedError, match="cannot be said: 2 regions write") as refused:
            asked(way, "shop", *words, seen=seen)
        assert "--from" in (refused.value.hint or "")
    assert asked(away, "shop", DUB, FRA, seen=seen) == Direction(FRA, DUB)
    assert asked(away, "shop", FRA, DUB, seen=seen) == Direction(DUB, FRA)


def test_with_one_active_region_nothing_else_can_be_left(asked):
    assert asked(away, "shop", DUB, None) == Direction(FRA, DUB)
    assert asked(away, "shop", DUB, FRA) == Direction(FRA, DUB)
    with pytest.raises(RefusedError, match="active in eu-central-1, not in eu-west-1"):
        asked(away, "shop", FRA, DUB)
