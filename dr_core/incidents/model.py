"""An incident and its notes as values, and which requests belong to it."""

from datetime import datetime

from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.execution.model import Run
from dr_core.value import Value


class Incident(Value):
    """Open while `closed_at` is None. `application` None: it is about all of them.

    `signals` are sentences, the first ones first. `request` is the proposal that it was opened with, where detection
    made one. `closed_by` is a display name.
    """

    id: str
    application: str | None
    title: str
    opened_at: datetime
    by: Actor
    signals: tuple[str, ...] = ()
    request: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    version: int = 1

    @property
    def open(self) -> bool:
        return self.closed_at is None

    def concerns(self, application: str) -> bool:
        """Whether what happens to this application is of this incident."""
        return self.application in (None, application)


class Note(Value):
    """What a person wrote down, and when. `by` is a display name, `seq` its number in the trail."""

    incident: str
    at: datetime
    by: str
    text: str
    seq: int


def belongs(incident: Incident, request: Request, run: Run | None) -> bool:
    """The proposal it was opened with, and whatever of the application waited or ran while the incident was open."""
    if request.id == incident.request:
        return True
    if not incident.concerns(request.application):
        return False
    over = _over_at(request, run)
    begun_too_late = incident.closed_at is not None and request.opened_at > incident.closed_at
    return not begun_too_late and (over is None or over >= incident.opened_at)


def _over_at(request: Request, run: Run | None) -> datetime | None:
    """When nothing more could come of the request; None while something still may."""
    if run is not None:
        return run.ended_at
    if request.state in (RequestState.OPEN, RequestState.QUEUED, RequestState.APPROVED):
        return None
    return request.decided_at or request.expires_at
