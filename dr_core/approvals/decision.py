"""The pure decisions about an acknowledgement: may it count, and is the quorum complete.

Invariant: an acknowledgement counts only if its round is the request's, its digest the plan's, its person neither the
requester nor somebody who acknowledged this round before (by person and by account), its accepted limit not below the
request's, and its person an approver both when the request was opened and now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.approvals.proof import AckKind


@dataclass(frozen=True)
class Refusal:
    """Why not, as a sentence. `conflict` when somebody was first rather than somebody may not."""

    message: str
    hint: str | None = None
    conflict: bool = False


@dataclass(frozen=True)
class Standing:
    """Where a request stands: who counts, and how many are missing."""

    people: tuple[str, ...]
    missing: int

    @property
    def complete(self) -> bool:
        return self.missing == 0


_APPROVED = (RequestState.QUEUED, RequestState.APPROVED)
_ENDED = {
    RequestState.DENIED: "was denied",
    RequestState.CANCELLED: "was cancelled",
    RequestState.EXPIRED: "has expired",
    RequestState.VOID: "is void, because its plan no longer fits",
}


def standing(request: Request) -> Standing:
    """Count the acknowledgements of the present round, each person once, the requester never.

    Whoever broke the glass stands for all others, and may be the requester: it skips people, and nothing else.
    """
    counted = [
        ack for ack in request.round_acks if ack.digest == request.digest and _covers(request, ack.accepted_limit_s)
    ]
    broke = {ack.person for ack in counted if ack.kind == AckKind.BREAK_GLASS}
    people = sorted({ack.person for ack in counted} - {request.requester.person} | broke)
    return Standing(tuple(people), 0 if broke else max(0, request.plan.policy.required - len(people)))


def _covers(request: Request, accepted_s: int | None) -> bool:
    if request.loss_limit_s is None or accepted_s is None:
        return accepted_s is None
    return accepted_s >= request.loss_limit_s


def refuse_decided(request: Request, now: datetime) -> Refusal | None:
    """A request that waits no longer says who ended it and how to go on."""
    name = f"Request {request.id}"
    if request.state is RequestState.APPROVED:
        people = " and ".join(ack.display for ack in request.round_acks)
        return Refusal(f"{name} was already approved by {people}.", "`/dr runs` shows its run.", conflict=True)
    if request.state is RequestState.QUEUED:
        people = " and ".join(ack.display for ack in request.round_acks)
        return Refusal(f"{name} was already approved by {people}, and waits for its turn.", conflict=True)
    if request.state in _ENDED:
        by = f" by {request.decided_by}" if request.decided_by else ""
        told = request.decision_reason if request.state in (RequestState.VOID, RequestState.CANCELLED) else ""
        way_out, why = _way_on(request), f": {told}" if told else ""
        return Refusal(f"{name} {_ENDED[request.state]}{by}{why}.", way_out, conflict=True)
    if now >= request.expires_at:
        return Refusal(
            f"{name} expired at {request.expires_at:%H:%M:%S}Z.", "Press Renew for a new round.", conflict=True
        )
    return None


def replaced(by: str, who: str) -> str:
    """The reason of a proposal's end in whose place somebody asks: its way on is `by`."""
    return f"{_REPLACED}{by}: {who} asks for the same"


_REPLACED = "replaced by "


def _way_on(request: Request) -> str:
    if request.state is RequestState.EXPIRED:
        return "Press Renew for a new round."
    told = request.decision_reason or ""
    if request.state is RequestState.CANCELLED and told.startswith(_REPLACED):
        return f"Approve {told.removeprefix(_REPLACED).partition(':')[0]} in its place."
    return "Open a new one."


def is_requester(request: Request, actor: Actor) -> bool:
    """By person and by account: dr.yaml may have come to name the account since."""
    account = actor.slack_user is not None and actor.slack_user == request.requester.slack_user
    return account or actor.person == request.requester.person


def refuse_ack(
    request: Request,
    actor: Actor,
    *,
    round_: int | None,
    approvers: frozenset[str],
    acked: Mapping[str, datetime],
    now: datetime,
) -> Refusal | None:
    """Why this person's acknowledgement would not count now; None when it would.

    `acked`: Slack account -> when it acknowledged the present round.
    """
    decided = refuse_decided(request, now)
    by_person = next((ack.at for ack in request.round_acks if ack.person == actor.person), None)
    mine = by_person or acked.get(actor.slack_user or "")
    if mine is not None and (decided is None or request.state in _APPROVED):
        return Refusal(f"You already approved {request.id} at {mine:%H:%M:%S}Z.", conflict=True)
    if decided is not None:
        return decided
    if round_ is not None and round_ != request.round:
        return Refusal(
            f"That button belongs to round {round_} of {request.id}; round {request.round} is open.",
            "Use the buttons on the request's card.",
            conflict=True,
        )
    if is_requester(request, actor):
        return Refusal(f"You opened {request.id}; somebody else must approve it.")
    if actor.slack_user not in approvers:
        return Refusal("You are not in the group of approvers.", "An approver must press this.")
    if actor.slack_user not in request.approvers_at_open:
        return Refusal(
            f"You joined the approvers after {request.id} was opened, so you cannot approve it.",
            "Another approver must, or a new request must be opened.",
        )
    return None


def must_type(request: Request, rpo_s: float) -> str | None:
    """The exact text with which an approver accepts the loss; None when the limit is within the RPO."""
    if request.loss_limit_s is None:
        return "unknown"
    return str(request.loss_limit_s) if request.loss_limit_s > rpo_s else None
