"""What is copied beside the database: parameters are brought up to date, or compared where the source is gone."""

from dr_core.plan.kinds import compare_parameters, sync_parameters
from dr_core.plan.layers.layer import Layer, Names
from dr_core.plan.move import Move


def prepare(move: Move, after: Names) -> Layer:
    """A mere comparison holds nothing up."""
    parameters = move.app.parameters
    if not (parameters.paths or parameters.flags):
        return Layer()
    if move.forced:
        return Layer.of(loose=(compare_parameters.plan(move),))
    return Layer.of((sync_parameters.plan(move),))
