"""What only people can give is told, and what two applications name is made once."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from dr_core.topology.model import Topology
from infra.config import Config
from infra.left import of_application, of_house
from infra.sharing import made_by

EXAMPLE = Path(__file__).parents[2] / "infra" / "example.yaml"
SERVICE = {"service": {"image": "image:1"}}


def _config(first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, **file: Any) -> Config:
    """Two applications, `a` and `b`, in two regions each."""
    raw = YAML(typ="safe").load(EXAMPLE.read_text(encoding="utf-8"))
    raw["applications"] = {
        "a": {"primary": "eu-central-1", "standby": ["eu-west-1"], **(first or {})},
        "b": {"primary": "eu-west-1", "standby": ["eu-west-3"], **(second or {})},
    }
    raw["deployment"]["applications"] = {"a": SERVICE, "b": SERVICE}
    topology = Topology.model_validate(raw | file)
    assert topology.deployment is not None
    return Config(topology, topology.deployment)


def test_what_the_first_application_names_the_second_does_not_make_again() -> None:
    config = _config({"secrets": ["x", "y"]}, {"secrets": ["z", "y"]})
    assert made_by(config, "a", lambda _, app: app.secrets) == [(0, "x"), (1, "y")]
    assert made_by(config, "b", lambda _, app: app.secrets) == [(0, "z")]


def test_what_is_shared_and_missing_in_a_region_is_told() -> None:
    config = _config(
        {"cache": [{"elasticache_global": {"group": "c"}}]}, {"cache": [{"elasticache_global": {"group": "c"}}]}
    )
    assert dict(of_application(config, "a")) == {}
    assert dict(of_application(config, "b")) == {"applications.b.cache.0": "a has c, too, and not in eu-west-3"}


DATABASE = {"rds_replica": {"instances": {"eu-central-1": "one", "eu-west-1": "two"}}}
BUCKETS = {"eu-central-1": "one", "eu-west-1": "two"}
ROLE = "arn:aws:iam::{}:role/backfill"


@pytest.mark.parametrize(
    ("app", "paths"),
    [
        ({}, []),
        ({"keys": ["alias/a", "mrk-1"]}, ["keys.1"]),
        ({"secrets": ["one", "a/database/master"]}, ["secrets.0", "secrets.1"]),
        ({"secrets": ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:one-AbCdEf"]}, ["secrets.0"]),
        ({"secrets": ["one", "a/database/master"], "database": DATABASE}, ["secrets.0"]),
        ({"parameters": {"paths": ["/a"], "flags": "/f"}}, ["parameters.paths.0"]),
        (
            {"parameters": {"appconfig": [{"application": "a", "environment": "e", "profile": "p"}]}},
            ["parameters.appconfig.0"],
        ),
        ({"tables": [{"dynamodb_global": {"table": "t"}}]}, ["tables.0"]),
        ({"storage": [{"s3": {"buckets": BUCKETS, "batch_role_arn": ROLE.format("111122223333")}}]}, []),
        ({"storage": [{"s3": {"buckets": BUCKETS, "batch_role_arn": ROLE.format("999999999999")}}]}, ["storage.0"]),
    ],
)
def test_each_thing_that_only_people_can_give_is_told_where_it_stands(app: dict[str, Any], paths: list[str]) -> None:
    assert [path for path, _ in of_application(_config(app), "a")] == [f"applications.a.{path}" for path in paths]


def test_a_bucket_in_a_region_where_nothing_of_ours_stands_is_told() -> None:
    places = [{"region": "eu-north-1", "bucket": "far"}, {"region": "eu-west-1", "bucket": "near"}]
    config = _config(audit={"anchors": places}, runbook={"buckets": places})
    assert [path for path, _ in of_house(config)] == ["audit.anchors.0", "runbook.buckets.0"]
