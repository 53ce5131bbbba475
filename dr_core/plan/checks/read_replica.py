"""Whether an RDS read replica can be promoted in the target, and what becomes of the old instance."""

from collections.abc import Iterator

from dr_core.capacity.sizes import writes
from dr_core.observation.model import DatabaseState, MemberState
from dr_core.plan.checks.case import Case, blocking, info, warning
from dr_core.plan.kinds.promote_replica import COUNTS_WHAT_ARRIVED, FROM_ELSEWHERE
from dr_core.plan.kinds.verify_promoted import STAYS
from dr_core.plan.promotion import member_in
from dr_core.plan.step import Finding
from dr_core.topology.stores import RdsReplica


def findings(case: Case, database: RdsReplica, state: DatabaseState) -> Iterator[Finding]:
    target = member_in(state, case.plan.target)
    if target is None:
        message = f"{database.instances[case.plan.target]} in {case.plan.target} could not be observed."
        yield blocking("target-missing", message, way_out="Look at the instance in that region.")
        return
    yield from _copies(case, target)
    yield from _writers_stopped(case, target)
    if not case.forced and target.engine in COUNTS_WHAT_ARRIVED:
        message = f"Whether {target.cluster} has everything cannot be proven: {target.engine} tells what arrived."
        way_out = "Compare both sides' positions by hand once nothing writes any more, before anything is promoted."
        yield warning("loss-not-provable", message, way_out=way_out)
    yield from _old_one(case, database, member_in(state, case.plan.source))
    message = f"Promoting {target.cluster} ends its replication: the way back needs a new replica."
    way_out = f"Afterwards create a read replica in {case.plan.source} and name it in dr.yaml."
    yield info("replication-ends", message, way_out=way_out)


def _copies(case: Case, target: MemberState) -> Iterator[Finding]:
    """Where the target's instance gets its data from, if from anywhere."""
    plan = case.plan
    evidence = f"{target.cluster} is {target.status or 'of unknown status'}"
    if target.status is not None and target.copies_from is None:
        if target.is_writer and not any(m.region == plan.source and m.is_writer for m in _all(case)):
            return  # it was promoted already; the rest would still be done
        message = f"{target.cluster} in {plan.target} is no read replica: it has nothing of what {plan.source} wrote."
        way_out = (
            f"Create a read replica of {plan.source}'s instance in {plan.target} and name it in dr.yaml; "
            "an old instance that is no longer needed does not become one again."
        )
        yield blocking("replica-missing", message, evidence=evidence, way_out=way_out)
    elif target.copies_from is not None and target.copies_from != plan.source:
        message = f"{target.cluster} in {plan.target} copies from {target.copies_from}, not from {plan.source}."
        way_out = f"Create a replica of {plan.source}'s instance instead."
        yield blocking(FROM_ELSEWHERE, message, evidence=evidence, way_out=way_out)
    elif target.copying is not None and target.copying != "replicating":
        message = f"{target.cluster} in {plan.target} does not replicate: {target.copying}."
        if case.forced:
            yield warning("not-replicating", message, evidence=evidence)
        else:
            yield blocking("not-replicating", message, evidence=evidence, way_out="Wait until it does again.")
    if target.status == "backing-up":
        message = f"{target.cluster} is being backed up, and RDS promotes no replica meanwhile."
        way_out = "The run waits until the backup is made."
        yield warning("replica-backing-up", message, evidence=evidence, way_out=way_out)


def _writers_stopped(case: Case, target: MemberState) -> Iterator[Finding]:
    """RDS stops nobody: without a fence of ours the replica never has everything."""
    if case.forced or any(writes(entry) for entry in case.app.capacity):
        return
    message = (
        f"Nothing that dr.yaml names stops what writes in {case.plan.source}: {target.cluster} may lack the last of it."
    )
    way_out = "Name the services that write under capacity, or stop them by hand before the request is approved."
    yield blocking("writers-not-stopped", message, way_out=way_out)


def _old_one(case: Case, database: RdsReplica, source: MemberState | None) -> Iterator[Finding]:
    """RDS fences nothing: the old instance is stopped, which it refuses for one that has another replica."""
    name, plan = database.instances.get(case.plan.source, case.plan.source), case.plan
    others = tuple(region for region in source.copied_to if region != plan.target) if source is not None else ()
    if others:
        copies = f"{name} in {plan.source} has a replica in {', '.join(others)}"
        message = f"{copies}: RDS does not stop it, and it stays writable."
        way_out = f"Stop whatever writes in {plan.source}, and remove that replica afterwards."
        make = warning if case.forced else blocking
        yield make(STAYS, message, way_out=way_out)
    elif case.forced:
        message = (
            f"Nobody fences {name} in {plan.source}: once the region is back, it takes writes until it is stopped."
        )
        way_out = "The run goes on trying to stop it. Until it has, two databases can be written to."
        yield warning("source-not-fenced", message, way_out=way_out)


def _all(case: Case) -> tuple[MemberState, ...]:
    return case.fresh.database.members if case.fresh is not None and case.fresh.database is not None else ()
