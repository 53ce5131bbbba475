"""What a database is built with where `deployment` leaves it open, and how many instances stand."""

from typing import Any

import pytest

from dr_core.topology.deployment import Engine
from dr_core.topology.model import Application
from infra.engines import commit_limit, instances, suited

CLUSTERS = {"eu-west-1": "a", "eu-west-3": "b"}


def _app(database: dict[str, Any], *capacity: dict[str, Any]) -> Application:
    return Application.model_validate(
        {"primary": "eu-west-1", "standby": ["eu-west-3"], "database": database, "capacity": [*capacity]}
    )


POSTGRES = {"aurora_global": {"global_cluster": "g", "clusters": CLUSTERS}}
MYSQL = {"aurora_global": {"global_cluster": "g", "clusters": CLUSTERS, "engine": "aurora-mysql"}}
REPLICA = {"rds_replica": {"instances": CLUSTERS}}


@pytest.mark.parametrize(
    ("database", "engine", "found"),
    [
        (POSTGRES, {}, ("aurora-postgresql", "17.7", "aurora-postgresql17", "db.r6g.large", 5432)),
        (POSTGRES, {"version": "16.9"}, ("aurora-postgresql", "16.9", "aurora-postgresql16", "db.r6g.large", 5432)),
        (MYSQL, {}, ("aurora-mysql", "8.0.mysql_aurora.3.10.5", "aurora-mysql8.0", "db.r6g.large", 3306)),
        (MYSQL, {"version": "8.4.mysql_aurora.4.1.0"}, ("aurora-mysql", "8.4.mysql_aurora.4.1.0", "aurora-mysql8.4",
                                                        "db.r6g.large", 3306)),
        (REPLICA, {}, ("postgres", "17.7", "postgres17", "db.t4g.medium", 5432)),
        (REPLICA, {"instance_class": "db.m7g.large", "port": 6000},
         ("postgres", "17.7", "postgres17", "db.m7g.large", 6000)),
    ],
)  # fmt: skip
def test_what_is_left_open_suits_the_engine(database: dict[str, Any], engine: dict[str, Any], found: object) -> None:
    suit = suited(_app(database), Engine.model_validate(engine))
    assert (suit.name, suit.version, suit.family, suit.instance_class, suit.port) == found


@pytest.mark.parametrize("database", [POSTGRES, MYSQL, REPLICA])
def test_no_client_may_speak_in_the_clear(database: dict[str, Any]) -> None:
    assert set(suited(_app(database), Engine()).safe) & {"rds.force_ssl", "require_secure_transport"}


@pytest.mark.parametrize(
    ("clusters", "engine", "rpo_s", "limit"),
    [
        (2, "aurora-postgresql", 60, None),
        (3, "aurora-postgresql", 60, "60"),
        (3, "aurora-postgresql", 1, "20"),
        (3, "aurora-mysql", 60, None),
    ],
)
def test_commits_are_limited_only_where_another_secondary_is_left(
    clusters: int, engine: str, rpo_s: float, limit: str | None
) -> None:
    assert commit_limit(clusters, engine, rpo_s).get("rds.global_db_rpo") == limit


@pytest.mark.parametrize(
    ("readers", "primary", "standing", "count"),
    [
        (None, True, 0, 2),
        (None, False, 0, 0),
        (None, False, 2, 2),
        ((1, 0), True, 0, 2),
        ((4, 1), True, 1, 5),
        ((4, 1), False, 0, 1),
        ((4, 1), False, 2, 2),
    ],
)
def test_two_zones_in_the_primary_and_in_a_standby_what_its_size_or_its_readers_ask_for(
    readers: tuple[int, int] | None, *, primary: bool, standing: int, count: int
) -> None:
    entry = [{"aurora_readers": {"clusters": CLUSTERS, "active": readers[0], "standby": readers[1]}}] if readers else []
    assert instances(_app(POSTGRES, *entry), primary=primary, standing=standing) == count
