"""What runs: the target is scaled up first, the source to zero before anything is promoted, and to its standby last."""

from dr_core.plan.kinds import fence_source, scale_target, scale_to_standby
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move
from dr_core.topology.capacity import Capacity


def scalable(move: Move) -> tuple[Capacity, ...]:
    """The entries whose capacity can be changed so far."""
    return tuple(entry for entry in move.app.capacity if entry.ecs is not None)


def prepare(move: Move, after: Names) -> Layer:
    return Layer.of(distinct(scale_target.plan(move, entry) for entry in scalable(move)))


def fence(move: Move, after: Names) -> Layer:
    return Layer.of(distinct(fence_source.plan(move, entry, after) for entry in scalable(move)))


def settle(move: Move, after: Names) -> Layer:
    """Nothing is started again in a region that just failed; a standby of zero is what fencing left."""
    if move.forced:
        return Layer()
    waiting = (entry for entry in scalable(move) if entry.value.standby > 0)
    return Layer.of(distinct(scale_to_standby.plan(move, entry, after) for entry in waiting))
