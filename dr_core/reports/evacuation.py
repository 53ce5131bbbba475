"""Builds `dr.evacuation/1`, and an evacuation in the status: where each application is, from the store alone."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from dr_core.approvals.decision import standing as quorum
from dr_core.approvals.model import Request, RequestState
from dr_core.evacuation.binding import digest_of, missing_of, round_of
from dr_core.evacuation.model import Evacuation, Left, Member
from dr_core.evacuation.reading import Among, latest_run, members_of, standings
from dr_core.evacuation.turn import Move, Stage, Standing, turn
from dr_core.evacuation.waves import without
from dr_core.execution.model import Run, RunState
from dr_core.replication.exposure import application_exposure
from dr_core.reports.evacuation_line import EvacuationLine, MemberLine
from dr_core.reports.model import AckView, FindingView
from dr_core.reports.run import progress, stopped
from dr_core.services import Services
from dr_core.span import duration
from dr_core.store import evacuations
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology
from dr_core.value import Shown


class EvacuationMember(MemberLine):
    """One application with the request that its approval is about. `exposure_seconds`: as measured for its round.
    `without`: what it needs and stays behind."""

    after: tuple[str, ...]
    without: tuple[str, ...]
    state: str
    round: int
    acks: tuple[AckView, ...]
    missing: int
    expires_at: datetime
    loss_limit_seconds: int | None
    exposure_seconds: float | None
    overrides: tuple[str, ...]
    findings: tuple[FindingView, ...]
    digest: str


class LeftBehind(Shown):
    """An application that does not go, and why. `here`: it is in the region that is left."""

    application: str
    reason: str
    way_out: str
    here: bool


class EvacuationView(Shown):
    """`round` and `digest`: what one approval is bound to. `expires_at`: when the first member that waits expires."""

    schema_: Literal["dr.evacuation/1"] = Field(default="dr.evacuation/1", alias="schema")
    id: str
    source: str
    target: str
    mode: str
    state: str
    round: int
    digest: str
    required: int
    missing: int
    requester: str
    reason: str
    opened_at: datetime
    expires_at: datetime | None
    ended_at: datetime | None
    members: tuple[EvacuationMember, ...]
    left: tuple[LeftBehind, ...]


def evacuation_view(services: Services, evacuation: str) -> EvacuationView:
    """One evacuation by its id. NotFoundError where there is none."""
    topology = services.topology
    return services.store.read(lambda tx: view_of(tx, topology, evacuations.get(tx, evacuation)))


def view_of(tx: Tx, topology: Topology, evacuation: Evacuation) -> EvacuationView:
    """The same inside of a transaction."""
    members, among = members_of(tx, evacuation), standings(tx, topology, evacuation)
    waiting = [request for request in members if request.state is RequestState.OPEN]
    return EvacuationView(
        id=evacuation.id,
        source=evacuation.source,
        target=evacuation.target,
        mode=evacuation.mode.value,
        state=state_of(among.values(), members),
        round=round_of(members),
        digest=digest_of(members),
        required=members[0].plan.policy.required,
        missing=missing_of(members),
        requester=evacuation.requester.display,
        reason=evacuation.reason,
        opened_at=evacuation.opened_at,
        expires_at=min((request.expires_at for request in waiting), default=None),
        ended_at=evacuation.ended_at,
        members=tuple(
            _member(tx, topology, evacuation, member, request, among)
            for member, request in zip(evacuation.members, members, strict=True)
        ),
        left=tuple(left_view(one) for one in evacuation.left),
    )


def left_view(one: Left) -> LeftBehind:
    return LeftBehind(application=one.application, reason=one.reason, way_out=one.way_out, here=one.here)


def evacuation_lines(tx: Tx, topology: Topology, application: str | None = None) -> tuple[EvacuationLine, ...]:
    """Those of which something waits or moves, or those that take one application along."""
    return tuple(
        _line_of(tx, topology, one)
        for one in evacuations.unfinished(tx)
        if application is None or application in {member.application for member in one.members}
    )


def _line_of(tx: Tx, topology: Topology, evacuation: Evacuation) -> EvacuationLine:
    members, among = members_of(tx, evacuation), standings(tx, topology, evacuation)
    return EvacuationLine(
        id=evacuation.id,
        mode=evacuation.mode.value,
        source=evacuation.source,
        target=evacuation.target,
        state=state_of(among.values(), members),
        requester=evacuation.requester.display,
        opened_at=evacuation.opened_at,
        ended_at=evacuation.ended_at,
        members=tuple(
            MemberLine(**_told(tx, evacuation, member, request, among))
            for member, request in zip(evacuation.members, members, strict=True)
        ),
        left=tuple(one.application for one in evacuation.left if one.here),
    )


def state_of(among: Collection[Standing], members: Sequence[Request]) -> str:
    """`open` while something waits for approvals, `running` while something moves, and how it ended. Pure."""
    stages = {one.stage for one in among}
    if Stage.ASKED in stages:
        return "open"
    if stages & {Stage.QUEUED, Stage.UNDER_WAY, Stage.STANDS}:
        return "running"
    if stages == {Stage.ARRIVED}:
        return "succeeded"
    if Stage.FAILED in stages:
        return "failed"
    dropped = {request.state.value for request in members}
    return dropped.pop() if len(dropped) == 1 else "ended"


def _member(
    tx: Tx, topology: Topology, evacuation: Evacuation, member: Member, request: Request, among: Among
) -> EvacuationMember:
    return EvacuationMember(
        **_told(tx, evacuation, member, request, among),
        after=member.after,
        without=without(topology, member.application, member.after, evacuation.left),
        state=request.state.value,
        round=request.round,
        acks=tuple(
            AckView(
                person=ack.display,
                round=ack.round,
                at=ack.at,
                accepted_limit_seconds=ack.accepted_limit_s,
                kind=ack.kind,
            )
            for ack in request.acks
        ),
        missing=quorum(request).missing,
        expires_at=request.expires_at,
        loss_limit_seconds=request.loss_limit_s,
        exposure_seconds=application_exposure(request.stores),
        overrides=request.plan.overrides,
        findings=tuple(FindingView.model_validate(finding) for finding in request.findings),
        digest=request.digest,
    )


def _told(tx: Tx, evacuation: Evacuation, member: Member, request: Request, among: Among) -> dict[str, object]:
    run, found = latest_run(tx, evacuation, member), among[member.application]
    own = run if found.stage not in (Stage.ASKED, Stage.QUEUED) else None
    move = turn(found, among, tx.now()) if found.stage is Stage.QUEUED else None
    held = move.reason if move is not None and move.move in (Move.HOLD, Move.LAPSE) else ""
    waits = move.reason if move is not None and not held else ""
    return {
        "application": member.application,
        "wave": member.wave,
        "stage": found.stage.value,
        "sentence": _sentence(found, request, own, held, waits),
        "held": held,
        "request": member.request,
        "run": own.id if own is not None else None,
    }


def _sentence(found: Standing, request: Request, run: Run | None, held: str, waits: str) -> str:
    if found.stage is Stage.ASKED:
        return f"waits for approvals, {len(quorum(request).people)} of {request.plan.policy.required}"
    if held:
        return f"approved, and held: {held}"
    if found.stage is Stage.QUEUED:
        return f"approved: {waits}" if waits else "approved, and about to begin"
    if found.stage is Stage.ARRIVED and not _led_there(run, request.plan.target):
        return f"arrived: {found.why}"
    if run is None:
        why = f": {request.decision_reason}" if request.decision_reason else ""
        by = f" by {request.decided_by}" if request.decided_by else ""
        return f"{request.state.value}{by}{why}"
    if found.stage is Stage.ARRIVED:
        return f"arrived, RTO {duration(run.rto_s)}" if run.rto_s is not None else "arrived, RTO not measured"
    if found.stage.over:
        return f"{run.state.value}{f': {run.reason}' if run.reason else ''}"
    done, total, current = progress(run)
    told = "; ".join(stopped(run)) or current
    return f"{done} of {total} steps{f', {told}' if told else ''}"


def _led_there(run: Run | None, target: str) -> bool:
    """Whether this run has measured the move: one that led elsewhere, or failed, has not."""
    return run is not None and run.state is RunState.SUCCEEDED and run.plan.target == target
