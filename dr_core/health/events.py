"""What AWS Health itself says is wrong in a region: a vantage of its own, where the account may ask.

https://docs.aws.amazon.com/health/latest/APIReference/API_DescribeEvents.html. It takes a support plan; without one the
API answers SubscriptionRequiredException (https://docs.aws.amazon.com/health/latest/ug/getting-started-api.html). AWS
writes its events late, so that no event is no sign of health: an open issue is bad, anything else is unknown.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from dr_core.aws.faults import AwsRejectedError, aws_errors
from dr_core.clock import Clock
from dr_core.errors import DeniedError, DrError
from dr_core.observation.model import Signal, SignalState, Vantage
from dr_core.recent import Recent

HEALTH_HOME = "us-east-1"
SOURCE = "AWS Health DescribeEvents"
# The API is slow and takes few calls. While it tells of an issue it is asked in every pass, to see its end at once.
_QUIET_FOR = timedelta(seconds=30)
_NO_PLAN_FOR = timedelta(minutes=30)
_NO_PLAN = "SubscriptionRequiredException"
_REGIONS = 10  # what the filter takes at once
_SHOWN = 3

# Services as AWS Health calls them. What touches everything counts for every application.
EVERYBODY = frozenset({"MULTIPLE_SERVICES", "INTERNETCONNECTIVITY", "VPC"})
SERVICES: Mapping[str, frozenset[str]] = {
    "aurora_global": frozenset({"RDS"}),
    "rds_replica": frozenset({"RDS"}),
    "s3": frozenset({"S3"}),
    "elasticache_global": frozenset({"ELASTICACHE"}),
    "dynamodb_global": frozenset({"DYNAMODB"}),
    "secrets": frozenset({"SECRETSMANAGER"}),
    "parameters": frozenset({"SSM"}),
    "appconfig": frozenset({"APPCONFIG"}),
    "keys": frozenset({"KMS"}),
    "ecs": frozenset({"ECS", "EC2", "FARGATE"}),
    "autoscaling": frozenset({"AUTOSCALING", "EC2"}),
    "eks_nodegroup": frozenset({"EKS", "EC2"}),
    "aurora_readers": frozenset({"RDS"}),
    "lambda_event_source": frozenset({"LAMBDA"}),
    "ecs_poller": frozenset({"ECS", "EC2", "FARGATE"}),
    "eventbridge_rule": frozenset({"EVENTS"}),
    "eventbridge_schedule": frozenset({"EVENTS"}),
    "lambda": frozenset({"LAMBDA"}),
}


@dataclass(frozen=True)
class HealthEvent:
    """One open issue of one service in one region."""

    region: str
    service: str
    code: str
    started_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True)
class OpenIssues:
    """What AWS Health had open when it was asked."""

    events: tuple[HealthEvent, ...]
    asked_at: datetime


class HealthEvents(Protocol):
    def open_issues(self, regions: tuple[str, ...]) -> OpenIssues:
        """Open issues in these regions; DeniedError where the account has no plan or permission for it."""
        ...


class AwsHealth:
    """DescribeEvents at the API's home; `client_of(service, region)` gives the boto3 client."""

    def __init__(self, client_of: Callable[[str, str], Any], clock: Clock) -> None:
        self._client_of = client_of
        self._clock = clock
        self._quiet: Recent[tuple[str, ...], OpenIssues] = Recent(clock, _QUIET_FOR)
        self._no_plan: tuple[datetime, DeniedError] | None = None

    def open_issues(self, regions: tuple[str, ...]) -> OpenIssues:
        now = self._clock.now()
        if self._no_plan is not None and now - self._no_plan[0] < _NO_PLAN_FOR:
            raise self._no_plan[1]
        known = self._quiet.get(regions)
        if known is not None:
            return known
        found = OpenIssues(tuple(self._ask(regions)), now)
        return found if found.events else self._quiet.put(regions, found)

    def _ask(self, regions: tuple[str, ...]) -> list[HealthEvent]:
        found = []
        for start in range(0, len(regions), _REGIONS):
            wanted = {
                "regions": list(regions[start : start + _REGIONS]),
                "eventTypeCategories": ["issue"],
                "eventStatusCodes": ["open"],
            }
            found += [_event(raw) for raw in self._pages(wanted)]
        return found

    def _pages(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        client, found = self._client_of("health", HEALTH_HOME), []
        token: dict[str, str] = {}
        while True:
            try:
                with aws_errors("health", HEALTH_HOME, "DescribeEvents"):
                    page = client.describe_events(filter=wanted, maxResults=100, **token)
            except AwsRejectedError as error:
                if error.aws_code != _NO_PLAN:
                    raise
                denied = DeniedError("AWS Health cannot be read: the account's support plan does not include its API.")
                self._no_plan = (self._clock.now(), denied)
                raise denied from error
            found += page.get("events", ())
            if not page.get("nextToken"):
                return found
            token = {"nextToken": page["nextToken"]}


def _event(raw: dict[str, Any]) -> HealthEvent:
    return HealthEvent(
        region=str(raw.get("region", "")),
        service=str(raw.get("service", "")).upper(),
        code=str(raw.get("eventTypeCode", "")),
        started_at=raw.get("startTime"),
        updated_at=raw.get("lastUpdatedTime"),
    )


def services_of(kinds: Iterable[str]) -> frozenset[str]:
    """The services whose issues matter to an application that uses these kinds."""
    return EVERYBODY.union(*(SERVICES.get(kind, frozenset()) for kind in kinds))


def events_signal(region: str, found: OpenIssues | DrError, services: frozenset[str], at: datetime) -> Signal:
    """Bad while AWS has an issue open for a service that is used; never good."""
    told = found.asked_at if isinstance(found, OpenIssues) else at
    state, detail = _judged(region, found, services)
    return Signal(
        region=region,
        component="aws-health",
        name=region,
        vantage=Vantage.AWS_HEALTH,
        state=state,
        detail=detail,
        observed_at=told,
        source=SOURCE,
    )


def _judged(region: str, found: OpenIssues | DrError, services: frozenset[str]) -> tuple[SignalState, str]:
    if isinstance(found, DrError):
        return SignalState.UNKNOWN, found.message
    mine = [event for event in found.events if event.region == region and event.service in services]
    if mine:
        return SignalState.BAD, _listed(mine)
    others = sum(1 for event in found.events if event.region == region)
    more = f" ({others} of services that are not used)" if others else ""
    return SignalState.UNKNOWN, f"AWS tells of no open issue{more}, which proves nothing"


def _listed(events: Sequence[HealthEvent]) -> str:
    shown = ", ".join(
        f"{event.code}" + (f" since {event.started_at:%H:%M}Z" if event.started_at is not None else "")
        for event in events[:_SHOWN]
    )
    more = len(events) - _SHOWN
    return f"AWS has open: {shown}" + (f" and {more} more" if more > 0 else "")
