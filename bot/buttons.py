"""The buttons of a card. Each carries one opaque token; what it means stands in the store, never in the message.

An evacuation's are made once, and carry the round that the card showed beside the token.
"""

import asyncio

from bot import delivery, evacuation_buttons
from bot.asking import approve_view, carry_out, stopping
from bot.delivery import Delivery
from bot.desk import Desk
from bot.errors import guarded
from bot.slack import quietly
from bot.views import decide
from bot.views.message import message, section
from commands.operators import authorize
from commands.registry import registry
from dr_core.approvals import tokens
from dr_core.approvals.ack import review
from dr_core.approvals.authority import Role, refusal, roles
from dr_core.approvals.decision import refuse_decided
from dr_core.approvals.model import Request, RequestState
from dr_core.approvals.tokens import TokenUse
from dr_core.errors import ConflictError, NotFoundError, RefusedError
from dr_core.reports.request import request_view
from dr_core.reports.run import run_view
from dr_core.store import cards, evacuations, requests, roster, runs
from dr_core.store.engine import Tx

ACTIONS = tokens.ACTIONS
_OF_ANY_ROUND = frozenset({"details", "renew"})
"""Details are of the request; the renewal itself says that its round is over, and a repeated delivery is no fault."""
_WITH_ROUND = frozenset({"renew", "cancel"})
_OF_THE_RUN = frozenset({"pause", "resume", "abort"})


async def pressed(desk: Desk, body: delivery.Body) -> None:
    """One press of one button."""
    came = delivery.action(body)
    press = body["actions"][0]
    await guarded(desk, came, lambda: _pressed(desk, came, str(press["action_id"]), str(press.get("value") or "")))


async def _pressed(desk: Desk, came: Delivery, action: str, token: str) -> None:
    came = await desk.meet(came)
    of_all, _, round_ = token.partition(":")
    whole = await asyncio.to_thread(desk.services.store.read, lambda tx: evacuations.button_of(tx, of_all))
    if whole is not None:
        await evacuation_buttons.pressed(desk, came, action, whole, int(round_) if round_.isdecimal() else None)
        return
    try:
        use, request = await asyncio.to_thread(desk.services.store.read, lambda tx: _meaning(tx, action, token))
        desk.later(_left_behind(desk, came, request.id))
        if action not in _OF_ANY_ROUND:
            _this_round(use, request)
        if action in _WINDOWS:
            await _WINDOWS[action](desk, came, use, request)
    except (RefusedError, NotFoundError, ConflictError) as error:
        await desk.refused(came, f"{action} (button)", error)
        raise
    if action not in _WINDOWS:
        # Dispatch records its refusals itself.
        await carry_out(desk, came, _words(action, use, request))


def _words(action: str, use: TokenUse, request: Request) -> list[str]:
    """What somebody would have typed; a run goes by its request's id as well."""
    if action == "resume":
        return ["run", "resume", request.id]
    return [action, request.id, *([f"--round={use.round}"] if action in _WITH_ROUND else [])]


def _meaning(tx: Tx, action: str, token: str) -> tuple[TokenUse, Request]:
    """What a token stands for; a token of another button is as good as a forged one."""
    use = tokens.resolve(tx, token)
    if use.action != action:
        raise NotFoundError("That button is not one of mine.", hint="Use the buttons on the request's card.")
    return use, requests.get(tx, use.request_id)


def _this_round(use: TokenUse, request: Request) -> None:
    waits = request.state in (RequestState.OPEN, RequestState.EXPIRED)
    if use.round != request.round and (waits or use.action in _OF_THE_RUN):
        raise ConflictError(
            f"That button belongs to round {use.round} of {request.id}; round {request.round} is the present one.",
            hint="Use the buttons on the request's card.",
        )


async def _left_behind(desk: Desk, came: Delivery, request_id: str) -> None:
    """A bot that dies between Slack's answer and its own note leaves a card that nobody keeps: say where another is.

    The press counts all the same: its token is the request's, whichever message showed it.
    """
    channel, ts = came.channel, came.evidence.get("message_ts")

    async def point() -> None:
        kept = await asyncio.to_thread(desk.services.store.read, lambda tx: cards.get(tx, request_id))
        if channel and ts and kept is not None and kept.ts is not None and (kept.channel, kept.ts) != (channel, ts):
            there = "below" if kept.ts > ts else "above"
            where = there if kept.channel == channel else f"in <#{kept.channel}>"
            text = f"{request_id}: nobody keeps this copy of the card up to date. See the card {where}."
            await desk.slack.update(channel, ts, message(text, section(text)))

    await quietly(point())


async def _approve(desk: Desk, came: Delivery, use: TokenUse, _request: Request) -> None:
    seen = await asyncio.to_thread(review, desk.services, use.request_id, desk.actor(came), use.round)
    await desk.open(came, await approve_view(desk, seen, came.channel or ""))


async def _deny(desk: Desk, came: Delivery, _use: TokenUse, request: Request) -> None:
    await asyncio.to_thread(desk.services.store.read, lambda tx: _may_deny(tx, desk, came, request))
    shown = await asyncio.to_thread(request_view, desk.services, request)
    await desk.open(came, decide.deny(shown, came.channel or ""))


def _may_deny(tx: Tx, desk: Desk, came: Delivery, request: Request) -> None:
    """Said before a reason is typed in vain; the denial itself decides again."""
    by, known = desk.actor(came), roster.load(tx)
    nobody = refusal(known, by, tx.now())
    if nobody is not None:
        raise RefusedError(nobody)
    decided = refuse_decided(request, tx.now())
    if decided is not None:
        raise ConflictError(decided.message, hint=decided.hint)
    if Role.APPROVER not in roles(desk.topology, known, by, tx.now()):
        raise RefusedError("Only an approver may deny a request.", hint="The requester may cancel it.")


async def _details(desk: Desk, came: Delivery, _use: TokenUse, request: Request) -> None:
    shown = await asyncio.to_thread(request_view, desk.services, request)
    run = await asyncio.to_thread(run_view, desk.services, shown.run, way_back=True) if shown.run else None
    await desk.open(came, decide.details(shown, run))


async def _stop(desk: Desk, came: Delivery, use: TokenUse, request: Request) -> None:
    """The reason is asked for beside what is down already; the command itself decides again."""
    command = registry().named(f"run {use.action}")
    await asyncio.to_thread(authorize, desk.services, desk.actor(came), command)
    run = await asyncio.to_thread(desk.services.store.read, lambda tx: runs.of_request(tx, request.id))
    if run is None or run.state.finished:
        word = run.state.value if run is not None else "not there yet"
        raise ConflictError(f"The run of {request.id} is {word}.", hint="`/dr runs` shows it.")
    await desk.open(came, await asyncio.to_thread(stopping, desk, command, run, came.channel or ""))


_WINDOWS = {"approve": _approve, "deny": _deny, "details": _details, "pause": _stop, "abort": _stop}
