"""What Route 53's own checkers, in their own regions, say about a health check: a second vantage point."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from dr_core.aws.faults import aws_errors
from dr_core.observation.model import Signal, SignalState, Vantage

ROUTE53_HOME = "us-east-1"
SOURCE = "Route 53 GetHealthCheckStatus"
# Checkers look every 10 or 30 s; a status much older than that is of a checker that has stopped looking.
_TOO_OLD = timedelta(minutes=5)


@dataclass(frozen=True)
class CheckerReport:
    """One checker's last look. `good` None: its words are neither success nor failure."""

    checker_region: str
    good: bool | None
    words: str
    checked_at: datetime | None


class HealthChecks(Protocol):
    def status(self, health_check: str) -> tuple[CheckerReport, ...]:
        """The last report of every checker."""
        ...


class Route53HealthChecks:
    """GetHealthCheckStatus; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any]) -> None:
        self._client_of = client_of

    def status(self, health_check: str) -> tuple[CheckerReport, ...]:
        with aws_errors("route53", ROUTE53_HOME, "GetHealthCheckStatus"):
            client = self._client_of("route53", ROUTE53_HOME)
            answer = client.get_health_check_status(HealthCheckId=health_check)
        return tuple(_report(raw) for raw in answer.get("HealthCheckObservations", ()))


def _report(raw: dict[str, Any]) -> CheckerReport:
    status = raw.get("StatusReport", {})
    words = str(status.get("Status", ""))
    good = True if words.startswith("Success") else False if words.startswith("Failure") else None
    return CheckerReport(str(raw.get("Region", "?")), good, words, status.get("CheckedTime"))


def route53_signal(region: str, health_check: str, reports: Sequence[CheckerReport], now: datetime) -> Signal:
    """Bad when most of the checkers that looked lately report failure; unknown when none did."""
    fresh = [r for r in reports if r.checked_at is None or now - r.checked_at <= _TOO_OLD]
    telling = [report for report in fresh if report.good is not None]
    failing = [report for report in telling if not report.good]
    if not telling:
        state, detail = SignalState.UNKNOWN, _nothing(reports, fresh)
    else:
        state = SignalState.BAD if len(failing) * 2 > len(telling) else SignalState.OK
        detail = f"{len(failing)} of {len(telling)} checkers report failure"
        if failing:
            detail += f" (from {', '.join(sorted({report.checker_region for report in failing}))})"
    times = [report.checked_at for report in telling if report.checked_at is not None]
    return Signal(
        region=region,
        component="health-check",
        name=health_check,
        vantage=Vantage.ROUTE53,
        state=state,
        detail=detail,
        observed_at=now,
        source=SOURCE + (f", last check {max(times):%H:%M:%S}Z" if times else ""),
    )


def _nothing(reports: Sequence[CheckerReport], fresh: Sequence[CheckerReport]) -> str:
    if not reports:
        return "Route 53 returned no checker"
    if not fresh:
        return f"no checker has looked for {_TOO_OLD.total_seconds() / 60:.0f} minutes"
    return f"no checker reports success or failure: {fresh[0].words[:80]}"
