"""The database: the target is made its writer, and is then the only one."""

from dr_core.plan.kinds import failover_aurora, switchover_aurora, verify_writer
from dr_core.plan.layers.layer import Layer, Names
from dr_core.plan.move import Move
from dr_core.topology.stores import AuroraGlobal


def promotable(move: Move) -> AuroraGlobal | None:
    """The database that can be promoted so far, if the target has a member of it."""
    database = move.app.database.aurora_global if move.app.database else None
    return database if database is not None and move.target in database.clusters else None


def promote(move: Move, after: Names) -> Layer:
    database = promotable(move)
    if database is None:
        return Layer()
    kind = failover_aurora if move.forced else switchover_aurora
    return Layer.of((kind.plan(move, database, after),))


def verify(move: Move, after: Names) -> Layer:
    database = promotable(move)
    return Layer.of((verify_writer.plan(move, database, after),)) if database else Layer()
