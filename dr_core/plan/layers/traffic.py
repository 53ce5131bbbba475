"""What sends users: the switch that leads to the target, then whatever still leads to the source."""

from dr_core.plan.canary import canary_plan
from dr_core.plan.kinds import (
    canary_hold,
    canary_start,
    give_back,
    switch_controls,
    switch_records,
    take_over,
    verify_dns,
)
from dr_core.plan.layers.layer import Layer, Names, distinct, names
from dr_core.plan.move import Move
from dr_core.plan.traffic_switch import traffic_switch


def canary(move: Move, after: Names) -> Layer:
    """A share of the users first, while nothing is taken away from anybody yet (docs/decisions/0014-canary.md)."""
    planned = canary_plan(move)
    if isinstance(planned, str):
        return Layer()
    start = canary_start.plan(move, planned, after)
    hold = canary_hold.plan(move, planned, start)
    return Layer((start, hold), (hold.name,))


def switch(move: Move, after: Names) -> Layer:
    """Verification waits for all of it, but not for a region that has failed to give its object back."""
    traffic = traffic_switch(move)
    forward = distinct(
        (
            *(
                switch_controls.plan(move, entry, {r: r == move.target for r in entry.controls}, after)
                for entry in traffic.controls
            ),
            *(take_over.plan(move, entry, after) for entry in traffic.take_over),
            *(switch_records.plan(move, records, after) for records in traffic.switched),
        )
    )
    # The old object goes last: in between, traffic must not fall back to a region that is neither source nor target.
    back = distinct(give_back.plan(move, entry, names(forward) or after) for entry in traffic.give_back)
    return Layer.of(forward, loose=back) if move.forced else Layer.of(forward, back)


def verify(move: Move, after: Names) -> Layer:
    return Layer.of(distinct(verify_dns.plan(move, records, after) for records in traffic_switch(move).verified))
