"""What a proposal was made for may ease or be gone while it waits: its card says so, and it lapses in its time."""

from pydantic import JsonValue

from dr_core.approvals.model import Face, Request, RequestState
from dr_core.audit.events import Event, EventKind
from dr_core.audit.trail import actor_data
from dr_core.detection.actor import DETECTION
from dr_core.observation.model import Verdict
from dr_core.standing.look import look
from dr_core.standing.model import Standing, verdict_of
from dr_core.store import events, requests
from dr_core.store.engine import Tx
from dr_core.topology.model import Topology

_KINDS = {
    Verdict.HEALTHY: EventKind.DETECTION_CALMED,
    Verdict.DEGRADED: EventKind.DETECTION_EASED,
    Verdict.DOWN: EventKind.DETECTION_AGAIN,
}


def last(tx: Tx, request: Request) -> Event | None:
    """The last word on the cause of a proposal; None while it stands as it was opened."""
    told = [event for event in events.of_chain(tx, request.id) if event.kind in _KINDS.values()]
    return told[-1] if told else None


def turned(tx: Tx, request: Request, standing: Standing) -> EventKind | None:
    """Whether the source is well or only degraded now and nobody was told, or is down again after that."""
    verdict = verdict_of(standing, request.plan.source)
    if verdict is None or verdict.verdict is Verdict.UNKNOWN:
        return None
    before, kind = last(tx, request), _KINDS[verdict.verdict]
    known = EventKind.DETECTION_AGAIN if before is None else before.kind
    return None if kind == known else kind


def turn(tx: Tx, topology: Topology, request_id: str) -> None:
    """Write it into the request's chain, from which its card is drawn; nothing where it is decided meanwhile."""
    request = requests.get(tx, request_id)
    standing = look(tx, topology, request.application, tx.now())
    kind = turned(tx, request, standing)
    verdict = verdict_of(standing, request.plan.source)
    if kind is None or verdict is None or request.state is not RequestState.OPEN:
        return
    data: dict[str, JsonValue] = {
        "region": verdict.region,
        "verdict": verdict.verdict.value,
        "since": verdict.since.isoformat(),
        "reason": verdict.reasons[0],
    }
    requests.transition(tx, request, [(kind, actor_data(DETECTION), data, None)])


def gone(tx: Tx, request: Request) -> str:
    """What the card of a waiting proposal says when its cause is gone, which alone is a reason to cancel it, or has
    eased; empty while it stands."""
    if request.requester.face is not Face.DETECTION or request.state is not RequestState.OPEN:
        return ""
    told = last(tx, request)
    if told is None or told.kind == EventKind.DETECTION_AGAIN:
        return ""
    if told.kind == EventKind.DETECTION_EASED:
        return f"{told.data['region']} is no longer down since {told.at:%H:%M:%S}Z: {told.data['reason']}."
    region, verdict = str(told.data["region"]), str(told.data["verdict"])
    return (
        f"{region} is {verdict} since {told.at:%H:%M:%S}Z: what this was proposed for is gone. "
        "Cancel it, or let it expire."
    )
