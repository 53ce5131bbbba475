"""Builds the plan of a failover, planned or forced, as a graph of steps. Pure; what cannot be is left to preflight."""

from collections.abc import Callable
from functools import partial

from dr_core.errors import NotFoundError
from dr_core.plan.layers import capacity, consumers, copies, custom, databases, edge, serving, shift, traffic
from dr_core.plan.layers.layer import Layer, Names, Steps
from dr_core.plan.move import Move
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
    home = target == app.primary and mode is Mode.PLANNED and not app.active_active
    purpose = Purpose.DRILL if drill else Purpose.FAILBACK if home else Purpose.FAILOVER
    move = Move(application, app, source, target, mode, overrides, returning, purpose)
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
        for row in (layers.get(segment, ()), (partial(custom.following, segment),)):
            layer = sum((make(move, after) for make in row), Layer())
            steps, after = (*steps, *layer.steps), layer.held or after
    return steps
