"""Who goes first, and which region is left: by dependency and by where everything is, never by name."""

from collections.abc import Mapping

import pytest

from dr_core.errors import RefusedError, UsageError
from dr_core.evacuation.leaving import left_region
from dr_core.evacuation.waves import before, waves
from dr_core.topology.model import Topology
from tests.unit.evacuation.conftest import A, B, C, many

CHAIN = {"web": ("api",), "api": ("store",), "store": (), "mail": ()}


@pytest.mark.parametrize(
    ("needs", "going", "expected"),
    [
        (CHAIN, ("web", "api", "store", "mail"), (("store", "mail"), ("api",), ("web",))),
        (CHAIN, ("web", "store"), (("store",), ("web",))),  # through one that does not go
        (CHAIN, ("web", "mail"), (("web", "mail"),)),
        ({"web": ("x", "y"), "x": ("z",), "y": (), "z": ()}, ("web", "x", "y", "z"), (("y", "z"), ("x",), ("web",))),
        (CHAIN, (), ()),
    ],
)
def test_each_wave_needs_nothing_but_the_waves_before_it(
    ledger: Topology,
    needs: Mapping[str, tuple[str, ...]],
    going: tuple[str, ...],
    expected: tuple[tuple[str, ...], ...],
) -> None:
    topology = many(ledger, needs)
    assert waves(topology, going) == expected


def test_who_needs_another_only_through_one_that_stays_still_goes_after_it(ledger: Topology) -> None:
    assert before(many(ledger, CHAIN), "web", ("web", "store", "mail")) == ("store",)


EVERY = frozenset({A, B, C})


@pytest.mark.parametrize(
    ("named", "where", "expected"),
    [
        (None, {"web": {A}, "api": {A}}, A),
        (None, {"web": {A}, "api": {B}}, A),  # what is in the target already says nothing
        (None, {"web": {A, B}, "api": {A}}, A),  # every region of one serves
        (C, {"web": {A}, "api": {B}}, C),  # somebody said it
    ],
)
def test_the_region_is_the_one_that_is_meant(named: str | None, where: dict[str, set[str]], expected: str) -> None:
    at = {name: frozenset(regions) for name, regions in where.items()}
    assert left_region(B, named, at, EVERY) == expected


@pytest.mark.parametrize(
    ("named", "where", "every", "error", "match"),
    [
        (None, {"web": {A}, "api": {C}}, EVERY, UsageError, f"api is in {C}, web is in {A}"),
        (None, {"web": {B}}, EVERY, RefusedError, "at work in"),
        (None, {"web": set()}, EVERY, UsageError, "where web is cannot be said"),
        (B, {"web": {A}}, EVERY, UsageError, "cannot be left for itself"),
        ("eu-south-1", {"web": {A}}, EVERY, RefusedError, "Nothing runs in eu-south-1"),
    ],
)
def test_where_it_is_not_plain_somebody_has_to_say_it(
    named: str | None, where: dict[str, set[str]], every: frozenset[str], error: type[Exception], match: str
) -> None:
    at = {name: frozenset(regions) for name, regions in where.items()}
    with pytest.raises(error, match=match):
        left_region(B, named, at, every)


def test_with_two_regions_one_that_nobody_can_place_is_in_the_other(ledger: Topology) -> None:
    assert left_region(B, None, {"web": frozenset()}, frozenset({A, B})) == A
