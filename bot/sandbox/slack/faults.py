"""What can be wrong with Slack: closed kinds, each for a time or until it is taken away."""

from dataclasses import dataclass
from enum import StrEnum

from dr_core.clock import Clock


class SlackFaultKind(StrEnum):
    """The word in `POST /api/faults`, and what `value` means for it."""

    DOWN = "slack_down"  # Web API answers 503, sockets are closed, people cannot reach it either
    THROTTLED = "slack_429"  # value: Retry-After in seconds
    BROKEN = "slack_500"
    DISCONNECTS = "slack_disconnect"  # every socket is asked to reconnect, once
    DROPS = "slack_drop"  # payloads never arrive
    DOUBLES = "slack_double_click"  # every gesture arrives twice
    LATE = "slack_late"  # value: seconds by which payloads are late


@dataclass(frozen=True)
class SlackFault:
    """One active fault; `operation` limits it to one Web API method."""

    id: str
    kind: SlackFaultKind
    operation: str | None = None
    value: float | None = None
    until: float | None = None


class SlackFaults:
    """The active faults."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._active: dict[str, SlackFault] = {}
        self._count = 0

    def add(
        self,
        kind: SlackFaultKind,
        *,
        operation: str | None = None,
        value: float | None = None,
        for_s: float | None = None,
    ) -> str:
        """Break something; answers the id with which to mend it."""
        self._count += 1
        until = None if for_s is None else self._clock.monotonic() + for_s
        fault = SlackFault(f"slack-{self._count}", kind, operation, value, until)
        self._active[fault.id] = fault
        return fault.id

    def remove(self, fault_id: str | None) -> bool:
        """Mend one fault, or all with None; False when there is no such fault."""
        if fault_id is None:
            self._active.clear()
            return True
        return self._active.pop(fault_id, None) is not None

    def active(self, kind: SlackFaultKind, operation: str | None = None) -> SlackFault | None:
        """The fault of this kind that hits `operation` now."""
        for fault in self.all():
            if fault.kind is kind and fault.operation in (None, operation):
                return fault
        return None

    def all(self) -> list[SlackFault]:
        """Every fault that has not run out."""
        now = self._clock.monotonic()
        for fault in list(self._active.values()):
            if fault.until is not None and fault.until <= now:
                del self._active[fault.id]
        return list(self._active.values())
