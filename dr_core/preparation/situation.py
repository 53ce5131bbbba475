"""What the store says of a request's application, as far as preparation goes by it."""

from collections.abc import Mapping

from dr_core.approvals.model import Request
from dr_core.drills.raised import without_copy
from dr_core.observation.active import observed_region
from dr_core.preparation.decide import Situation
from dr_core.readiness.model import CheckState
from dr_core.standing.look import look
from dr_core.standing.model import Standing
from dr_core.store import brake, drills, observations, readiness, requests, runs
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

_QUOTA = "quota-short"


def situation(tx: Tx, topology: Topology, request: Request) -> Situation:
    now, name, target = tx.now(), request.application, request.plan.target
    standing, fences = look(tx, topology, name, now), observations.region_fences(tx, name)
    own = runs.of_request(tx, request.id)
    others = [one for one in runs.unfinished(tx, name) if own is None or one.id != own.id]
    in_time = [one for one in requests.open_requests(tx, name) if now < one.expires_at]
    waiting = [one for one in (*in_time, *requests.queued(tx, name)) if one.id != request.id]
    return Situation(
        now=now,
        auto=topology.approval.prepare == "auto",
        braked=brake.get(tx).engaged,
        run=own,
        asked=target in {*(run.plan.target for run in others), *(one.plan.target for one in waiting)},
        drilled=next((one.id for one in drills.unfinished(tx, name)), ""),
        serves=_serves(topology, standing, fences),
        fences=fences,
    )


def _serves(topology: Topology, standing: Standing, fences: Mapping[str, str]) -> tuple[str, ...] | None:
    """Only as seen just now: by an older look, a record or the configuration it may be the target that serves."""
    app = topology.applications[standing.name]
    seen = app.active_active or observed_region(app, standing.observation, fences) is not None
    return (standing.serving or None) if standing.fresh and seen else None


def size_before(tx: Tx, application: str, name: str, region: str, found: int) -> int:
    """What is to be gone back to: a drill that stands back leaves its own copy to whoever scales after it."""
    return without_copy(drills.unfinished(tx, application), name, region, found, tx.now())


def quota_short(tx: Tx, request: Request) -> str:
    """What the last preflight found of the quotas of the target, and when; empty where they are large enough or not
    known."""
    sheet = readiness.get(tx, request.application)
    checks = sheet.checks if sheet is not None else ()
    return next(
        (
            f"{check.message.rstrip('.')}, as the preflight at {check.checked_at:%Y-%m-%d %H:%M}Z found"
            for check in checks
            if check.code == _QUOTA and check.state is CheckState.FINDING and check.region == request.plan.target
        ),
        "",
    )
