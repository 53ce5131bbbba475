"""Names, ports and hosted zones; no template is made."""

from dataclasses import replace
from pathlib import Path

import pytest

from infra.config import read_config
from infra.hosts import Met, balanced, hosts_of, met, public, regional, zone_of
from infra.words import camel
from tests.infra.synthesized import CONFIGS, EXAMPLE


def _of(name: str) -> Path:
    return EXAMPLE if name == "example" else CONFIGS / f"{name}.yaml"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://API.shop.test/health", Met("https", "api.shop.test", 443, "/health")),
        ("https://shop.test:8443", Met("https", "shop.test", 8443, "/")),
        ("http://shop.test/a?b=c", Met("http", "shop.test", 80, "/a?b=c")),
    ],
)
def test_where_a_url_is_met(url: str, wanted: Met) -> None:
    assert met(url) == wanted


@pytest.mark.parametrize(
    ("file", "application", "host", "zone"),
    [
        ("example", "shop", "api-eu-west-1.shop.example.com", "Z0SHOP"),
        ("three", "tickets", "dub.tickets.test", "Z9TICKETS"),
        ("north", "booking", "sto.booking.test", "Z7BOOKING"),
        ("north", "catalog", "sto.catalog.test", None),  # only the ending `test` is common with anything
        ("north", "catalog", "img.booking.test", "Z7BOOKING"),  # another application's zone is nearer than none
        ("edges", "press", "blue-dub.press.example.net", "Z8PRESS"),
        ("edges", "paper", "paper.example.org", "Z8PAPER"),
    ],
)
def test_the_zone_is_that_of_the_nearest_record(file: str, application: str, host: str, zone: str | None) -> None:
    assert zone_of(read_config(_of(file)), application, host) == zone


@pytest.mark.parametrize(
    ("record", "host", "found"),
    [
        ("www.shop.co.uk", "api.shop.co.uk", True),
        ("shop.co.uk", "api.shop.co.uk", True),
        ("www.shop.co.uk", "api.till.co.uk", False),  # a neighbour in a registry's zone is nobody's neighbour
        ("shop.com.au", "till.com.au", False),
        ("www.shop.de", "api.shop.de", True),
        ("www.co.de.com", "api.co.de.com", True),
        ("shop.com", "till.com", False),
        ("shop.com", "till.org", False),
    ],
)
def test_two_names_of_a_registry_are_in_no_zone_together(record: str, host: str, found: bool) -> None:
    config = read_config(EXAMPLE)
    shop = config.applications["shop"]
    traffic = [
        entry.model_copy(update={"route53_records": entry.route53_records.model_copy(update={"name": record})})
        for entry in shop.traffic
        if entry.route53_records
    ]
    moved = config.topology.model_copy(update={"applications": {"shop": shop.model_copy(update={"traffic": traffic})}})
    assert zone_of(replace(config, topology=moved), "shop", host) == ("Z0SHOP" if found else None)


def test_a_load_balancer_answers_the_regions_own_names_first_then_the_public_ones() -> None:
    press = read_config(_of("edges")).applications["press"]
    wanted = ("mil.press.example.net", "blue-mil.press.example.net", "green-mil.press.example.net")
    assert hosts_of(regional(press, "eu-south-1")) == wanted
    assert hosts_of(public(press)) == ("www.press.example.net",)
    assert hosts_of(balanced(press, "eu-south-1")) == (*wanted, "www.press.example.net")


def test_names_become_words_that_cloudformation_takes() -> None:
    assert camel("eu-west-1") == "EuWest1"
    assert camel("api-eu-west-1.shop.example.com") == "ApiEuWest1ShopExampleCom"
