"""What takes work: stopped in the source before anything is promoted, started in the target while traffic switches."""

from dr_core.plan.kinds import start_consumers, stop_consumers, verify_consumers
from dr_core.plan.layers.layer import Layer, Names, Steps, distinct
from dr_core.plan.move import Move


def fence(move: Move, after: Names) -> Layer:
    return Layer.of(distinct(stop_consumers.plan(move, entry, after) for entry in move.app.consumers))


def switch(move: Move, after: Names) -> Layer:
    """Users are not to wait for them: whether traffic has arrived is verified meanwhile."""
    return Layer.of(loose=_started(move, after))


def verify(move: Move, after: Names) -> Layer:
    """Each behind its own start, and not behind the traffic."""
    started = zip(move.app.consumers, _started(move, ()), strict=True)
    return Layer.of(distinct(verify_consumers.plan(move, entry, (start.name,)) for entry, start in started))


def _started(move: Move, after: Names) -> Steps:
    return distinct(start_consumers.plan(move, entry, after) for entry in move.app.consumers)
