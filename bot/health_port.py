"""`/livez`, `/readyz` and `/metrics` of the bot."""

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.metrics import Metrics
from bot.readiness import Seen, readiness
from bot.slack import Slack
from dr_core.approvals.model import Roster
from dr_core.errors import DrError
from dr_core.services import Services
from dr_core.store import roster
from dr_core.store.engine import Tx
from dr_core.store.migrate import head_revision, revision_of, serves

_LONGEST_LOOK_S = 3.0


def build(
    services: Services,
    slack: Slack,
    metrics: Metrics,
    *,
    socket: Callable[[], Awaitable[str]],
    announcer: Callable[[], str],
) -> Starlette:
    """The app. `socket` says what is wrong with the connection to Slack, `announcer` what it last stumbled over."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"live": True})

    async def readyz(_request: Request) -> Response:
        try:
            looking = asyncio.to_thread(_store, services)
            store_problem, known = await asyncio.wait_for(looking, _LONGEST_LOOK_S)
        except TimeoutError:
            store_problem, known = f"no answer within {_LONGEST_LOOK_S:.0f} s", None
        seen = Seen(
            store_problem,
            await socket(),
            roster_at=known.at if known else None,
            unread_approvers=len(known.approvers - known.users.keys()) if known else 0,
            announcer_problem=announcer(),
        )
        ready, body = readiness(seen, slack.contact, services.clock.now())
        return JSONResponse(dict(body), status_code=200 if ready else 503)

    async def metrics_(_request: Request) -> Response:
        # What others do stands in the store, so that it is asked in a thread.
        return Response(await asyncio.to_thread(metrics.text), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics_)])


def _store(services: Services) -> tuple[str, Roster | None]:
    """(what is wrong with the store, the roster as last read)."""

    def look(tx: Tx) -> tuple[str, Roster | None]:
        at = revision_of(tx.conn)
        if not serves(at):
            return f"at revision {at or 'none'}, expected {head_revision()}: run `dr db upgrade`", None
        return "", roster.load(tx)

    try:
        return services.store.read(look)
    except DrError as error:
        return str(error), None
