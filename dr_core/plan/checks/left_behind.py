"""Where every region serves: what a shift of users leaves where it is, since it moves nothing but them. Pure."""

from collections.abc import Iterator

from dr_core.consumers.consumption import Consumption, consumptions
from dr_core.consumers.port import consumer_name
from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.step import Finding


def findings(case: Case) -> tuple[Finding, ...]:
    """Nothing for who comes back: whatever was left behind is there, or was moved by hand."""
    if not case.app.active_active or case.plan.returning:
        return ()
    return (*_consumers(case), *_caches(case), *_parameters(case))


def _consumers(case: Case) -> Iterator[Finding]:
    source, target = case.plan.source, case.plan.target
    states = case.fresh.consumers if case.fresh is not None else ()
    seen = {(one.kind, one.name): one for one in consumptions(states)}
    for entry in case.app.consumers:
        name = consumer_name(entry)
        one = seen.get((entry.kind, name), Consumption(entry.kind, name, ()))
        elsewhere = [region for region in one.consuming if region != source]
        evidence = one.evidence or "nothing was seen"
        if elsewhere:
            message = f"Users are shifted away from {source}, and {name} is left as it is there."
            way_out = f"Stop it in {source} by hand, if nothing is to work there; {', '.join(elsewhere)} goes on."
            yield warning("consumers-left-on", message, evidence=evidence, way_out=way_out)
        else:
            message = (
                f"{name} is not seen to be consumed anywhere but in {source}, and a shift of users starts it nowhere."
            )
            way_out = f"Start it in {target} by hand first."
            yield blocking("consumers-left-behind", message, evidence=evidence, way_out=way_out)


def _caches(case: Case) -> Iterator[Finding]:
    for entry in case.app.cache:
        if entry.elasticache_global is None:
            continue
        group = entry.elasticache_global.group
        message = f"Cache {group} has a single primary, and a shift of users promotes no other."
        way_out = f"Where it is in {case.plan.source}, promote the one in {case.plan.target} by hand."
        yield blocking("cache-left-behind", message, way_out=way_out)


def _parameters(case: Case) -> Iterator[Finding]:
    if case.app.parameters.paths or case.app.parameters.flags:
        message = f"A shift of users copies no parameters: {case.plan.target} goes on with its own."
        yield warning("parameters-left-behind", message, way_out="Compare them first; readiness tells what differs.")
