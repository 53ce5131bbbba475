"""What `deployment` may not say."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dr_core.topology.check_deployment import check_deployment
from dr_core.topology.deployment import assigned_later
from dr_core.topology.model import Topology

EXAMPLE = Path(__file__).parents[3] / "infra" / "example.yaml"


def _findings(shop: dict[str, Any] | None = None, **changes: Any) -> list[tuple[str, str]]:
    """`shop`: what is different in the application, the rest in `deployment`."""
    raw = YAML(typ="safe").load(EXAMPLE.read_text(encoding="utf-8"))
    raw["applications"]["shop"] |= shop or {}
    raw["deployment"] |= changes
    topology = Topology.model_validate(raw)
    return [(finding.path, finding.message) for finding in check_deployment(topology)]


SERVICE = {"service": {"image": "image:1"}, "home": "eu-central-1"}
ENGINE, BASE = "deployment.applications.shop.engine", "deployment.applications.shop"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        (
            {"applications": {"shop": SERVICE, "ship": SERVICE}},
            [("deployment.applications.ship", "no application has this name")],
        ),
        (
            {"applications": {"ship": SERVICE}},
            [
                ("deployment.applications.ship", "no application has this name"),
                ("deployment.applications", "shop is not deployed from here"),
            ],
        ),
        ({"name": "shop"}, [("deployment.name", "shop is an application's name")]),
        (
            {"cidrs": {"eu-south-1": "10.1.0.0/16"}},
            [("deployment.cidrs.eu-south-1", "eu-south-1 is no allowed region")],
        ),
        (
            {"cidrs": {"eu-central-1": "10.1.0.0/16", "eu-west-1": "10.1.128.0/17"}},
            [("deployment.cidrs.eu-west-1", "10.1.128.0/17 overlaps with 10.1.0.0/16 of eu-central-1")],
        ),
        (
            {"cidrs": {"eu-central-1": "10.21.0.0/20"}},  # the one that eu-west-1 gets by itself
            [("deployment.cidrs.eu-west-1", "10.21.0.0/16 overlaps with 10.21.0.0/20 of eu-central-1")],
        ),
        (
            {"applications": {"shop": {"service": {"image": "image:1"}}}},
            [(f"{BASE}.home", "another `primary` would make keys, secrets and stores anew, for they belong to it")],
        ),
        (
            {"applications": {"shop": SERVICE | {"home": "eu-west-2"}}},
            [(f"{BASE}.home", "eu-west-2 is no region of the application")],
        ),
        ({"zones": {"eu-west-1": ["eu-west-1a"]}}, [("deployment.zones.eu-west-1", "a database needs two zones")]),
        (
            {"zones": {"eu-west-1": ["eu-west-1a", "eu-west-2b"]}},
            [("deployment.zones.eu-west-1", "eu-west-2b is no zone of eu-west-1")],
        ),
    ],
)
def test_what_does_not_fit_is_found_where_it_stands(changes: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert _findings(**changes) == found


def _built(**parts: Any) -> dict[str, Any]:
    return {"applications": {"shop": SERVICE | parts}}


MYSQL = {"database": {"aurora_global": {"global_cluster": "g", "engine": "aurora-mysql",
                                        "clusters": {"eu-central-1": "a", "eu-west-1": "b"}}}}  # fmt: skip
NAMESAKES = {
    "database": {"aurora_global": {"global_cluster": "g", "clusters": {"eu-central-1": "a", "eu-west-1": "A"}}}
}
REPLICAS = {"database": {"rds_replica": {"instances": {"eu-central-1": "a", "eu-west-1": "b"}}}}
CACHE = {"cache": [{"elasticache_global": {"group": "carts"}}]}


@pytest.mark.parametrize(
    ("shop", "built", "found"),
    [
        ({}, {"engine": {"secret": "shop/api/keys"}}, []),
        ({"account": {"role_arn": "arn:aws:iam::111122223333:role/dr"}}, {}, []),
        (
            {"account": {"role_arn": "arn:aws:iam::999999999999:role/dr"}},
            {},
            [(BASE, "it would be built in 111122223333, and the bot looks for it in 999999999999")],
        ),
        (
            {},
            {"engine": {"secret": "shop/other"}},
            [(f"{ENGINE}.secret", "shop/other is none of shop's secrets: nobody looks at its copies")],
        ),
        ({"database": None}, {"engine": {"secret": "shop/other", "instance_class": "db.t4g.medium"}}, []),
        ({}, {"engine": {"instance_class": "db.r7g.2xlarge"}}, []),
        (
            {},
            {"engine": {"instance_class": "db.t4g.medium"}},
            [(f"{ENGINE}.instance_class", "a global database cannot run on db.t4g.medium")],
        ),
        (REPLICAS, {"engine": {"instance_class": "db.t4g.medium"}}, []),
        (MYSQL, {"engine": {"version": "8.0.mysql_aurora.3.10.5"}}, []),
        (
            MYSQL,
            {"engine": {"version": "17.7"}},
            [(f"{ENGINE}.version", "17.7 is no version of aurora-mysql")],
        ),
        (
            {},
            {"engine": {"version": "8.0.mysql_aurora.3.10.5"}},
            [(f"{ENGINE}.version", "8.0.mysql_aurora.3.10.5 is no version of aurora-postgresql")],
        ),
        (
            NAMESAKES,
            {},
            [
                (
                    "applications.shop.database.aurora_global.clusters",
                    "the clusters of a global database need names of their own",
                )
            ],
        ),
        ({}, {"cache_node": "cache.t4g.micro"}, []),
        (CACHE, {}, []),
        (
            CACHE,
            {"cache_node": "cache.t4g.micro"},
            [(f"{BASE}.cache_node", "a global datastore cannot run on cache.t4g.micro")],
        ),
        (
            {**CACHE, "standby": ["eu-west-1", "eu-west-2", "eu-west-3"]},
            {},
            [(BASE, "a global datastore has two copies at most, not 3")],
        ),
    ],
)
def test_a_store_is_built_with_what_aws_takes(
    shop: dict[str, Any], built: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert _findings(shop, **_built(**built)) == found


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "10.0.0.0/28", "10.0.0.1/16", "fd00::/16", "ten"])
def test_a_network_has_room_for_subnets(cidr: str) -> None:
    with pytest.raises(ValueError, match="expected an IPv4 network"):
        _findings(cidrs={"eu-west-1": cidr})


def test_an_id_that_is_assigned_later_says_so() -> None:
    assert assigned_later("deployed:hc-1")
    assert not assigned_later("hc-1")


def test_region_switch_and_what_stands_already_fit_the_application() -> None:
    built = {**SERVICE, "region_switch": True, "existing": ["health_checks"]}
    serving = {"active_active": True, "database": None, "capacity": []}
    base = "deployment.applications.shop"
    assert _findings(serving, applications={"shop": built}) == [
        (f"{base}.region_switch", "every region serves: there is nothing to switch between"),
        (f"{base}.existing", "health_checks stand already, and an id of theirs is still `deployed:`"),
    ]
    assert _findings(applications={"shop": {**SERVICE, "region_switch": True, "existing": ["distribution"]}}) == []


def test_a_region_without_a_network_of_its_own_needs_one_given() -> None:
    told = [("deployment.cidrs.eu-nowhere-9", "eu-nowhere-9 has no network of its own")]
    assert _findings({"standby": ["eu-nowhere-9"]}) == told
