"""A tabletop drill: both plans made, examined and measured on paper, from what is known. Nothing is changed."""

from collections.abc import Iterator, Sequence

from dr_core.approvals.direction import Direction
from dr_core.approvals.open import Proposal
from dr_core.approvals.planning import asked
from dr_core.doctor.installation import quorum_check
from dr_core.doctor.result import CheckState
from dr_core.drills.model import Exercise, Result, Stage
from dr_core.drills.trial import Verdict, failed, passed, skipped, unknown
from dr_core.errors import DrError
from dr_core.plan.checks.case import has_gate
from dr_core.plan.checks.exposure import said
from dr_core.plan.estimate import estimate_plan
from dr_core.plan.step import Mode
from dr_core.readiness.line import counted
from dr_core.replication.exposure import StoreExposure
from dr_core.runbook import kept
from dr_core.services import Services
from dr_core.store import readiness, roster
from dr_core.store.engine import Tx
from dr_core.topology.model import Application

_QUORUM = {
    CheckState.OK: Result.PASSED,
    CheckState.WARNING: Result.PASSED,
    CheckState.FAILED: Result.FAILED,
    CheckState.UNKNOWN: Result.UNKNOWN,
}


def on_paper(tx: Tx, services: Services, application: str, source: str) -> tuple[Exercise, ...]:
    """Every exercise with its result."""
    entry = services.topology.applications[application]
    return tuple(_every(tx, services, application, entry, source))


def _every(tx: Tx, services: Services, application: str, entry: Application, source: str) -> Iterator[Exercise]:
    for mode in Mode:
        found = quorum_check(services.topology, roster.load(tx), mode)
        yield _one(f"quorum {mode}", f"Reach the quorum of a {mode} failover", None,
                   Verdict(_QUORUM[found.state], found.detail))  # fmt: skip
    line = counted(readiness.get(tx, application), services.clock.now(), rehearsed=False)
    told = line.worst if line.ready is False else line.reason
    state = {True: passed("nothing blocks"), False: failed(told), None: unknown(told)}[line.ready]
    yield _one("readiness", "Ask the last preflight", None, state)
    if services.topology.runbook.folder or services.topology.runbook.buckets:
        exported = kept.last(tx, application)
        whole = exported is not None and exported.complete
        yield _one("runbook", "Find the runbook outside the bot", None,
                   passed("every place has it") if whole else failed("a place lacks it"))  # fmt: skip
    for target in (region for region in entry.regions if region != source):
        for mode in Mode:
            yield from _planned(tx, services, application, Direction(source, target), mode)


def _planned(tx: Tx, services: Services, application: str, way: Direction, mode: Mode) -> Iterator[Exercise]:
    where = f"{mode} {way.target}"
    title = f"Make the {mode} plan to {way.target}"
    try:
        plan = asked(services.topology, application, source=way.source, target=way.target, mode=mode)
        proposal = Proposal(tx, services, plan)
    except DrError as error:
        yield _one(f"plan {where}", title, way.target, failed(str(error)))
        return
    blocking = "; ".join(f"{finding.code}: {finding.message}" for finding in proposal.blocking)
    yield _one(f"plan {where}", title, way.target, passed(f"{len(plan.steps)} steps"))
    yield _one(f"preflight {where}", f"Let preflight look at the {mode} plan to {way.target}", way.target,
               failed(blocking) if blocking else passed("nothing blocks it"))  # fmt: skip
    yield _one(f"estimate {where}", f"Hold its estimate against the RTO ({mode}, {way.target})", way.target,
               _in_time(proposal, services.topology.objectives.rto.total_seconds()))  # fmt: skip
    gates = has_gate(services.topology.applications[application])
    if mode is Mode.FORCED and (proposal.stores or gates):
        yield _one(f"exposure {way.target}", f"Know what would be lost to {way.target}", way.target,
                   lost(proposal.stores, gates=gates))  # fmt: skip


def _in_time(proposal: Proposal, rto_s: float) -> Verdict:
    """The plan's own time: detection and decision come before it."""
    found = estimate_plan(proposal.plan, proposal.durations)
    if found.median_s is None:
        return unknown(found.source)
    told = f"{found.median_s:.0f} s of {rto_s:.0f} s, without detection and decision ({found.source})"
    return passed(told) if found.median_s <= rto_s else failed(told)


def lost(stores: Sequence[StoreExposure], *, gates: bool) -> Verdict:
    """Every store that gates has to be known, and within its threshold. `gates`: the topology has one. Pure."""
    measured = [store for store in stores if store.gate]
    over = [said(store) for store in measured if store.verdict == "over"]
    not_known = [said(store) for store in measured if store.verdict not in ("ok", "over")]
    if over:
        return failed(f"over the objective: {'; '.join(over)}")
    if not_known:
        return unknown("; ".join(not_known))
    if not measured:
        return unknown("no store that gates was measured") if gates else skipped("no store gates")
    return passed("every store that gates a failover is within its objective")


def _one(name: str, title: str, region: str | None, verdict: Verdict) -> Exercise:
    return Exercise(
        name=name, kind="paper", title=title, region=region, stage=Stage.CLEAN, result=verdict.result,
        detail=verdict.detail,
    )  # fmt: skip
