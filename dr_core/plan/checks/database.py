"""Whether the database can change its writer to the target."""

from dr_core.observation.model import DatabaseState, MemberState
from dr_core.plan.checks import read_replica
from dr_core.plan.checks.case import Case, blocking, warning
from dr_core.plan.kinds.detach_aurora import DETACH
from dr_core.plan.kinds.scale_target import SHORT
from dr_core.plan.promotion import without_loss, writers
from dr_core.plan.step import Finding
from dr_core.topology.capacity import readers_of
from dr_core.topology.stores import AuroraGlobal, RdsReplica

Database = AuroraGlobal | RdsReplica


def findings(case: Case) -> tuple[Finding, ...]:
    database = case.app.database.value if case.app.database else None
    if database is None or case.fresh is None or case.plan.target not in database.parts:
        return ()
    state = case.fresh.database
    if state is None:
        message = f"{_sentence(database)} could not be observed."
        reason = case.fresh.writers_reason or "no reason was recorded"
        return (blocking("database-not-observed", message, evidence=f"{reason} ({case.age_s:.0f} s ago)"),)
    present = _writers(case, database, writers(state))
    match database:
        case AuroraGlobal():
            found = _aurora(case, database, state)
        case RdsReplica():
            moving = _moving(case, database, state)
            found = (*((moving,) if moving else ()), *read_replica.findings(case, database, state))
    return (*found, *((present,) if present else ()))


def _sentence(database: Database) -> str:
    return database.label[0].upper() + database.label[1:]


def _aurora(case: Case, database: AuroraGlobal, state: DatabaseState) -> tuple[Finding, ...]:
    members = {member.region: member for member in state.members if not member.detached}
    broken = tuple(_broken(database, member) for member in state.members if member.detached)
    target = members.get(case.plan.target)
    if broken:
        return broken
    if target is None:
        message = f"Global cluster {database.global_cluster} has no member in {case.plan.target}."
        way_out = "Add a secondary cluster there."
        return (blocking("target-missing", message, evidence=f"members: {', '.join(members)}", way_out=way_out),)
    found = (
        _moving(case, database, state),
        *_instances(case, target),
        _versions(case, members.get(case.plan.source), target),
        *_availability(case, state),
        _detaching(case, database),
    )
    return tuple(finding for finding in found if finding is not None)


def _broken(database: AuroraGlobal, member: MemberState) -> Finding:
    """What a detachment leaves behind, until somebody builds the global cluster again."""
    message = (
        f"{member.cluster} in {member.region} is no member of global cluster {database.global_cluster} any more: "
        "nothing is copied from it, and no writer can be moved."
    )
    way_out = (
        "Build the global cluster again around the cluster that has the data, with a secondary in each other region, "
        "and correct dr.yaml; let nobody apply infrastructure as code before."
    )
    return blocking("global-cluster-broken", message, evidence=f"status {member.status}", way_out=way_out)


def _is_detaching(case: Case) -> bool:
    return case.forced and DETACH in case.plan.overrides


def _detaching(case: Case, database: AuroraGlobal) -> Finding | None:
    if not _is_detaching(case):
        return None
    target = case.plan.target
    message = (
        f"{database.clusters[target]} in {target} leaves global cluster {database.global_cluster} for good, as the "
        f"request asks: {case.plan.source} is not fenced by RDS, and the global cluster must be built again."
    )
    return warning(DETACH, message, way_out="Without that override the managed failover is asked for.")


def _moving(case: Case, database: Database, state: DatabaseState) -> Finding | None:
    if state.failover_status is None:
        return None
    message = f"{_sentence(database)} is changing its writer already."
    evidence = f"FailoverState {state.failover_status}" + (f" to {state.failover_to}" if state.failover_to else "")
    if case.forced and without_loss(state):
        # What an escalation is for: the primary of a switchover died in the middle, and it does not end by itself.
        message += " That switchover is not waited for: the failover is asked for as soon as RDS takes it."
        return warning("switchover-under-way", message, evidence=evidence)
    if case.forced and isinstance(database, RdsReplica):
        # A promotion that a planned run began is not stopped by its source's death: it is waited for.
        return warning("failover-under-way", message, evidence=evidence)
    return blocking("failover-under-way", message, evidence=evidence, way_out="Wait until it is over.")


def _instances(case: Case, target: MemberState) -> tuple[Finding, ...]:
    if target.instances == 0:
        message = f"Cluster {target.cluster} in {target.region} has no instance: nothing there could become the writer."
        if readers_of(case.app.capacity, target.region, target.cluster) and SHORT not in case.plan.overrides:
            message += " The run makes one and waits for it before it takes anything from anybody."
            return (warning("target-headless", message, evidence="0 instances", way_out="Add one now to save that."),)
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
        if _is_detaching(case):
            return warning("engine-versions-differ", message, evidence=evidence)
        way_out = "Upgrade the older one first."
        if case.forced:
            # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html
            way_out = (
                f"RDS fails over between equal versions only. Where there is no time to upgrade, --override {DETACH} "
                f"takes {case.plan.target} out of the global cluster instead, and breaks it."
            )
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


def _writers(case: Case, database: Database, present: tuple[str, ...]) -> Finding | None:
    name = database.label
    if len(present) > 1:
        message = f"{_sentence(database)} has more than one writer."
        return blocking(
            "two-writers",
            message,
            evidence=", ".join(present),
            way_out=f"Find out why before anything else: what {case.plan.source} alone has is given up.",
        )
    if present == (case.plan.target,):
        message = f"{case.plan.target} is the writer of {name} already; the rest would still be done."
        return warning("target-writes-already", message)
    if present != (case.plan.source,) and not case.forced:
        message = f"{case.plan.source} is not seen to be the writer of {name}."
        return warning("writers-unknown", message, evidence=f"writers: {', '.join(present) or 'nobody'}")
    return None
