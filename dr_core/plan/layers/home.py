"""What the way home has besides: the old side is protected again first and has caught up, and all stands at the end."""

from dataclasses import replace

from dr_core.plan.kinds import catch_up, fence_source, reprotect_aurora, scale_to_standby, verify_steady
from dr_core.plan.layers.layer import Layer, Names, Steps
from dr_core.plan.move import Move
from dr_core.topology.stores import AuroraGlobal


def protect(move: Move, after: Names) -> Layer:
    """Nothing is scaled for a database that is not there yet."""
    database = _aurora(move) if move.homeward else None
    return Layer.of((reprotect_aurora.plan(move, database, after),) if database is not None else ())


def caught_up(move: Move, after: Names) -> Layer:
    """Last before users notice anything, so that it speaks of now. Whoever overrides it goes home all the same."""
    waited_for = move.homeward and catch_up.NOT_CAUGHT_UP not in move.overrides
    held = waited_for and any(entry.value.gate for entry in move.app.stores)
    return Layer.of((catch_up.plan(move, after),) if held else ())


def steady(move: Move, steps: Steps) -> Steps:
    """One step behind all that nothing waits for: the states that the plan has reached, and the old side's role."""
    if not move.homeward or not steps:
        return ()
    waited_for = {name for step in steps for name in step.after}
    leaves = tuple(step.name for step in steps if step.name not in waited_for)
    database, back = _aurora(move), replace(move, source=move.target, target=move.source)
    roles = (reprotect_aurora.plan(back, database, ()),) if database is not None else ()
    return (verify_steady.plan(move, (*_last(steps), *roles), leaves),)


def _last(steps: Steps) -> Steps:
    """Without the states that later steps have replaced: the primary's return, and a fence that became a standby."""
    resting = [step.params.get("entry") for step in steps if step.kind == scale_to_standby.KIND.name]
    return tuple(
        step
        for step in steps
        if step.kind != reprotect_aurora.KIND.name
        and not (step.kind == fence_source.KIND.name and step.params.get("entry") in resting)
    )


def _aurora(move: Move) -> AuroraGlobal | None:
    """The global cluster, where both sides have a part of it."""
    database = move.app.database.aurora_global if move.app.database else None
    both = database is not None and {move.source, move.target} <= database.clusters.keys()
    return database if both else None
