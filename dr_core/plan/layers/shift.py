"""Where every region serves: users are shifted away from one region, or brought back to it; nothing is promoted."""

from dr_core.plan.kinds import shift_weights, switch_controls, verify_away
from dr_core.plan.layers.layer import Layer, Names, distinct
from dr_core.plan.move import Move
from dr_core.topology.traffic import ArcRoutingControls, Route53Records


def switch(move: Move, after: Names) -> Layer:
    """Routing controls that know the regions, else the records' weights; the regions that are not named stay on."""
    states = {move.target: True} if move.returning else {move.source: False, move.target: True}
    controls = _controls(move)
    if controls:
        return Layer.of(distinct(switch_controls.plan(move, entry, states, after) for entry in controls))
    return Layer.of(distinct(shift_weights.plan(move, records, after) for records in _records(move)))


def verify(move: Move, after: Names) -> Layer:
    """A region that comes back may be answered at any time: which one a resolver picks proves nothing."""
    if move.returning:
        return Layer()
    return Layer.of(distinct(verify_away.plan(move, records, after) for records in _records(move)))


def _controls(move: Move) -> list[ArcRoutingControls]:
    entries = (entry.arc_routing_controls for entry in move.app.traffic if entry.arc_routing_controls)
    return [entry for entry in entries if {move.source, move.target} <= entry.controls.keys()]


def _records(move: Move) -> list[Route53Records]:
    entries = (entry.route53_records for entry in move.app.traffic if entry.route53_records)
    return [entry for entry in entries if {move.source, move.target} <= entry.set_identifiers.keys()]
