"""`renew`: a new round of a request that expired or waits. Typed twice it opens one round, as pressed twice."""

from datetime import timedelta

from commands.context import Context, Outcome
from dr_core.approvals.model import Actor, Request, RequestState
from dr_core.approvals.renewal import renew
from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError
from dr_core.reports.request import request_view
from dr_core.store import events, requests
from dr_core.store.engine import Tx

JUST_NOW = timedelta(seconds=10)
"""Who types the same twice within this time means it once."""


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    renew(
        context.services,
        request_id,
        actor=context.actor,
        round=_round(context, request_id),
        cmd_id=context.cmd_id,
    )
    return Outcome("renew", request_view(context.services, request_id), public=True)


def _round(context: Context, request_id: str) -> int | None:
    """The round that the caller means: the one named, else the present one, which another renewal ends."""
    named = context.arguments.integer("round")
    if named is not None:
        return named

    def work(tx: Tx) -> int | None:
        request = requests.get(tx, request_id)
        if events.done(tx, context.cmd_id, EventKind.REQUEST_RENEWED, request_id) is not None:
            return None  # the same delivery again: answered as the first time
        if _renewed_just_now(tx, request, context.actor):
            raise ConflictError(
                f"You opened round {request.round} of {request.id} just now.",
                hint=f"To open yet another: {context.prefix} renew {request.id} --round {request.round}",
            )
        return request.round

    return context.services.store.read(work)


def _renewed_just_now(tx: Tx, request: Request, actor: Actor) -> bool:
    """Whether this person opened the round that waits a moment ago, and nobody has acknowledged it since."""
    if request.state is not RequestState.OPEN or request.round_acks:
        return False
    opened = [event for event in events.of_chain(tx, request.id) if event.kind == EventKind.REQUEST_RENEWED]
    return bool(opened) and opened[-1].actor.get("person") == actor.person and tx.now() - opened[-1].at <= JUST_NOW
