"""What `deployment` may not say."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dr_core.topology.check_deployment import check_deployment
from dr_core.topology.deployment import assigned_later
from dr_core.topology.model import Topology

EXAMPLE = Path(__file__).parents[3] / "infra" / "example.yaml"


def _findings(**changes: Any) -> list[tuple[str, str]]:
    raw = YAML(typ="safe").load(EXAMPLE.read_text(encoding="utf-8"))
    raw["deployment"] |= changes
    topology = Topology.model_validate(raw)
    return [(finding.path, finding.message) for finding in check_deployment(topology)]


SERVICE = {"service": {"image": "image:1"}}


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
        ({"zones": {"eu-west-1": ["eu-west-1a"]}}, [("deployment.zones.eu-west-1", "a database needs two zones")]),
        (
            {"zones": {"eu-west-1": ["eu-west-1a", "eu-west-2b"]}},
            [("deployment.zones.eu-west-1", "eu-west-2b is no zone of eu-west-1")],
        ),
    ],
)
def test_what_does_not_fit_is_found_where_it_stands(changes: dict[str, Any], found: list[tuple[str, str]]) -> None:
    assert _findings(**changes) == found


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "10.0.0.0/28", "10.0.0.1/16", "fd00::/16", "ten"])
def test_a_network_has_room_for_subnets(cidr: str) -> None:
    with pytest.raises(ValueError, match="expected an IPv4 network"):
        _findings(cidrs={"eu-west-1": cidr})


def test_an_id_that_is_assigned_later_says_so() -> None:
    assert assigned_later("deployed:hc-1")
    assert not assigned_later("hc-1")
