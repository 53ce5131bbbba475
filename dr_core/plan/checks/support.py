"""What the topology names and the code cannot carry out yet, or the target lacks: said before, never just left out."""

from collections.abc import Iterator

from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.move import Move
from dr_core.plan.step import Finding, Segment
from dr_core.plan.traffic_switch import traffic_switch
from dr_core.topology.model import Application
from dr_core.topology.part import OneOf

_NOT_DONE = {
    "traffic.arc_routing_controls": "the routing controls of {what} would not be switched",
    "traffic.cloudfront": "distribution {what} would not be checked",
    "database.rds_replica": "the RDS replica would not be promoted",
    "cache.elasticache_global": "cache {what} would not be promoted",
    "capacity.autoscaling": "Auto Scaling group {what} would not be scaled",
    "capacity.eks_nodegroup": "EKS node group {what} would not be scaled",
    "capacity.aurora_readers": "Aurora readers would not be added or removed",
    "consumers.lambda_event_source": "the event source of function {what} would not move",
    "consumers.eventbridge_rule": "EventBridge rule {what} would not move",
    "consumers.eventbridge_schedule": "EventBridge schedule {what} would not move",
    "consumers.ecs_poller": "ECS poller {what} would not move",
    "custom.lambda": "custom step {what} would not run",
    "custom.ssm_document": "custom step {what} would not run",
    "custom.webhook": "custom step {what} would not run",
}


def findings(case: Case) -> tuple[Finding, ...]:
    return (*_not_supported(case.app), *_target_lacks(case), *_unverified(case), *_canary(case))


def _not_supported(app: Application) -> Iterator[Finding]:
    named: dict[str, list[str]] = {}
    for path, entry in _entries(app):
        if path in _NOT_DONE:
            named.setdefault(path, []).append(_what(entry))
    for path, names in named.items():
        undone = _NOT_DONE[path].format(what=", ".join(names))
        yield blocking(f"not-supported:{path}", f"Not supported yet: {undone}.", way_out="Do it by hand.")


def _entries(app: Application) -> Iterator[tuple[str, OneOf]]:
    lists: dict[str, tuple[OneOf, ...]] = {
        "traffic": app.traffic,
        "database": (app.database,) if app.database else (),
        "cache": app.cache,
        "capacity": app.capacity,
        "consumers": app.consumers,
        "custom": app.custom,
    }
    for key, entries in lists.items():
        for entry in entries:
            yield f"{key}.{entry.kind}", entry


def _what(entry: OneOf) -> str:
    """The name that the entry gives the thing, whichever key holds it."""
    given = entry.value.model_dump()
    for key in ("name", "function", "rule", "schedule", "nodegroup", "service", "group", "distribution"):
        if isinstance(given.get(key), str):
            return str(given[key])
    return ", ".join(given["controls"]) if "controls" in given else entry.kind


def _target_lacks(case: Case) -> Iterator[Finding]:
    target, app = case.plan.target, case.app
    database = app.database.aurora_global if app.database else None
    if database is not None and target not in database.clusters:
        message = f"The topology names no cluster of {database.global_cluster} in {target}: nothing would be promoted."
        yield blocking(
            "target-not-configured:database", message, way_out="Name it under database.aurora_global.clusters."
        )
    move = Move(case.plan.application, app, case.plan.source, target, case.plan.mode)
    switchable = any(entry.route53_records or entry.standby_takes_over for entry in app.traffic)
    if switchable and traffic_switch(move).empty:
        message = f"No configured way sends traffic from {case.plan.source} to {target}."
        yield blocking("target-not-configured:traffic", message, way_out="Name a record or a bucket for it.")


def _unverified(case: Case) -> Iterator[Finding]:
    if any(step.segment is Segment.VERIFY for step in case.plan.steps):
        return
    message = f"Nothing of {case.plan.application} can be verified: no write probe, health check, record or database."
    yield blocking("no-verification", message, way_out="Configure verify or health.")


def _canary(case: Case) -> Iterator[Finding]:
    if case.app.canary is not None and not case.forced:
        message = f"No canary is held yet: all traffic moves at once, not {case.app.canary.percent} % first."
        yield warning("canary-not-held", message)
