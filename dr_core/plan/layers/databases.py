"""The database: the target is made its writer, and is then the only one."""

from dr_core.plan.kinds import (
    detach_aurora,
    failover_aurora,
    promote_replica,
    stop_instance,
    switchover_aurora,
    verify_promoted,
    verify_writer,
)
from dr_core.plan.layers.layer import Layer, Names
from dr_core.plan.move import Move
from dr_core.topology.stores import AuroraGlobal, RdsReplica

Promotable = AuroraGlobal | RdsReplica


def promotable(move: Move) -> Promotable | None:
    """The database, if the target has a copy of it."""
    database = move.app.database.value if move.app.database else None
    match database:
        case AuroraGlobal() if move.target in database.clusters:
            return database
        case RdsReplica() if move.target in database.instances:
            return database
        case _:
            return None


def detaching(move: Move) -> bool:
    """Whether the request names the way out of a global cluster that cannot be failed over."""
    return move.forced and detach_aurora.DETACH in move.overrides


def promote(move: Move, after: Names) -> Layer:
    match promotable(move):
        case AuroraGlobal() as aurora:
            kind = switchover_aurora if not move.forced else detach_aurora if detaching(move) else failover_aurora
            return Layer.of((kind.plan(move, aurora, after),))
        case RdsReplica() as replica:
            promoting = promote_replica.plan(move, replica, after)
            # Users do not wait for the old instance to stop: by now nothing that we know of writes to it.
            old = (stop_instance.plan(move, replica, (promoting.name,)),) if move.source in replica.instances else ()
            return Layer.of((promoting,), loose=old)
        case _:
            return Layer()


def verify(move: Move, after: Names) -> Layer:
    match promotable(move):
        case AuroraGlobal() as aurora:
            return Layer.of((verify_writer.plan(move, aurora, after, detached=detaching(move)),))
        case RdsReplica() as replica:
            return Layer.of((verify_promoted.plan(move, replica, after),))
        case _:
            return Layer()
