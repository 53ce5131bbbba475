"""What an application whose regions all serve may not have, and what weights may say."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dr_core.topology.check import check_topology
from dr_core.topology.findings import Severity
from dr_core.topology.model import Topology

ACTIVE = Path(__file__).parents[2] / "topologies" / "active.yaml"
FRA, DUB = "eu-central-1", "eu-west-1"


def fatal(**changes: Any) -> list[str]:
    """Path and message of every fatal finding, with the catalog changed."""
    document = yaml.safe_load(ACTIVE.read_text(encoding="utf-8"))
    document["applications"]["catalog"] |= changes
    found = check_topology(Topology.model_validate(document))
    return [f"{one.path}: {one.message}" for one in found if one.severity is Severity.FATAL]


def records(**more: Any) -> dict[str, Any]:
    given = {"hosted_zone": "Z", "name": "n.example.com", "set_identifiers": {FRA: "a", DUB: "b"}}
    return {"route53_records": given | more}


def test_the_sample_is_right():
    assert fatal() == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"database": {"aurora_global": {"global_cluster": "g", "clusters": {FRA: "a", DUB: "b"}}}},
            "active_active: every region would serve, and the database has a single writer",
        ),
        (
            {"database": {"rds_replica": {"instances": {FRA: "a", DUB: "b"}}}},
            "active_active: every region would serve, and the database has a single writer",
        ),
        (
            {"traffic": [records(), {"standby_takes_over": {"bucket": {DUB: "t"}, "key": "k", "health_check": "h"}}]},
            "standby_takes_over: a take-over object sends everybody to one region",
        ),
        ({"traffic": []}, "nothing could shift users away"),
        (
            {"capacity": [{"ecs": {"cluster": "c", "service": "s", "active": 2, "standby": 1}}]},
            "capacity[0].ecs.standby: every region serves",
        ),
        ({"traffic": [records(weights={FRA: 10})]}, "weights: expected a weight for each"),
        ({"active_active": False, "traffic": [records(weights={FRA: 10, DUB: 5})]}, "only where every region serves"),
    ],
)
def test_what_only_one_region_can_have_is_refused(changes, words):
    assert any(words in one for one in fatal(**changes)), fatal(**changes)
