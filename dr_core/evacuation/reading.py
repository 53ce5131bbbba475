"""Where the members of an evacuation are, by what the store holds of their requests and runs."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from dr_core.approvals.model import Request, RequestState
from dr_core.approvals.names import run_id_of
from dr_core.approvals.scope import related
from dr_core.approvals.whereabouts import locate
from dr_core.evacuation.model import Evacuation, Member
from dr_core.evacuation.turn import Move, Stage, Standing, turn
from dr_core.execution.model import Run, RunState
from dr_core.observation.active import serving
from dr_core.store import evacuations, observations, requests, runs, scope
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

Among = dict[str, Standing]

_DROPPED = {
    RequestState.DENIED: "its request was denied",
    RequestState.CANCELLED: "its request was cancelled",
    RequestState.EXPIRED: "its request expired",
    RequestState.VOID: "its request is void",
}


def standings(tx: Tx, topology: Topology, evacuation: Evacuation) -> Among:
    """Application -> where it is."""
    return {member.application: _standing(tx, topology, evacuation, member) for member in evacuation.members}


def queues(tx: Tx, topology: Topology, request: Request) -> bool:
    """Whether the commit that completes its quorum makes no run yet. A request of no evacuation has its run at once."""
    evacuation_id = evacuations.of_request(tx, request.id)
    if evacuation_id is None:
        return False
    return waits(standings(tx, topology, evacuations.get(tx, evacuation_id)), request.application, tx.now())


def waits(among: Among, application: str, now: datetime, beside: Collection[str] = ()) -> bool:
    """Whether a member that is approved at this moment has to wait for its turn. Pure.

    `beside`: those that the same press approves. They are about to move, so that a later wave waits for them.
    """
    others = {
        name: replace(one, stage=Stage.UNDER_WAY) if name in beside and not one.stage.over else one
        for name, one in among.items()
    }
    return turn(replace(among[application], decided_at=now), others, now).move is not Move.START


def members_of(tx: Tx, evacuation: Evacuation) -> tuple[Request, ...]:
    """Their requests, in the order of the waves."""
    return tuple(requests.get(tx, member.request) for member in evacuation.members)


def latest_run(tx: Tx, evacuation: Evacuation, member: Member) -> Run | None:
    """The newest run of the application since the evacuation was asked for: its own, or one that tried again."""
    return _run_since(tx, member.application, evacuation.opened_at)


def _standing(tx: Tx, topology: Topology, evacuation: Evacuation, member: Member) -> Standing:
    request = requests.get(tx, member.request)
    found = _stage(request, latest_run(tx, evacuation, member), evacuation.target)
    stage, why = _seen(tx, topology, evacuation, member.application, found)
    waits = stage in (Stage.ASKED, Stage.QUEUED)
    names = scope.names(member.application, related(topology, member.application)) if waits else ()
    blocked = scope.holder(tx, names, besides=(run_id_of(request.id),)) if waits else None
    inside = {one.application for one in evacuation.members}
    return Standing(
        application=member.application,
        wave=member.wave,
        after=member.after,
        stage=stage,
        why=why,
        decided_at=request.decided_at,
        blocked=blocked or "",
        held_at=member.held_at,
        blocked_stands=blocked is not None and _stands(runs.get(tx, blocked)),
        first_ack_at=min((ack.at for ack in request.round_acks), default=None),
        outside=tuple(_outsider(tx, topology, evacuation, name) for name in member.after if name not in inside),
    )


def _outsider(tx: Tx, topology: Topology, evacuation: Evacuation, application: str) -> Standing:
    """What a member needs and somebody had asked for before: it goes by that request, or by a newer one."""
    request = requests.newest(tx, application, evacuation.target)
    if request is None:
        stage, why = _seen(tx, topology, evacuation, application, (Stage.DROPPED, "nobody has asked for it"))
        return Standing(application, 0, (), stage, why)
    found = _stage(request, _run_since(tx, application, request.opened_at), evacuation.target)
    stage, why = _seen(tx, topology, evacuation, application, found)
    told = why.replace("it waits", f"{request.id} waits", 1) if stage in (Stage.ASKED, Stage.QUEUED) else why
    return Standing(application, 0, (), stage, told, request.decided_at)


def _run_since(tx: Tx, application: str, at: datetime) -> Run | None:
    newest = runs.recent(tx, 1, application)
    return newest[0] if newest and newest[0].created_at >= at else None


def _stage(request: Request, run: Run | None, target: str) -> tuple[Stage, str]:
    own = run is not None and run.request == request.id
    if request.state is RequestState.OPEN and not own:
        return Stage.ASKED, "it waits for approvals"
    if request.state is RequestState.QUEUED:
        return Stage.QUEUED, "it waits for its turn"
    if run is None:
        return Stage.DROPPED, _DROPPED.get(request.state, f"its request is {request.state.value}")
    if not run.state.finished:
        return (Stage.STANDS, f"{run.id} waits for a person") if _stands(run) else (Stage.UNDER_WAY, _going(run))
    if run.state is RunState.SUCCEEDED and run.plan.target == target:
        return Stage.ARRIVED, f"{run.id} has succeeded"
    if run.plan.target != target:
        return Stage.FAILED, f"{run.id} led to {run.plan.target}"
    return Stage.FAILED, f"{run.id} has {run.state.value}"


def _seen(
    tx: Tx,
    topology: Topology,
    evacuation: Evacuation,
    application: str,
    found: tuple[Stage, str],
) -> tuple[Stage, str]:
    """What failed or was dropped has arrived all the same where it was seen in the target since, whoever moved it."""
    if found[0] not in (Stage.FAILED, Stage.DROPPED):
        return found
    run = _run_since(tx, application, evacuation.opened_at)
    since = max(evacuation.opened_at, run.ended_at if run is not None and run.ended_at else evacuation.opened_at)
    if not _is_seen_in(tx, topology, application, evacuation, since):
        return found
    return Stage.ARRIVED, f"it is seen in {evacuation.target}, though {found[1]}"


def _is_seen_in(tx: Tx, topology: Topology, application: str, evacuation: Evacuation, since: datetime) -> bool:
    entry, seen = topology.applications.get(application), observations.latest(tx, application)
    if entry is None or seen is None or seen.observed_at < since:
        return False
    if entry.active_active:
        regions = serving(entry, seen).regions or ()
        return evacuation.target in regions and evacuation.source not in regions
    where = locate(tx, topology, application)
    return where.observed and where.region == evacuation.target


def _stands(run: Run) -> bool:
    return run.state is RunState.HELD and bool(run.holds)


def _going(run: Run) -> str:
    return f"{run.id} is {'under way' if run.state is RunState.RUNNING else 'about to begin'}"
