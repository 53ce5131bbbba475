"""New rounds for the members of an evacuation whose time was over, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from dr_core.approvals.authority import Role
from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.approvals.refusals import permit, recorded
from dr_core.approvals.renewal import renew_one
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, RefusedError
from dr_core.evacuation.binding import refuse_another
from dr_core.evacuation.model import Evacuation
from dr_core.evacuation.reading import members_of
from dr_core.evacuation.survey import seconds_before
from dr_core.failpoints import Point
from dr_core.plan.estimate import at_least_s
from dr_core.services import Services
from dr_core.store import evacuations, events, runs
from dr_core.store.engine import Tx

_STILL_GOES = (RequestState.OPEN, RequestState.QUEUED, RequestState.EXPIRED)


@dataclass(frozen=True)
class _Tried:
    """Application -> why it got no new round; empty where it did."""

    renewed: tuple[str, ...]
    kept: dict[str, DrError]


def renew(
    services: Services, evacuation_id: str, *, actor: Actor, cmd_id: str, round_: int | None = None
) -> Evacuation:
    """Measure and ask again for what has expired. What cannot be asked for again stays as it is; where that is all of
    it, its error is raised. ConflictError where nothing has expired, or `round_` is no longer the present one."""

    def work(tx: Tx) -> Evacuation | DrError:
        evacuation = evacuations.get(tx, evacuation_id)
        if events.done(tx, cmd_id, EventKind.EVACUATION_RENEWED) is not None:
            return evacuation
        members = members_of(tx, evacuation)
        refuse_another(evacuation.id, members, round_)
        over = [request for request in members if _is_over(request, tx.now())]
        if not over:
            return ConflictError(f"Nothing of {evacuation.id} has expired.", hint="Use the buttons on its card.")
        permit(tx, services, actor, Role.REQUESTER, Role.APPROVER, own=over[0])
        tried = _renew(tx, services, evacuation, members, over, actor)
        if not tried.renewed:
            return next(iter(tried.kept.values()))
        data: dict[str, JsonValue] = {
            "evacuation": evacuation.id,
            "applications": [*tried.renewed],
            "kept": {name: error.message for name, error in tried.kept.items()},
        }
        append_ops(tx, EventKind.EVACUATION_RENEWED, actor, data, cmd_id=cmd_id)
        return evacuation

    return recorded(services, actor, "renew", {"request": evacuation_id}, work, Point.EVACUATION_DECIDE)


def _renew(
    tx: Tx,
    services: Services,
    evacuation: Evacuation,
    members: Sequence[Request],
    over: Sequence[Request],
    actor: Actor,
) -> _Tried:
    longest = _longest(tx, evacuation, members)
    renewed: list[str] = []
    kept: dict[str, DrError] = {}
    for request in over:
        has_run = runs.of_request(tx, request.id) is not None
        waits_s = 0.0 if has_run else seconds_before(longest, evacuation.member(request.application).wave)
        try:
            found = renew_one(tx, services, request, actor, request.round, None, waits_s)
        except (RefusedError, ConflictError) as error:  # raised before anything of this one was written
            kept[request.application] = error
            continue
        if isinstance(found, DrError):
            kept[request.application] = found
        else:
            renewed.append(request.application)
    return _Tried(tuple(renewed), kept)


def _longest(tx: Tx, evacuation: Evacuation, members: Sequence[Request]) -> dict[int, float]:
    """Wave -> how long its longest plan takes at least, of those that still go and have no run yet."""
    found: dict[int, float] = {}
    for request in members:
        if request.state in _STILL_GOES and runs.of_request(tx, request.id) is None:
            durations = {kind: runs.step_durations(tx, kind) for kind in {step.kind for step in request.plan.steps}}
            wave = evacuation.member(request.application).wave
            found[wave] = max(found.get(wave, 0.0), at_least_s(request.plan, durations))
    return found


def _is_over(request: Request, now: datetime) -> bool:
    late = request.state is RequestState.OPEN and now >= request.expires_at
    return late or request.state is RequestState.EXPIRED
