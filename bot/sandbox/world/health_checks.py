"""Route 53 health checks: what they watch in the world, and what they say of it over time.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.world.timeline import Timeline

INTERVAL_S = 30.0
THRESHOLD = 3
RECOVERY_CONTROL = "RECOVERY_CONTROL"
CHECKER_REGIONS = ("eu-west-1", "us-east-1", "us-west-2", "ap-southeast-1", "sa-east-1")
_ADDRESSES = ("203.0.113.201", "203.0.113.202", "203.0.113.203", "203.0.113.204", "203.0.113.205")

Probe = Callable[[], str | None]
"""What a checker finds: None for success, else the reason as Route 53 words it."""


@dataclass
class HealthCheck:
    """One check. `healthy` is the state after the threshold; `reason` the newest finding, None when it succeeded."""

    id: str
    config: dict[str, Any]
    probe: Probe
    healthy: bool = True
    reason: str | None = None
    checked_at: datetime | None = None
    in_a_row: int = 0

    def look(self, now: datetime) -> None:
        """One observation by every checker."""
        self.reason = self.probe()
        self.checked_at = now
        inverted = bool(self.config.get("Inverted"))
        if ((self.reason is None) != inverted) == self.healthy:
            self.in_a_row = 0
            return
        self.in_a_row += 1
        if self.in_a_row >= int(self.config.get("FailureThreshold") or THRESHOLD):
            self.healthy = not self.healthy
            self.in_a_row = 0

    def observations(self) -> list[dict[str, Any]]:
        """As GetHealthCheckStatus tells them: what the endpoint did; inversion does not show here."""
        status = "Success: HTTP Status Code 200, OK" if self.reason is None else f"Failure: {self.reason}"
        return [
            {"Region": region, "IPAddress": address, "StatusReport": {"Status": status, "CheckedTime": self.checked_at}}
            for region, address in zip(CHECKER_REGIONS, _ADDRESSES, strict=True)
        ]


class HealthChecks:
    """All checks, observed every 30 s of the world."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.checks: dict[str, HealthCheck] = {}
        # Three observations settle any state, so more than a few need not be caught up after a silence.
        timeline.every(INTERVAL_S, self._observe, keep=THRESHOLD * 4)

    def add(self, check_id: str, config: dict[str, Any], probe: Probe) -> HealthCheck:
        """A new check starts with what it sees first."""
        check = HealthCheck(check_id, config, probe)
        check.look(self._timeline.now)
        check.healthy = (check.reason is None) != bool(config.get("Inverted"))
        check.in_a_row = 0
        self.checks[check_id] = check
        return check

    def healthy(self, check_id: str) -> bool:
        """What DNS believes; a check that does not exist counts as healthy."""
        check = self.checks.get(check_id)
        if check is None or check.config.get("Disabled"):
            return True
        if check.config.get("Type") == RECOVERY_CONTROL:
            # No checker looks at an endpoint: Route 53 is told by the cluster.
            return (check.probe() is None) != bool(check.config.get("Inverted"))
        children = check.config.get("ChildHealthChecks")
        if check.config.get("Type") == "CALCULATED" and children:
            needed = int(check.config.get("HealthThreshold") or 0)
            fine = sum(self.healthy(child) for child in children) >= needed
            return fine != bool(check.config.get("Inverted"))
        return check.healthy

    def _observe(self) -> None:
        for check in self.checks.values():
            check.look(self._timeline.now)
