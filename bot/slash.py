"""`/dr ...`: acknowledge, then one command through dispatch."""

from bot import delivery
from bot.asking import carry_out
from bot.desk import Desk
from bot.errors import guarded


async def slash(desk: Desk, body: delivery.Body) -> None:
    """What somebody typed after `/dr`."""
    came = delivery.command(body)
    await guarded(desk, came, lambda: carry_out(desk, came, str(body.get("text") or "")))
