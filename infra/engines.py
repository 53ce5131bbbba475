"""With what a database is built: what `deployment` says of its engine, completed by what suits it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from dr_core.topology.deployment import Engine
from dr_core.topology.model import Application
from dr_core.topology.stores import AuroraEngine, AuroraGlobal

_SHORTEST_RPO_S = 20
"""https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html"""


@dataclass(frozen=True)
class Suited:
    """`logs` as the engine calls them. `safe`: parameters without which a client might speak in the clear."""

    name: str
    version: str
    family: str
    instance_class: str
    port: int
    logs: tuple[str, ...]
    safe: Mapping[str, str]


def suited(app: Application, engine: Engine) -> Suited:
    """For an application that has a database."""
    assert app.database is not None, "it has no database"
    match app.database.value:
        case AuroraGlobal(engine=AuroraEngine.MYSQL):
            version = engine.version or "8.0.mysql_aurora.3.10.5"
            return _made(
                engine, "aurora-mysql", version, f"aurora-mysql{'.'.join(version.split('.')[:2])}",
                ("db.r6g.large", 3306), ("error", "slowquery"), {"require_secure_transport": "ON"},
            )  # fmt: skip
        case AuroraGlobal():
            version = engine.version or "17.7"
            return _made(
                engine, "aurora-postgresql", version, f"aurora-postgresql{version.split('.')[0]}",
                ("db.r6g.large", 5432), ("postgresql",), {"rds.force_ssl": "1"},
            )  # fmt: skip
    version = engine.version or "17.7"
    return _made(
        engine, "postgres", version, f"postgres{version.split('.')[0]}",
        ("db.t4g.medium", 5432), ("postgresql", "upgrade"), {"rds.force_ssl": "1"},
    )  # fmt: skip


def _made(
    engine: Engine, name: str, version: str, family: str, by_itself: tuple[str, int], logs: tuple[str, ...],
    safe: Mapping[str, str],
) -> Suited:  # fmt: skip
    instance_class, port = by_itself
    return Suited(name, version, family, engine.instance_class or instance_class, engine.port or port, logs, safe)


def commit_limit(clusters: int, engine: str, rpo_s: float) -> Mapping[str, str]:
    """`rds.global_db_rpo`, which pauses commits while every secondary is further behind: with three regions or more.

    Of two regions the new primary has no secondary at first, and the old one none while the other is down: every commit
    would wait just then (`global-db-rpo` of docs/readiness.md).
    """
    if clusters < 3 or engine != "aurora-postgresql":
        return {}
    return {"rds.global_db_rpo": str(max(_SHORTEST_RPO_S, round(rpo_s)))}


def instances(app: Application, *, primary: bool, standing: int) -> int:
    """How many an Aurora cluster is made with: in the primary region two, for two zones, in a standby `standing`.

    Where its readers ask for more, more. A run adds instances of its own to these and takes away only those.
    """
    readers = [one.aurora_readers for one in app.capacity if one.aurora_readers]
    if primary:
        return max([2, *(1 + one.active for one in readers)])
    return max([standing, *(one.standby for one in readers)])
