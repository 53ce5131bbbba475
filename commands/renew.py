"""`renew`: a new round of a request that expired or waits. Typed twice it opens one round, as pressed twice."""

from commands import evacuation
from commands.context import Context, Outcome
from dr_core.approvals.renewal import refuse_twice, renew
from dr_core.audit.events import EventKind
from dr_core.evacuation.model import is_evacuation
from dr_core.reports.request import request_view
from dr_core.store import events, requests
from dr_core.store.engine import Tx


def run(context: Context) -> Outcome:
    request_id = context.arguments.given("request")
    if is_evacuation(request_id):
        return evacuation.renew(context, request_id)
    renew(
        context.services,
        request_id,
        actor=context.actor,
        round=_round(context, request_id),
        cmd_id=context.cmd_id,
    )
    return Outcome("renew", request_view(context.services, request_id))


def _round(context: Context, request_id: str) -> int | None:
    """The round that the caller means: the one named, else the present one, which another renewal ends."""
    named = context.arguments.integer("round")
    if named is not None:
        return named

    def work(tx: Tx) -> int | None:
        request = requests.get(tx, request_id)
        if events.done(tx, context.cmd_id, EventKind.REQUEST_RENEWED, request_id) is not None:
            return None  # the same delivery again: answered as the first time
        another = f"To open yet another: {context.prefix} renew {request.id} --round {request.round}"
        refuse_twice(tx, request, context.actor, another)
        return request.round

    return context.services.store.read(work)
