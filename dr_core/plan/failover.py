"""Builds the plan of a failover, planned or forced, as a graph of steps. Pure; what cannot be is left to preflight."""

from collections.abc import Callable
from functools import partial

from dr_core.errors import NotFoundError
from dr_core.plan.layers import capacity, consumers, copies, custom, databases, edge, home, serving, shift, traffic
from dr_core.plan.layers.layer import Layer, Names, Steps
from dr_core.plan.move import Move, leads_home
from dr_core.plan.step import Mode, Plan, Policy, Purpose, Segment
from dr_core.topology.model import Topology

Maker = Callable[[Move, Names], Layer]

# What each part of an application adds to a layer: everything in a layer runs at the same time.
LAYERS: dict[Segment, tuple[Maker, ...]] = {
    Segment.PREPARE: (capacity.prepare, copies.prepare),
    Segment.CANARY: (traffic.canary,),
    Segment.FENCE: (capacity.fence, consumers.fence),
    Segment.PROMOTE: (
        databases.promote,
        copies.promote,
    ),
    Segment.SWITCH: (traffic.switch, consumers.switch),
    Segment.VERIFY: (databases.verify, traffic.verify, serving.verify, consumers.verify, edge.verify),
    Segment.SETTLE: (
        capacity.settle,
        copies.settle,
    ),
}

# Where every region serves: none is fenced, and none is promoted.
SHIFT: dict[Segment, tuple[Maker, ...]] = {
    Segment.PREPARE: (capacity.prepare,),
    Segment.SWITCH: (shift.switch,),
    Segment.VERIFY: (shift.verify, serving.verify),
}

# The way home: rows before and behind those of a segment. A row that has nothing to add is passed through.
BEFORE: dict[Segment, Maker] = {Segment.PREPARE: home.protect}
BEHIND: dict[Segment, Maker] = {Segment.PREPARE: home.caught_up}


def build(
    topology: Topology,
    application: str,
    *,
    source: str,
    target: str,
    mode: Mode,
    overrides: tuple[str, ...] = (),
    returning: bool = False,
    drill: bool = False,
) -> Plan:
    """The plan that moves `application` from `source` to `target`. NotFoundError for an application that is not there.
    `drill`: the same for the sake of practice.

    What cannot be planned (an unknown target, a kind that is not supported) is left out here and blocks in preflight.
    """
    app = topology.applications.get(application)
    if app is None:
        known = ", ".join(topology.applications)
        raise NotFoundError(f"There is no application {application}.", hint=f"Known: {known}.")
    homewards = leads_home(app, target, mode)
    purpose = Purpose.DRILL if drill else Purpose.FAILBACK if homewards else Purpose.FAILOVER
    move = Move(application, app, source, target, mode, overrides, returning, purpose, topology.failback.hold)
    quorum = topology.approval.forced if move.forced else topology.approval.planned
    return Plan(
        application=application,
        mode=mode,
        source=source,
        target=target,
        steps=_steps(move),
        overrides=overrides,
        returning=returning,
        purpose=purpose,
        policy=Policy(required=quorum.required, expires_after_s=quorum.expires_after.total_seconds()),
    )


def _steps(move: Move) -> Steps:
    """Layer after layer, each behind what the one before is waited for; an empty layer is passed through.

    The team's own steps are a layer behind the segment that they follow.
    """
    steps: Steps = ()
    after: Names = ()
    layers = SHIFT if move.app.active_active else LAYERS
    for segment in LAYERS:
        own = layers.get(segment, ()), (partial(custom.following, segment),)
        before, behind = ((rows[segment],) if segment in rows else () for rows in (BEFORE, BEHIND))
        for row in (before, *own, behind):
            layer = sum((make(move, after) for make in row), Layer())
            steps, after = (*steps, *layer.steps), layer.held or after
    return (*steps, *home.steady(move, steps))
