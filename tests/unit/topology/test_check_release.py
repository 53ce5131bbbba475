"""What `config check` says of `release`: each part fits the application, and nobody else moves the pointer."""

from typing import Any

import pytest

from dr_core.topology.check import check_topology
from dr_core.topology.findings import Severity
from dr_core.topology.model import Application, Topology
from dr_core.topology.release import Release
from tests.unit.releases.conftest import CENTRAL, WEST, coloured, url


def found(shop: Topology, **more: Any) -> set[tuple[str, str]]:
    """Paths below the application, with what is said of them; `pointer` and `colours` in the place of what fits."""
    topology = coloured(shop)
    entry = topology.applications["shop"]
    assert entry.release is not None
    release = Release.model_validate({**entry.release.model_dump(), **more.pop("release", {})})
    changed = Application.model_validate({**entry.model_dump(exclude_unset=True), **more, "release": release})
    whole = topology.model_copy(update={"applications": {"shop": changed}})
    base = "applications.shop."
    return {
        (one.path.removeprefix(base), one.message) for one in check_topology(whole) if one.severity is Severity.FATAL
    }


def colours(**green: Any) -> dict[str, Any]:
    def colour(name: str) -> dict[str, Any]:
        return {"prefix": f"{name}/", "health": {region: url(name, region) for region in (CENTRAL, WEST)}}

    return {"colours": {"blue": colour("blue"), "green": {**colour("green"), **green}}}


def test_a_release_that_fits_is_accepted(shop: Topology) -> None:
    assert found(shop) == set()


@pytest.mark.parametrize(
    ("release", "path", "words"),
    [
        ({"pointer": "release"}, "release.pointer", "expected the name of a parameter"),
        ({"pointer": "/aws/release"}, "release.pointer", "expected the name of a parameter"),
        ({"pointer": "/shop/config/release"}, "release.pointer", "copied between the regions with /shop/config/"),
        ({"pointer": "/shop/feature-flags"}, "release.pointer", "copied between the regions"),
        ({"pointer": "/dr/freeze/shop"}, "release.pointer", "the bot has parameters of its own"),
        (colours(prefix="other/"), "release.colours", "no s3 store has the prefixes of every colour"),
        (colours(prefix="blue/next/"), "release.colours.green.prefix", "lie within each other"),
        (colours(health={CENTRAL: url("green", CENTRAL)}), "release.colours.green.health", "an entry for eu-west-1"),
        (
            colours(health={CENTRAL: url("blue", CENTRAL), WEST: url("green", WEST)}),
            "release.colours.green.health.eu-central-1",
            "could not tell the colours apart",
        ),
        (
            colours(health={CENTRAL: url("green", CENTRAL), WEST: url("blue", CENTRAL)}),
            "release.colours.green.health.eu-west-1",
            "blue in eu-central-1 has the same address",
        ),
        (
            colours(health={CENTRAL: f"https://BLUE-{WEST}.example.com:443/health", WEST: url("green", WEST)}),
            "release.colours.green.health.eu-central-1",
            "blue in eu-west-1 has the same address",
        ),
        (
            colours(health={CENTRAL: url("green", WEST), WEST: url("green", WEST)}),
            "release.colours.green.health.eu-west-1",
            "could not tell the regions apart",
        ),
        (
            colours(health={CENTRAL: "https://a:b@c.example.com/", WEST: url("green", WEST)}),
            "release.colours.green.health.eu-central-1",
            "does not belong in a URL",
        ),
    ],
)
def test_what_does_not_fit_is_said_where_it_stands(shop: Topology, release: Any, path: str, words: str) -> None:
    said = found(shop, release=release)
    assert any(where == path and words in what for where, what in said), said


def test_a_pointer_belongs_to_one_application(shop: Topology) -> None:
    entry = coloured(shop).applications["shop"]
    both = shop.model_copy(update={"applications": {"shop": entry, "other": entry}})
    said = [one.message for one in check_topology(both)]
    assert any(
        "the parameter /shop/release is used at applications.shop.release.pointer already" in one for one in said
    )


def test_what_any_application_copies_is_no_pointer(shop: Topology) -> None:
    entry = shop.applications["shop"]
    other = entry.model_copy(update={"parameters": entry.parameters.model_copy(update={"paths": ("/shop/",)})})
    both = coloured(shop).model_copy(update={"applications": {**coloured(shop).applications, "other": other}})
    said = [one.message for one in check_topology(both)]
    assert any("copied between the regions with /shop/ of other" in one for one in said)


def test_a_prefix_that_takes_in_its_neighbours_is_told(shop: Topology) -> None:
    topology = coloured(shop)
    entry = topology.applications["shop"]
    assert entry.release is not None
    open_ended = {"blue": entry.release.colours["blue"].model_copy(update={"prefix": "blue"})}
    release = entry.release.model_copy(update={"colours": {**entry.release.colours, **open_ended}})
    changed = entry.model_copy(update={"release": release})
    said = check_topology(topology.model_copy(update={"applications": {"shop": changed}}))
    [told] = [one for one in said if one.path == "applications.shop.release.colours.blue.prefix"]
    assert (told.severity, "blue-old/ would be part" in told.message) == (Severity.WARNING, True)
