"""The buttons of an evacuation's card: each decides about all of it."""

import asyncio

from bot.asking import approve_view, carry_out
from bot.delivery import Delivery
from bot.desk import Desk
from bot.views import evacuation_modals as modals
from commands.operators import authorize
from commands.registry import registry
from dr_core.errors import ConflictError, NotFoundError, RefusedError
from dr_core.evacuation.deciding import review
from dr_core.reports.evacuation import evacuation_view

_WINDOWS = ("approve", "deny", "details")


async def pressed(desk: Desk, came: Delivery, action: str, whole: tuple[str, str], round_: int | None) -> None:
    """One press; `whole`: the evacuation, and the action that the token was given out for."""
    evacuation_id, meant = whole
    try:
        if action != meant or round_ is None:
            raise NotFoundError("That button is not one of mine.", hint="Use the buttons on the evacuation's card.")
        if action in _WINDOWS:
            await _open(desk, came, action, evacuation_id, round_)
    except (RefusedError, NotFoundError, ConflictError) as error:
        await desk.refused(came, f"{action} (button)", error)
        raise
    if action not in _WINDOWS:
        # Dispatch records its refusals itself.
        await carry_out(desk, came, [action, evacuation_id, f"--round={round_}"])


async def _open(desk: Desk, came: Delivery, action: str, evacuation_id: str, round_: int) -> None:
    channel = came.channel or ""
    if action == "approve":
        seen = await asyncio.to_thread(review, desk.services, evacuation_id, desk.actor(came), round_)
        await desk.open(came, await approve_view(desk, seen, channel))
        return
    if action == "deny":
        await asyncio.to_thread(authorize, desk.services, desk.actor(came), registry().named("deny"))
    view = await asyncio.to_thread(evacuation_view, desk.services, evacuation_id)
    if action == "deny" and view.round != round_:
        raise ConflictError(
            f"That belongs to round {round_} of {view.id}; round {view.round} is the present one.",
            hint="Look at its card again, then decide.",
        )
    await desk.open(came, modals.deny(view, channel) if action == "deny" else modals.details(view))
