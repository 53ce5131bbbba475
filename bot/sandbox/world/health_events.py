"""AWS Health: an issue is opened some minutes after a region has broken, and closed when it is back.

https://docs.aws.amazon.com/health/latest/ug/getting-started-api.html (without a support plan the API refuses)

How late AWS opens an event is not documented; five minutes is this world's choice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

OPENED_AFTER_S = 300.0
_PAGE = 10


@dataclass
class Event:
    region: str
    service: str
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None

    @property
    def code(self) -> str:
        return f"AWS_{self.service}_OPERATIONAL_ISSUE"


class HealthEvents:
    """`subscribed` False: an account whose support plan does not include the API."""

    PAGES: ClassVar[dict[str, str]] = {"health": "https://docs.aws.amazon.com/health/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._regions = ground.regions
        self._broken: dict[str, datetime] = {}
        self.events: list[Event] = []
        self.subscribed = True
        ground.faults.subscribe(self._regions_changed)

    def operations(self) -> Operations:
        return {("health", "DescribeEvents"): self.describe}

    def open(self, region: str, service: str) -> Event:
        """An issue that AWS tells of, whatever else is so."""
        now = self._timeline.now
        event = Event(region, service, self._broken.get(region, now), now)
        self.events.append(event)
        return event

    def describe(self, call: Call) -> Parameters:
        """An issue opens five minutes after a region has broken and closes when it is back."""
        if not self.subscribed:
            message = "You need a subscription to call this operation."
            raise AwsError("SubscriptionRequiredException", message)
        wanted = call.parameters.get("filter") or {}
        found = [_described(event) for event in self.events]
        pairs = (
            ("regions", "region"),
            ("services", "service"),
            ("eventStatusCodes", "statusCode"),
            ("eventTypeCategories", "eventTypeCategory"),
            ("eventTypeCodes", "eventTypeCode"),
        )
        for asked, name in pairs:
            if wanted.get(asked):
                found = [event for event in found if event[name] in wanted[asked]]
        refusal = AwsError("InvalidPaginationToken", "The pagination token is invalid.")
        most = int(call.parameters.get("maxResults") or _PAGE)
        events, rest = page(found, call.parameters.get("nextToken"), most, refusal)
        return {"events": events, **({"nextToken": rest} if rest else {})}

    def _regions_changed(self) -> None:
        now = self._timeline.now
        for region in self._regions:
            if self._faults.up(region):
                self._broken.pop(region, None)
                for event in self.events:
                    if event.region == region and event.service == "MULTIPLE_SERVICES" and event.ended_at is None:
                        event.ended_at = event.updated_at = now
            elif region not in self._broken:
                self._broken[region] = now
                self._later(region, now)

    def _later(self, region: str, since: datetime) -> None:
        def tell() -> None:
            if self._broken.get(region) == since:
                self.open(region, "MULTIPLE_SERVICES")

        self._timeline.after(OPENED_AFTER_S, tell)


def _described(event: Event) -> Parameters:
    described: Parameters = {
        "arn": f"arn:aws:health:{event.region}::event/{event.service}/{event.code}/{event.code}_{id(event):x}",
        "service": event.service,
        "eventTypeCode": event.code,
        "eventTypeCategory": "issue",
        "eventScopeCode": "PUBLIC",
        "region": event.region,
        "startTime": event.started_at,
        "lastUpdatedTime": event.updated_at,
        "statusCode": "open" if event.ended_at is None else "closed",
    }
    if event.ended_at is not None:
        described["endTime"] = event.ended_at
    return described
