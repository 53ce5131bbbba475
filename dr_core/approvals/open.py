"""The one place that opens a request, for people, schedules and detection alike."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

from pydantic import JsonValue

from dr_core.approvals import cooldown, decision, tokens
from dr_core.approvals.authority import approvers
from dr_core.approvals.direction import Direction, away, back
from dr_core.approvals.model import Actor, Face, Request, RequestState
from dr_core.approvals.names import new_request_id
from dr_core.approvals.planning import asked
from dr_core.approvals.refusals import not_opened
from dr_core.approvals.rivals import OccupiedError, refuse_occupied, refuse_same
from dr_core.approvals.switched_off import switched_off
from dr_core.approvals.whereabouts import application_of
from dr_core.audit.events import EventKind
from dr_core.audit.trail import actor_data
from dr_core.errors import ConflictError, RefusedError
from dr_core.failpoints import Point
from dr_core.observation.model import Observation, Verdict
from dr_core.plan.estimate import promotion_estimate_s
from dr_core.plan.loss import loss_limit
from dr_core.plan.preflight import preflight
from dr_core.plan.step import Finding, Mode, Plan, Severity
from dr_core.reconciliation.unsettled import unsettled
from dr_core.replication.exposure import application_exposure, store_exposures
from dr_core.services import Services
from dr_core.store import events, observations, readiness, requests, roster, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Application, Topology

_SIGNALS = 8
REPLACED_BY = "replaced_by"
"""Under which name the cancellation of a proposal holds the request that took its place."""


class BlockedError(RefusedError):
    """Preflight found something that must be overridden in the request."""

    code = "blocked"

    def __init__(self, findings: tuple[Finding, ...], *, hint: str | None = None) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{first.message}{more}", hint=hint or first.way_out or None)
        self.findings = findings


class Proposal:
    """A plan with what preflight and the readings say about it now; what `plan` shows and `failover` opens."""

    def __init__(self, tx: Tx, services: Services, plan: Plan, *, new_round: bool = False) -> None:
        topology, application, target = services.topology, plan.application, plan.target
        entry = application_of(topology, application)
        self.now = tx.now()
        self.observation: Observation | None = observations.latest(tx, application)
        self.plan = plan
        left, fences = unsettled(tx, topology, application), observations.region_fences(tx, application)
        self.findings = preflight(
            topology,
            self.plan,
            self.observation,
            self.now,
            readiness.get(tx, application),
            new_round=new_round,
            unsigned=left.unsigned,
            unknown_losses=left.unknown,
            unfenced=frozenset(region for region, fence in fences.items() if fence == "unfenced"),
            switched_off=switched_off(tx, topology, application, plan.source),
        )
        interval = topology.detection.interval
        seen = store_exposures(self.observation, self.now, interval) if self.observation else ()
        self.stores = tuple(store for store in seen if store.region == target)
        self.exposure_s = application_exposure(self.stores)
        self.durations = {kind: runs.step_durations(tx, kind) for kind in {s.kind for s in self.plan.steps}}
        self._keeps_data = _keeps_data(entry)
        self.loss_limit_s = self._limit(0.0)

    def wait(self, seconds: float) -> None:
        """Others go first for so long once it is approved: more may be lost by then."""
        self.loss_limit_s = self._limit(seconds)

    def _limit(self, waits_s: float) -> int | None:
        if not self._keeps_data:
            return 0
        return loss_limit(
            self.exposure_s,
            expires_after_s=self.plan.policy.expires_after_s,
            promote_estimate_s=waits_s + promotion_estimate_s(self.plan, self.durations),
            mode=self.plan.mode,
        )

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Blocking findings that the plan does not override."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKING and f.code not in self.plan.overrides)


def _keeps_data(entry: Application) -> bool:
    return bool(entry.database or entry.storage or entry.cache or entry.tables)


def open_request(
    services: Services,
    *,
    application: str,
    target: str | None,
    mode: Mode,
    actor: Actor,
    reason: str,
    source: str | None = None,
    overrides: tuple[str, ...] = (),
    channel: str | None = None,
    cmd_id: str,
    supersedes: str | None = None,
    made: Callable[[Tx], Plan] | None = None,
) -> Request:
    """Open a request with its buttons, or return the one that this `cmd_id` opened before.

    `target` None asks for the way back. `source` is the region to leave, where it has to be said. `supersedes`: the
    unfinished run that ends when this request is approved. `made`: makes the plan, where it is no move from here to
    there (`dr_core/approvals/planning.py: again` must make it again). Raises BlockedError, RefusedError, ConflictError
    or NotFoundError; a refusal, and an attempt that was blocked, stand in the trail.
    """

    def work(tx: Tx) -> Request:
        before = events.done(tx, cmd_id, EventKind.REQUEST_OPENED)
        if before is not None:
            return requests.get(tx, before.chain)
        _cool_down(tx, services, application, actor)
        if made is not None:
            plan = made(tx)
        else:
            way = _way(tx, services.topology, application, target, source, supersedes)
            plan = asked(services.topology, application, **asdict(way), mode=mode, overrides=overrides)
        return open_for(tx, services, Proposal(tx, services, plan), actor, reason, channel, cmd_id, supersedes)

    try:
        return services.store.write(work, Point.REQUEST_OPEN)
    except (RefusedError, ConflictError) as error:
        run: dict[str, JsonValue] = {"run": error.run} if isinstance(error, OccupiedError) else {}
        about = {"application": application, "target": target or "back", "mode": mode.value, **run}
        not_opened(services, error, actor, about, cmd_id)
        raise


def open_for(
    tx: Tx,
    services: Services,
    proposal: Proposal,
    actor: Actor,
    reason: str,
    channel: str | None,
    cmd_id: str,
    supersedes: str | None = None,
) -> Request:
    """Open a request for what is proposed, in the caller's transaction. BlockedError and ConflictError come before
    anything is written."""
    if proposal.blocking:
        raise BlockedError(proposal.blocking)
    topology, plan = services.topology, proposal.plan
    refuse_occupied(tx, topology, plan, superseding=supersedes)
    new_id = new_request_id()
    replaced = _replaceable(tx, topology, plan, actor)
    refuse_same(tx, plan, besides=frozenset(one.id for one in replaced))
    for one in replaced:
        _take_place(tx, one, actor, new_id)
    return _create(tx, services, new_id, proposal, actor, reason, channel, cmd_id, supersedes)


def _way(
    tx: Tx, topology: Topology, application: str, target: str | None, source: str | None, supersedes: str | None
) -> Direction:
    """A request that takes the place of a run leads where that one led: the writer may be on its way."""
    if supersedes:
        plan = runs.get(tx, supersedes).plan
        return Direction(plan.source, target or plan.target, plan.returning)
    if target is None:
        return back(tx, topology, application)
    return away(tx, topology, application, target, source)


def _cool_down(tx: Tx, services: Services, application: str, actor: Actor) -> None:
    """Detection waits after a run, so that a flapping region is not proposed back and forth; people never wait."""
    if actor.face is not Face.DETECTION:
        return
    end = cooldown.until(tx, services.topology, application)
    if end is not None:
        raise ConflictError(
            f"{application} was moved lately; detection proposes again from {end:%H:%M:%S}Z on.",
            hint=f"`cooldown clear {application}` ends the pause.",
        )


def _replaceable(tx: Tx, topology: Topology, plan: Plan, actor: Actor) -> tuple[Request, ...]:
    """A person who asks for what detection proposes asks in its place, unless somebody has approved that already, or
    the quorum could not be complete without the person, who may not approve what they asked for themselves."""
    people = approvers(topology, roster.load(tx))
    needed = actor.slack_user in people and len(people) <= plan.policy.required
    if actor.face is Face.DETECTION or needed:
        return ()
    digest = plan.digest()
    return tuple(
        waiting
        for waiting in requests.open_requests(tx, plan.application)
        if waiting.requester.face is Face.DETECTION and waiting.digest == digest and not waiting.round_acks
    )


def _take_place(tx: Tx, waiting: Request, actor: Actor, new_id: str) -> None:
    reason = decision.replaced(new_id, actor.display)
    data: dict[str, JsonValue] = {"reason": reason, REPLACED_BY: new_id}
    entry = (EventKind.REQUEST_CANCELLED, actor_data(waiting.requester), data, None)
    requests.transition(
        tx,
        waiting,
        [entry],
        state=RequestState.CANCELLED.value,
        decided_at=tx.now(),
        decided_by=waiting.requester.display,
        decision_reason=reason,
    )


def _create(
    tx: Tx,
    services: Services,
    new_id: str,
    proposal: Proposal,
    actor: Actor,
    reason: str,
    channel: str | None,
    cmd_id: str,
    supersedes: str | None,
) -> Request:
    now = tx.now()
    plan = proposal.plan
    verdict = proposal.observation.verdict(plan.source) if proposal.observation else None
    down = verdict is not None and verdict.verdict is Verdict.DOWN
    request = Request(
        id=new_id,
        application=plan.application,
        plan=plan,
        digest=plan.digest(),
        loss_limit_s=proposal.loss_limit_s,
        state=RequestState.OPEN,
        round=1,
        version=1,
        requester=actor,
        reason=reason,
        channel=channel,
        opened_at=now,
        expires_at=now + timedelta(seconds=plan.policy.expires_after_s),
        approvers_at_open=approvers(services.topology, roster.load(tx)),
        supersedes=supersedes,
        findings=proposal.findings,
        stores=proposal.stores,
        incident_since=verdict.bad_since if verdict is not None and down else None,
        detected_at=verdict.since if verdict is not None and down else None,
        signals=verdict.reasons[:_SIGNALS] if verdict is not None and actor.face is Face.DETECTION else (),
    )
    entry = (EventKind.REQUEST_OPENED, actor_data(actor), _told(request, proposal), events.own_id(tx, cmd_id))
    created = requests.create(tx, request, [entry])
    tokens.issue(tx, request.id, 1)
    return created


def _told(request: Request, proposal: Proposal) -> dict[str, JsonValue]:
    """What the trail says of a new request."""
    plan = request.plan
    data: dict[str, JsonValue] = {
        "application": plan.application,
        "mode": plan.mode.value,
        "source": plan.source,
        "target": plan.target,
        "digest": request.digest,
        "loss_limit_s": request.loss_limit_s,
        "required": plan.policy.required,
        "overrides": list(plan.overrides),
        "expires_at": request.expires_at.isoformat(),
        "reason": request.reason,
        "exposure_s": proposal.exposure_s,
    }
    return data | ({"supersedes": request.supersedes} if request.supersedes else {})
