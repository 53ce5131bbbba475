"""What runs: the target is scaled up first, the source to zero before anything is promoted, and to its standby last."""

from dr_core.capacity.sizes import there, waiting, writes
from dr_core.plan.kinds import fence_source, scale_target, scale_to_standby
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move


def prepare(move: Move, after: Names) -> Layer:
    entries = [entry for entry in move.app.capacity if there(entry, move.target)]
    steps = distinct(scale_target.plan(move, entry, after) for entry in entries)
    held = [step for entry, step in zip(entries, steps, strict=True) if scale_target.holds(move, entry)]
    return Layer.of(held, loose=[step for step in steps if step not in held])


def fence(move: Move, after: Names) -> Layer:
    return Layer.of(distinct(fence_source.plan(move, entry, after) for entry in move.app.capacity if writes(entry)))


def settle(move: Move, after: Names) -> Layer:
    """Nothing is started again in a region that just failed; a standby of zero is what fencing left."""
    if move.forced:
        return Layer()
    entries = (entry for entry in move.app.capacity if there(entry, move.source))
    resting = (entry for entry in entries if waiting(entry) > 0 or not writes(entry))
    return Layer.of(distinct(scale_to_standby.plan(move, entry, after) for entry in resting))
