"""Listings come in pages where AWS's do, and every entry comes once."""

import pytest
from botocore.exceptions import ClientError

from bot.sandbox.world.api import AwsError
from bot.sandbox.world.pages import page

REFUSAL = AwsError("InvalidInput", "not valid")


@pytest.mark.parametrize(
    ("count", "most", "pages"),
    [(0, 2, [[]]), (2, 2, [[0, 1]]), (3, 2, [[0, 1], [2]]), (4, 2, [[0, 1], [2, 3]])],
)
def test_a_listing_is_cut_into_pages_and_its_last_has_no_token(count: int, most: int, pages: list[list[int]]) -> None:
    found, token = [], None
    while True:
        items, token = page(range(count), token, most, REFUSAL)
        found.append(items)
        if token is None:
            break
    assert found == pages


@pytest.mark.parametrize("token", ["x", "-1", "7"])
def test_a_token_that_no_page_gave_is_refused(token: str) -> None:
    with pytest.raises(AwsError):
        page(range(3), token, 2, REFUSAL)


@pytest.fixture(scope="module")
def stage(play_module):
    """Three databases and three health checks in one world."""
    regions = ("eu-central-1", "eu-west-1")

    def app(name: str) -> dict[str, object]:
        clusters = {region: f"{name}-{region}" for region in regions}
        return {
            "primary": regions[0],
            "standby": [regions[1]],
            "health": [{"route53": {regions[0]: f"hc-{name}"}}],
            "database": {"aurora_global": {"global_cluster": name, "clusters": clusters}},
        }

    return play_module({name: app(name) for name in ("a", "b", "c")})


@pytest.mark.parametrize(
    ("service", "operation", "key", "name"),
    [
        ("rds", "describe_global_clusters", "GlobalClusters", "GlobalClusterIdentifier"),
        ("route53", "list_health_checks", "HealthChecks", "Id"),
    ],
)
def test_boto3s_paginators_find_every_entry_once(stage, service: str, operation: str, key: str, name: str) -> None:
    pages = list(stage.aws(service, "eu-west-1").get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}))
    assert [len(one[key]) for one in pages] == [2, 1]
    assert len({entry[name] for one in pages for entry in one[key]}) == 3


def test_a_marker_that_route53_never_gave_is_refused(stage) -> None:
    with pytest.raises(ClientError, match="InvalidInput"):
        stage.aws("route53", "eu-west-1").list_health_checks(Marker="nowhere")
