"""What stands before the regions and moves by itself: it is read through, and nothing waits for it."""

from dr_core.plan.kinds import verify_origin
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move


def verify(move: Move, after: Names) -> Layer:
    entries = (entry.cloudfront for entry in move.app.traffic if entry.cloudfront is not None)
    return Layer.of(loose=distinct(verify_origin.plan(move, entry, after) for entry in entries))
