"""Builds `dr.request/1`: a request, its acknowledgements and its plan, drawn from the store."""

from dr_core.approvals.decision import standing
from dr_core.approvals.model import Ack, Request, RequestState
from dr_core.detection.cause import gone
from dr_core.preparation.decide import announced
from dr_core.preparation.model import sentences
from dr_core.replication.exposure import StoreExposure, store_exposures
from dr_core.reports.model import AckView, RequestView
from dr_core.reports.plan import plan_report
from dr_core.services import Services
from dr_core.store import evacuations, observations, preparations, requests, runs
from dr_core.store.engine import Tx


def request_view(services: Services, request: Request | str) -> RequestView:
    """A request as a result, named by its id or given. NotFoundError where there is none."""

    def work(tx: Tx) -> RequestView:
        found = request if isinstance(request, Request) else requests.get(tx, request)
        stores = _exposure(tx, services, found)
        return _view(tx, found, stores, auto=services.topology.approval.prepare == "auto")

    return services.store.read(work)


def _exposure(tx: Tx, services: Services, request: Request) -> tuple[StoreExposure, ...]:
    """Now, while the request waits and somebody has to decide; as it was seen at the opening afterwards."""
    waits = request.state in (RequestState.OPEN, RequestState.QUEUED)
    seen = observations.latest(tx, request.application) if waits else None
    if seen is None:
        return request.stores
    stores = store_exposures(seen, services.clock.now(), services.topology.detection.interval)
    return tuple(store for store in stores if store.region == request.plan.target)


def _view(tx: Tx, request: Request, stores: tuple[StoreExposure, ...], *, auto: bool) -> RequestView:
    run = runs.of_request(tx, request.id)
    plan = request.plan
    kinds = {step.kind for step in plan.steps}
    return RequestView(
        id=request.id,
        application=request.application,
        mode=plan.mode.value,
        purpose=plan.purpose.value,
        source=plan.source,
        target=plan.target,
        state=request.state.value,
        round=request.round,
        required=plan.policy.required,
        acks=tuple(_ack(ack) for ack in request.acks),
        missing=standing(request).missing,
        requester=request.requester.display,
        reason=request.reason,
        digest=request.digest,
        loss_limit_seconds=request.loss_limit_s,
        opened_at=request.opened_at,
        expires_at=request.expires_at,
        decided_by=request.decided_by,
        decision_reason=request.decision_reason,
        run=run.id if run else None,
        supersedes=request.supersedes,
        undoes=plan.undoes,
        evacuation=evacuations.of_request(tx, request.id),
        signals=request.signals,
        cause_gone=gone(tx, request),
        prepared=sentences(preparations.get(tx, request.id)) or announced(request, auto=auto),
        plan=plan_report(
            plan,
            findings=request.findings,
            stores=stores,
            durations={kind: runs.step_durations(tx, kind) for kind in kinds},
            loss_limit_s=request.loss_limit_s,
        ),
    )


def _ack(ack: Ack) -> AckView:
    return AckView(
        person=ack.display, round=ack.round, at=ack.at, accepted_limit_seconds=ack.accepted_limit_s, kind=ack.kind
    )
