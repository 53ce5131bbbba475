"""Makes the plan that is asked for, and makes it again: for a new round, and to see whether it still fits."""

from dr_core.approvals.whereabouts import application_of
from dr_core.errors import RefusedError
from dr_core.plan.failover import build
from dr_core.plan.step import Mode, Plan, Purpose
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology


def asked(
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
    """The plan of a move. RefusedError where nothing could override what speaks against it; NotFoundError."""
    application_of(topology, application)
    refuse_target(topology, application, source, target)
    return build(
        topology,
        application,
        source=source,
        target=target,
        mode=mode,
        overrides=overrides,
        returning=returning,
        drill=drill,
    )


def again(tx: Tx, topology: Topology, plan: Plan) -> Plan:
    """The answer to the same question by the present configuration and records. DrError when it could not be asked."""
    return asked(
        topology,
        plan.application,
        source=plan.source,
        target=plan.target,
        mode=plan.mode,
        overrides=plan.overrides,
        returning=plan.returning,
        drill=plan.purpose is Purpose.DRILL,
    )


def refuse_target(topology: Topology, application: str, source: str, target: str) -> None:
    """The refusals that nothing overrides: residency, an unknown region, the region that is left already."""
    entry = topology.applications[application]
    others = ", ".join(region for region in entry.regions if region != source)
    if target not in topology.residency.allowed_regions:
        allowed = ", ".join(topology.residency.allowed_regions)
        raise RefusedError(f"{target} is outside the allowed regions ({allowed}).", hint=f"Choose {others}.")
    if target not in entry.regions:
        raise RefusedError(f"{application} does not run in {target}.", hint=f"Choose {others}.")
    if source not in entry.regions:
        raise RefusedError(f"{application} does not run in {source}.", hint=f"Choose {', '.join(entry.regions)}.")
    if target == source:
        raise RefusedError(f"{application} is active in {target} already.", hint=f"Choose {others}.")
