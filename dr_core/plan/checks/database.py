"""Whether the global database can change its writer to the target."""

from dr_core.observation.model import DatabaseState, MemberState
from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.promotion import without_loss, writers
from dr_core.plan.step import Finding, Severity
from dr_core.topology.stores import AuroraGlobal


def findings(case: Case) -> tuple[Finding, ...]:
    database = case.app.database.aurora_global if case.app.database else None
    if database is None or case.fresh is None:
        return ()
    state = case.fresh.database
    if state is None:
        message = f"Global cluster {database.global_cluster} could not be observed."
        reason = case.fresh.writers_reason or "no reason was recorded"
        return (blocking("database-not-observed", message, evidence=f"{reason} ({case.age_s:.0f} s ago)"),)
    members = {member.region: member for member in state.members}
    target = members.get(case.plan.target)
    if target is None:
        message = f"Global cluster {database.global_cluster} has no member in {case.plan.target}."
        way_out = "Add a secondary cluster there."
        return (blocking("target-missing", message, evidence=f"members: {', '.join(members)}", way_out=way_out),)
    found = (
        _moving(case, database, state),
        *_instances(target),
        _versions(case, members.get(case.plan.source), target),
        *_availability(case, state),
        _writers(case, database, writers(state)),
    )
    return tuple(finding for finding in found if finding is not None)


def _moving(case: Case, database: AuroraGlobal, state: DatabaseState) -> Finding | None:
    if state.failover_status is None:
        return None
    message = f"Global cluster {database.global_cluster} is changing its writer already."
    evidence = f"FailoverState {state.failover_status}" + (f" to {state.failover_to}" if state.failover_to else "")
    if case.forced and without_loss(state):
        # What an escalation is for: the primary of a switchover died in the middle, and it does not end by itself.
        message += " That switchover is not waited for: the failover is asked for as soon as RDS takes it."
        return warning("switchover-under-way", message, evidence=evidence)
    return blocking("failover-under-way", message, evidence=evidence, way_out="Wait until it is over.")


def _instances(target: MemberState) -> tuple[Finding, ...]:
    if target.instances == 0:
        message = f"Cluster {target.cluster} in {target.region} has no instance: nothing there could become the writer."
        return (blocking("target-headless", message, evidence="0 instances", way_out="Add an instance first."),)
    if target.instances is None:
        message = f"Whether cluster {target.cluster} in {target.region} has an instance is not known."
        return (warning("target-instances-unknown", message),)
    return ()


def _versions(case: Case, source: MemberState | None, target: MemberState) -> Finding | None:
    ours, theirs = target.engine_version, source.engine_version if source else None
    if ours is not None and theirs is not None:
        if ours == theirs:
            return None
        message = "The engine versions differ; they must be equal, major and minor."
        evidence = f"{case.plan.source}: {theirs}, {case.plan.target}: {ours}"
        way_out = "Upgrade the older one first."
        return blocking("engine-versions-differ", message, evidence=evidence, way_out=way_out)
    if case.forced:
        return None
    return warning("engine-version-unknown", "Whether both sides run the same engine version is not known.")


def _availability(case: Case, state: DatabaseState) -> tuple[Finding, ...]:
    """A switchover wants every member available; a failover asks it of the target alone, which its instances show."""
    bad = [m for m in state.members if m.status is not None and m.status != "available"]
    if case.forced or not bad:
        return ()
    told = ", ".join(f"{member.cluster} in {member.region} is {member.status}" for member in bad)
    message = "A switchover needs every member available."
    return (blocking("member-unavailable", message, evidence=told, way_out="Wait until they are."),)


def _writers(case: Case, database: AuroraGlobal, present: tuple[str, ...]) -> Finding | None:
    name = database.global_cluster
    if len(present) > 1:
        message = f"Global cluster {name} has more than one writer."
        severity = Severity.WARNING if case.forced else Severity.BLOCKING
        way_out = "Find out why before anything else. To go on all the same: --override two-writers"
        return Finding(
            code="two-writers", severity=severity, message=message, evidence=", ".join(present), way_out=way_out
        )
    if present == (case.plan.target,):
        message = f"{case.plan.target} is the writer of global cluster {name} already; the rest would still be done."
        return warning("target-writes-already", message)
    if present != (case.plan.source,) and not case.forced:
        message = f"{case.plan.source} is not seen to be the writer of global cluster {name}."
        return warning("writers-unknown", message, evidence=f"writers: {', '.join(present) or 'nobody'}")
    return None
