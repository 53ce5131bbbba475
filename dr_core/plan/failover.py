"""Builds the plan of a failover, planned or forced, as a graph of steps. Pure; what cannot be is left to preflight."""

from dr_core.errors import NotFoundError
from dr_core.plan.kinds import (
    compare_parameters,
    failover_aurora,
    fence_source,
    give_back,
    scale_target,
    scale_to_standby,
    switch_records,
    switchover_aurora,
    sync_parameters,
    take_over,
    verify_dns,
    verify_health,
    verify_write,
    verify_writer,
)
from dr_core.plan.move import Move
from dr_core.plan.step import Mode, Plan, Policy, Step
from dr_core.plan.traffic_switch import traffic_switch
from dr_core.topology.capacity import Capacity
from dr_core.topology.model import Topology
from dr_core.topology.stores import AuroraGlobal

Names = tuple[str, ...]
Steps = tuple[Step, ...]


def build(
    topology: Topology, application: str, *, source: str, target: str, mode: Mode, overrides: tuple[str, ...] = ()
) -> Plan:
    """The plan that moves `application` from `source` to `target`. NotFoundError for an application that is not there.

    What cannot be planned (an unknown target, a kind that is not supported) is left out here and blocks in preflight.
    """
    app = topology.applications.get(application)
    if app is None:
        known = ", ".join(topology.applications)
        raise NotFoundError(f"There is no application {application}.", hint=f"Known: {known}.")
    move = Move(application, app, source, target, mode, overrides)
    quorum = topology.approval.forced if move.forced else topology.approval.planned
    return Plan(
        application=application,
        mode=mode,
        source=source,
        target=target,
        steps=_steps(move),
        overrides=overrides,
        policy=Policy(required=quorum.required, expires_after_s=quorum.expires_after.total_seconds()),
    )


def _steps(move: Move) -> Steps:
    """Layer after layer; inside a layer everything runs at the same time, and an empty layer is passed through."""
    prepare, waited_for = _prepare(move)
    fence = _distinct(tuple(fence_source.plan(move, entry, waited_for) for entry in scalable(move)))
    promote = _promote(move, _names(fence) or waited_for)
    ready = _names(promote) or _names(fence) or waited_for
    switch, moved = _switch(move, ready)
    verify = _verify(move, moved)
    settle = _settle(move, _names(verify) or moved)
    return (*prepare, *fence, *promote, *switch, *verify, *settle)


def scalable(move: Move) -> tuple[Capacity, ...]:
    """The entries whose capacity can be changed so far."""
    return tuple(entry for entry in move.app.capacity if entry.ecs is not None)


def promotable(move: Move) -> AuroraGlobal | None:
    """The database that can be promoted so far, if the target has a member of it."""
    database = move.app.database.aurora_global if move.app.database else None
    return database if database is not None and move.target in database.clusters else None


def _prepare(move: Move) -> tuple[Steps, Names]:
    """The first steps, and those that the rest waits for: a mere comparison holds nothing up."""
    scale = _distinct(tuple(scale_target.plan(move, entry) for entry in scalable(move)))
    parameters = move.app.parameters
    if not (parameters.paths or parameters.flags):
        return scale, _names(scale)
    if move.forced:
        return (*scale, compare_parameters.plan(move)), _names(scale)
    steps = (*scale, sync_parameters.plan(move))
    return steps, _names(steps)


def _promote(move: Move, after: Names) -> Steps:
    database = promotable(move)
    if database is None:
        return ()
    kind = failover_aurora if move.forced else switchover_aurora
    return (kind.plan(move, database, after),)


def _switch(move: Move, after: Names) -> tuple[Steps, Names]:
    """The steps, and those that verification waits for: not for a region that has failed to give its object back."""
    traffic = traffic_switch(move)
    forward = _distinct(
        (
            *(take_over.plan(move, switch, after) for switch in traffic.take_over),
            *(switch_records.plan(move, records, after) for records in traffic.switched),
        )
    )
    moved = _names(forward) or after
    # The old object goes last: in between, traffic must not fall back to a region that is neither source nor target.
    back = _distinct(tuple(give_back.plan(move, switch, moved) for switch in traffic.give_back))
    return (*forward, *back), moved if move.forced else (*_names(forward), *_names(back)) or after


def _verify(move: Move, after: Names) -> Steps:
    database = promotable(move)
    writer = (verify_writer.plan(move, database, after),) if database else ()
    dns = tuple(verify_dns.plan(move, records, after) for records in traffic_switch(move).verified)
    write = tuple(verify_write.plan(move, e.http_write_read.url, after) for e in move.app.verify if e.http_write_read)
    urls = [check.http[move.target] for check in move.app.health if check.http and move.target in check.http]
    health = tuple(verify_health.plan(move, url, after) for url in urls)
    return _distinct((*writer, *dns, *write, *health))


def _settle(move: Move, after: Names) -> Steps:
    """Nothing is started again in a region that just failed; a standby of zero is what fencing left."""
    if move.forced:
        return ()
    return _distinct(
        tuple(scale_to_standby.plan(move, e, after) for e in scalable(move) if e.ecs and e.ecs.standby > 0)
    )


def _names(steps: Steps) -> Names:
    return tuple(step.name for step in steps)


def _distinct(steps: Steps) -> Steps:
    """Two entries may lead to one name (`a/b` and `a-b`); a name names one step, or the graph would lie."""
    given: dict[str, Step] = {}
    for step in steps:
        number, name = 1, step.name
        while name in given:
            number += 1
            name = f"{step.name}-{number}"
        given[name] = step.model_copy(update={"name": name})
    return tuple(given.values())
