"""Work that a process does again and again under a lease: a fault costs that round and is logged, never the thread."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Protocol

import structlog

from dr_core.errors import DrError

log = structlog.get_logger(__name__)


class Held(Protocol):
    """What says whether this process is the one that does the work."""

    def hold(self) -> bool: ...

    def release(self) -> None: ...


@dataclass(frozen=True)
class Duty:
    """`work` asks for the lease itself, since some of it is done without; it is given back at the end.

    `pause` tells the seconds from the start of a round to the next, and there are `least_s` from its end.
    """

    name: str
    work: Callable[[], object]
    pause: Callable[[], float]
    lease: Held | None = None
    first_s: float = 0.0
    least_s: float = 0.2

    def run(self, stop: Event) -> None:
        """Until `stop`; in a thread of its own."""
        left = self.first_s
        while not stop.wait(left):
            began = time.monotonic()
            survived(f"{self.name}_failed", self.work)
            left = max(self.least_s, self.pause() - (time.monotonic() - began))
        if self.lease is not None:
            survived("lease_not_released", self.lease.release, duty=self.name)


def every(seconds: float) -> Callable[[], float]:
    """A pause that is always the same."""
    return lambda: seconds


def survived(what: str, work: Callable[[], object], **about: str) -> bool:
    """Do it; False where it failed, which is logged as `what`. A defect is logged with its traceback."""
    try:
        work()
    except DrError as error:
        log.warning(what, error=error.message, **about)
        return False
    except Exception:
        log.exception(what, **about)
        return False
    return True
