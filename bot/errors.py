"""The one place where an error becomes a Slack message: ours with its way out, any other with an id to quote."""

import secrets
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.delivery import Delivery
from bot.desk import Desk
from bot.slack import quietly
from bot.views.message import Message
from bot.views.problem import problem, unexpected
from dr_core.errors import DrError

_log = structlog.get_logger()


async def guarded(desk: Desk, delivery: Delivery, work: Callable[[], Awaitable[None]]) -> None:
    """Do the work of one delivery; whatever happens, the person gets an answer and no traceback."""
    desk.metrics.deliveries.labels(delivery.kind).inc()
    began = time.perf_counter()
    try:
        await work()
    except Exception as error:
        await quietly(desk.tell(delivery, message_for(error, delivery, desk)))
    finally:
        desk.metrics.answer_seconds.labels(delivery.kind).observe(time.perf_counter() - began)


def message_for(error: Exception, delivery: Delivery, desk: Desk) -> Message:
    """What the person is told; what nobody foresaw is logged with the id that they can quote."""
    if isinstance(error, DrError):
        desk.metrics.problems.labels(error.code).inc()
        _log.info("told a problem", code=error.code, problem=error.message, user=delivery.user, delivery=delivery.id)
        return problem(error)
    reference = f"E-{secrets.token_hex(4)}"
    desk.metrics.problems.labels("unexpected").inc()
    _log.error("unexpected error", reference=reference, user=delivery.user, delivery=delivery.id, exc_info=error)
    return unexpected(reference)
