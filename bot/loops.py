"""Background work for the life of the process: again and again, slower while it fails, never silently dead."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from dr_core.errors import DrError

_SLOWEST_S = 8.0
_log = structlog.get_logger()


async def forever(name: str, work: Callable[[], Awaitable[object]], every_s: float) -> None:
    """Do `work` every `every_s` seconds; after a failure again after one second, then twice as long, at most eight."""
    failures = 0
    while True:
        try:
            await work()
            failures = 0
        except DrError as error:
            failures += 1
            _log.warning("will try again", work=name, problem=str(error), in_s=_pause(failures))
        except Exception as error:
            failures += 1
            _log.error("unexpected error, will try again", work=name, in_s=_pause(failures), exc_info=error)
        await asyncio.sleep(_pause(failures) if failures else every_s)


def _pause(failures: int) -> float:
    return min(_SLOWEST_S, 2.0 ** min(failures - 1, 10))
