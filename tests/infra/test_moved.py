"""An application that stays where it was moved: `primary` changes, what its home owns stays, to the letter.

The same configuration shares things between applications, which is what their roles may use then.
"""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.infra.synthesized import CONFIGS, Assembly, synthesized

OWNING = ("keys", "secrets", "database", "storage", "cache", "tables")
GIVEN = "arn:aws:secretsmanager:eu-north-1:444455556666:secret:booking/given-AbCdEf"
OLD, NEW = "eu-north-1", "eu-west-3"


@pytest.fixture(scope="session")
def moved(shared: Path) -> Assembly:
    """configs/north.yaml after both applications were moved to the other region for good."""
    yaml = YAML()  # keeps the order: the first application makes what several name
    raw = yaml.load((CONFIGS / "north.yaml").read_text(encoding="utf-8"))
    for name, app in raw["applications"].items():
        app["primary"], app["standby"] = NEW, [OLD]
        raw["deployment"]["applications"][name]["home"] = OLD
    booking = raw["applications"]["booking"]
    booking["secrets"].append(GIVEN)
    booking["keys"] += ["alias/booking-more", "mrk-1234"]
    booking["tables"] = raw["applications"]["catalog"]["tables"]
    raw["applications"]["catalog"]["traffic"][0]["standby_takes_over"]["bucket"] = {OLD: "catalog-takeover-sto"}
    path = shared / "moved.yaml"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(raw, file)
    return synthesized(path, shared)


def _owned(assembly: Assembly) -> dict[tuple[str, str], Any]:
    """By (stack, logical id); without the instances of clusters, whose number `primary` decides, and the order."""
    return {
        (stack, name): {key: value for key, value in one.items() if key != "DependsOn"}
        for stack, template in assembly.templates.items()
        if any(f"-{concern}-" in stack for concern in OWNING) and "house" not in stack
        for name, one in template.body["Resources"].items()
        if "DBClusterIdentifier" not in one.get("Properties", {}) or one["Type"] != "AWS::RDS::DBInstance"
    }


def test_whoever_owns_a_key_a_secret_or_a_store_keeps_it(north: Assembly, moved: Assembly) -> None:
    before, after = _owned(north), _owned(moved)
    assert {"AWS::KMS::Key", "AWS::RDS::GlobalCluster", "AWS::DynamoDB::GlobalTable", "AWS::SecretsManager::Secret",
            "AWS::ElastiCache::GlobalReplicationGroup"} <= {one["Type"] for one in before.values()}  # fmt: skip
    assert {at for at, one in before.items() if after.get(at) != one} == set()


def test_counts_follow_the_primary(moved: Assembly) -> None:
    counts = {
        template.region: properties["DesiredCount"]["Fn::If"][2]
        for template, _, properties in moved.of("AWS::ECS::Service")
        if "booking-consumers" in template.stack
    }
    assert counts == {NEW: 2, OLD: 0}


def test_what_runs_may_use_what_it_names_in_its_own_region(moved: Assembly) -> None:
    """A secret's replica, each of its keys, and the key of whoever makes the table that it shares."""
    for region in (OLD, NEW):
        policies = [
            statement
            for _, one in moved.templates[f"booking-compute-{region}"].of("AWS::IAM::Policy").items()
            for statement in one["Properties"]["PolicyDocument"]["Statement"]
        ]
        secrets = next(one for one in policies if one.get("Sid") == "Secrets")["Resource"]
        assert GIVEN.replace(OLD, region) in secrets
        keys = next(one for one in policies if one.get("Sid") == "Key")["Resource"]
        assert len(keys) == 4
        assert f"arn:aws:kms:{region}:444455556666:key/mrk-1234" in keys
        assert sum("catalog-keys" in str(one) for one in keys) == 1
