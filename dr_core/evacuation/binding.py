"""What one press is bound to: the present round and plan of every member. Pure."""

import hashlib
from collections.abc import Collection, Iterable

import rfc8785

from dr_core.approvals.decision import must_type, standing
from dr_core.approvals.model import Request, RequestState
from dr_core.errors import ConflictError


def round_of(members: Iterable[Request]) -> int:
    """1, and one more for each new round of a member: the same number means the same rounds, since none goes back."""
    return 1 + sum(request.round - 1 for request in members)


def digest_of(members: Iterable[Request]) -> str:
    """Of every member's plan, by its request (SHA-256 of canonical JSON)."""
    return hashlib.sha256(rfc8785.dumps({request.id: request.digest for request in members})).hexdigest()


def refuse_another(named: str, members: Collection[Request], round_: int | None, digest: str | None = None) -> None:
    """ConflictError where what was looked at is no longer so; None: it was not said what was looked at."""
    present = round_of(members)
    if round_ is not None and round_ != present:
        raise ConflictError(
            f"That belongs to round {round_} of {named}; round {present} is the present one.",
            hint="Look at its card again, then decide.",
        )
    if digest is not None and digest != digest_of(members):
        raise ConflictError(f"{named} holds other plans than those you looked at.", hint="Look again.")


def worst_to_type(waiting: Iterable[Request], rpo_s: float) -> str | None:
    """The exact text with which the greatest of the losses is accepted, and every lesser one; None within the RPO."""
    wanted = [text for request in waiting if (text := must_type(request, rpo_s)) is not None]
    if "unknown" in wanted:
        return "unknown"
    return max(wanted, key=int, default=None)


def missing_of(members: Iterable[Request]) -> int:
    """How many more people have to approve what waits."""
    return max((standing(one).missing for one in members if one.state is RequestState.OPEN), default=0)
