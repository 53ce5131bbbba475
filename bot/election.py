"""Which process announces and schedules: a named lease, asked of the store every few seconds."""

import threading

from bot.metrics import Metrics
from dr_core.clock import Clock
from dr_core.execution.lease import NamedLease
from dr_core.store.engine import Store

_BELIEVED_S = 5.0  # of 20: a paused process asks again before it acts
_RETRY_S = 0.5  # a lease that was handed over is taken within a second


class Election:
    """One lease as this process believes in it."""

    def __init__(self, store: Store, clock: Clock, name: str, owner: str, metrics: Metrics) -> None:
        self._lease, self._clock = NamedLease(store, name, owner), clock
        self._gauge = metrics.leader.labels(name)
        self._lock = threading.Lock()
        self._ask_at = clock.monotonic()
        self._mine = False
        self._retired = False

    def hold(self) -> bool:
        """Whether this process may act now."""
        with self._lock:
            if self._retired:
                return False
            now = self._clock.monotonic()
            if now >= self._ask_at:
                self._mine = self._lease.hold()
                self._ask_at = now + (_BELIEVED_S if self._mine else _RETRY_S)
                self._gauge.set(self._mine)
            return self._mine

    def retire(self) -> None:
        """Begin nothing more under the lease, which stays ours until what is under way has ended."""
        with self._lock:
            self._retired = True

    def release(self) -> None:
        """Let another process take over at once; this one never asks again."""
        with self._lock:
            mine, self._mine, self._retired = self._mine, False, True
            if mine:
                self._lease.release()
                self._gauge.set(False)
