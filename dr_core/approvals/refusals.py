"""Refusals on their way out: as errors that faces know, and as events of the trail."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic import JsonValue
from ulid import ULID

from dr_core.approvals.authority import Role, refusal, roles
from dr_core.approvals.decision import Refusal, is_requester
from dr_core.approvals.model import Actor, Request
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, DrError, RefusedError
from dr_core.failpoints import Point
from dr_core.services import Services
from dr_core.store import roster
from dr_core.store.engine import Tx

T = TypeVar("T")


def raise_refusal(found: Refusal | None) -> None:
    """A refusal as the error that faces know."""
    if found is not None:
        kind = ConflictError if found.conflict else RefusedError
        raise kind(found.message, hint=found.hint)


def permit(tx: Tx, services: Services, actor: Actor, *allowed: Role, own: Request | None = None) -> None:
    """RefusedError unless the actor has one of these roles, or is the requester of the request that is their `own`."""
    known = roster.load(tx)
    nobody = refusal(known, actor, tx.now())
    if nobody is not None:
        raise RefusedError(nobody)
    if own is not None and is_requester(own, actor):
        return
    if set(allowed) & roles(services.topology, known, actor, tx.now()):
        return
    names = ["its requester"] if own is not None else []
    names += ["an approver" if role is Role.APPROVER else "somebody who may request" for role in allowed]
    raise RefusedError(f"Only {' or '.join(names)} may do that.")


def not_opened(
    services: Services, error: RefusedError | ConflictError, actor: Actor, about: Mapping[str, JsonValue], cmd_id: str
) -> None:
    """Into the trail: a request that was refused, or that something is in the way of. `about`: what was asked for."""
    kind = EventKind.REQUEST_BLOCKED if isinstance(error, ConflictError) else EventKind.REQUEST_REFUSED
    data: dict[str, JsonValue] = {**about, "reason": error.message}
    key = f"{cmd_id}:refused"
    services.store.write(lambda tx: append_ops(tx, kind, actor, data, cmd_id=key), Point.REQUEST_REFUSED)


def recorded(
    services: Services,
    actor: Actor,
    verb: str,
    about: Mapping[str, JsonValue],
    work: Callable[[Tx], T | DrError],
    point: Point,
) -> T:
    """Run `work`; an error that it returned is raised after its commit, and a refusal is written to the trail.

    `about` says in the refusal's event what it was about.
    """
    try:
        result = services.store.write(work, point)
        if isinstance(result, DrError):
            raise result
    except RefusedError as error:
        data: dict[str, JsonValue] = {"command": verb, **about, "reason": error.message}
        key = f"auto:{ULID()}"
        services.store.write(
            lambda tx: append_ops(tx, EventKind.COMMAND_REFUSED, actor, data, cmd_id=key), Point.COMMAND_REFUSED
        )
        raise
    return result
