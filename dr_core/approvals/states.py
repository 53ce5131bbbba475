"""What may become of a request, as a table; the store refuses every other change."""

from dr_core.approvals.model import RequestState
from dr_core.audit.events import EventKind
from dr_core.states import Row, Table

_OPEN = (RequestState.OPEN,)
_STANDING = (RequestState.OPEN, RequestState.QUEUED)

REQUESTS: Table[RequestState] = Table(
    "request",
    RequestState,
    (
        Row((None,), EventKind.REQUEST_OPENED, RequestState.OPEN, "A person, a schedule or detection asks for a plan."),
        Row(_OPEN, EventKind.REQUEST_ACKED, None, "An approver acknowledges the present round."),
        Row(_OPEN, EventKind.REQUEST_BROKE_GLASS, None, "A holder stands for those who did not answer."),
        Row(
            _OPEN,
            EventKind.REQUEST_APPROVED,
            RequestState.APPROVED,
            "The quorum is complete: in the same commit its run is made, or goes on.",
        ),
        Row(
            _OPEN,
            EventKind.REQUEST_QUEUED,
            RequestState.QUEUED,
            "The quorum is complete; in its evacuation the turn is another's.",
        ),
        Row(
            (RequestState.QUEUED,),
            EventKind.REQUEST_APPROVED,
            RequestState.APPROVED,
            "The turn comes to it: in the same commit its run is made.",
        ),
        Row(
            _STANDING,
            EventKind.REQUEST_OBJECTED,
            None,
            "A second denial within the hour by the same person only objects.",
        ),
        Row(_STANDING, EventKind.REQUEST_DENIED, RequestState.DENIED, "An approver ends it."),
        Row(
            _STANDING,
            EventKind.REQUEST_CANCELLED,
            RequestState.CANCELLED,
            "Its requester or an approver takes it back.",
        ),
        Row(_OPEN, EventKind.REQUEST_EXPIRED, RequestState.EXPIRED, "Its time is over by the database's clock."),
        Row(
            (RequestState.OPEN, RequestState.EXPIRED),
            EventKind.REQUEST_RENEWED,
            RequestState.OPEN,
            "A new round: measured anew, acknowledged anew.",
        ),
        Row(
            (RequestState.QUEUED,),
            EventKind.REQUEST_RENEWED,
            RequestState.OPEN,
            "The store was rolled back: nobody can say any more who had approved it.",
        ),
        Row(
            (RequestState.APPROVED,),
            EventKind.REQUEST_RENEWED,
            RequestState.OPEN,
            "Its run asks again, before anything was fenced.",
        ),
        Row(
            (*_STANDING, RequestState.EXPIRED),
            EventKind.REQUEST_VOID,
            RequestState.VOID,
            "Its plan no longer fits the configuration or the world, or what it was to follow did not go.",
        ),
    ),
    {
        RequestState.APPROVED: "its run may ask for a new round",
        RequestState.DENIED: "nothing",
        RequestState.CANCELLED: "nothing",
        RequestState.EXPIRED: "a new round may be opened",
        RequestState.VOID: "nothing",
    },
)
