"""What a distribution answers from; no template is made."""

from typing import Any

import pytest

from dr_core.topology.model import Application
from dr_core.topology.traffic import CloudFront
from infra.config import read_config
from infra.edge import DEFAULT, Behaviour, Origin, access_name, behaviours, name_of, without_origin
from tests.infra.synthesized import CONFIGS

HERE, THERE, THIRD = "eu-west-1", "eu-central-1", "eu-north-1"


def _app(**parts: Any) -> Application:
    return Application.model_validate({"primary": HERE, "standby": [THERE], **parts})


def _health(**urls: str) -> list[dict[str, Any]]:
    return [{"http": {region.replace("_", "-"): url for region, url in urls.items()}}]


BUCKETS = [{"s3": {"buckets": {HERE: "here", THERE: "there"}}}]


def test_the_service_answers_and_the_artifacts_of_a_release_come_from_the_buckets() -> None:
    press = read_config(CONFIGS / "edges.yaml").applications["press"]
    found = {one.path: [origin.domain for origin in one.origins] for one in behaviours(press)}
    objects = ["press-web-dub.s3.eu-west-1.amazonaws.com", "press-web-mil.s3.eu-south-1.amazonaws.com"]
    service = ["dub.press.example.net", "mil.press.example.net"]
    assert found == {"/blue/*": objects, "/green/*": objects, DEFAULT: service}


def test_without_a_service_the_bucket_answers() -> None:
    origins = (
        Origin(HERE, f"here.s3.{HERE}.amazonaws.com", None),
        Origin(THERE, f"there.s3.{THERE}.amazonaws.com", None),
    )
    assert behaviours(_app(storage=BUCKETS)) == (Behaviour(DEFAULT, origins),)


def test_buckets_stay_closed_where_a_service_answers() -> None:
    app = _app(storage=BUCKETS, health=_health(eu_west_1="https://a.test/up", eu_central_1="https://b.test:8443/up"))
    [found] = behaviours(app)
    assert [(one.domain, one.port) for one in found.origins] == [("a.test", 443), ("b.test", 8443)]


def test_nothing_without_tls_is_an_origin() -> None:
    assert behaviours(_app(health=_health(eu_west_1="http://a.test/up"))) == ()


def test_a_third_region_is_left_out_and_told() -> None:
    urls = _health(eu_west_1="https://a.test/", eu_central_1="https://b.test/", eu_north_1="https://c.test/")
    app = _app(standby=[THERE, THIRD], health=urls)
    assert [len(one.origins) for one in behaviours(app)] == [2]
    assert without_origin(app) == (THIRD,)


@pytest.mark.parametrize(
    ("probe", "name"),
    [
        (None, None),
        ("https://cdn.a.test/x", "cdn.a.test"),
        ("https://d111.cloudfront.net/x", None),
        ("https://a.test/x", None),  # a region's own name leads to that region
        ("https://www.a.test/x", None),  # the public name is the records'
    ],
)
def test_the_name_of_a_distribution(probe: str | None, name: str | None) -> None:
    records = {"hosted_zone": "Z", "name": "www.a.test.", "set_identifiers": {HERE: "x", THERE: "y"}}
    app = _app(health=_health(eu_west_1="https://a.test/up"), traffic=[{"route53_records": records}])
    assert name_of(app, CloudFront(distribution="E1", probe=probe)) == name


def test_two_applications_that_read_one_bucket_control_its_access_by_names_of_their_own() -> None:
    assert access_name("press", "press-web") == "press-press-web"
    bucket = "b" * 63
    names = [access_name("press", bucket), access_name("press", f"{bucket[:-1]}c"), access_name("paper", bucket)]
    assert len(set(names)) == 3
    assert all(len(name) <= 64 for name in names)
