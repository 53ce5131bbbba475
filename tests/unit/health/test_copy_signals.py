"""Tables: the signals of caches, tables and of what AWS Health tells."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dr_core.aws.faults import AwsRejectedError
from dr_core.clock import ManualClock
from dr_core.errors import DeniedError, DrError
from dr_core.health.cache import judge_cache
from dr_core.health.events import AwsHealth, HealthEvent, OpenIssues, events_signal, services_of
from dr_core.health.tables import judge_table
from dr_core.observation.model import SignalState, Vantage
from dr_core.replication.copies import CacheMember, CacheView, TableView

NOW = datetime(2026, 4, 1, 10, 3, tzinfo=UTC)
HERE = "ap-south-1"
MEMBERS = (CacheMember(HERE, "hot", "PRIMARY", "associated"),)


@pytest.mark.parametrize(
    ("members", "status", "state"),
    [
        (MEMBERS, "available", SignalState.OK),
        (MEMBERS, "modifying", SignalState.OK),
        (MEMBERS, "snapshotting", SignalState.OK),
        (MEMBERS, "create-failed", SignalState.BAD),
        (MEMBERS, "deleting", SignalState.BAD),
        ((), None, SignalState.BAD),
    ],
)
def test_a_cache_is_ill_when_its_region_has_no_member_that_serves(
    members: tuple[CacheMember, ...], status: str | None, state: SignalState
) -> None:
    view = CacheView(HERE, "x-hot", "available", members, status, None)
    assert judge_cache(HERE, view)[0] is state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ACTIVE", SignalState.OK),
        ("UPDATING", SignalState.OK),
        ("CREATING", SignalState.BAD),
        ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", SignalState.BAD),
    ],
)
def test_a_table_is_ill_when_it_does_not_serve(status: str, state: SignalState) -> None:
    assert judge_table(HERE, TableView(HERE, status, {}, None))[0] is state


def event(service: str, region: str = HERE) -> HealthEvent:
    return HealthEvent(region, service, f"AWS_{service}_OPERATIONAL_ISSUE", NOW - timedelta(minutes=9), NOW)


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        (OpenIssues((event("RDS"),), NOW), SignalState.BAD, "AWS_RDS_OPERATIONAL_ISSUE since 09:54Z"),
        (OpenIssues((event("MULTIPLE_SERVICES"),), NOW), SignalState.BAD, "MULTIPLE_SERVICES"),
        (OpenIssues((event("LEX"),), NOW), SignalState.UNKNOWN, "1 of services that are not used"),
        (OpenIssues((event("RDS", "ap-east-1"),), NOW), SignalState.UNKNOWN, "which proves nothing"),
        (OpenIssues((), NOW), SignalState.UNKNOWN, "which proves nothing"),
        (DeniedError("no support plan"), SignalState.UNKNOWN, "no support plan"),
    ],
)
def test_aws_health_can_make_a_region_bad_and_never_good(
    found: OpenIssues | DrError, state: SignalState, words: str
) -> None:
    signal = events_signal(HERE, found, services_of(["aurora_global"]), NOW)
    assert (signal.state, signal.vantage) == (state, Vantage.AWS_HEALTH)
    assert words in signal.detail


class Health:
    """A client of AWS Health: pages of events, or an error."""

    def __init__(self) -> None:
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.code = ""
        self.asked: list[dict[str, Any]] = []

    def describe_events(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        if self.code:
            error = AwsRejectedError("refused")
            error.aws_code = self.code
            raise error
        number = int(arguments.get("nextToken", "0"))
        more = {"nextToken": str(number + 1)} if number + 1 < len(self.pages) else {}
        return {"events": self.pages[number], **more}


def raw(region: str) -> dict[str, Any]:
    return {"region": region, "service": "RDS", "eventTypeCode": "AWS_RDS_OPERATIONAL_ISSUE", "startTime": NOW}


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def reader(health: Health, clock: ManualClock) -> AwsHealth:
    return AwsHealth(lambda service, region: health, clock)


def test_every_page_is_read_and_ten_regions_are_asked_at_once(health: Health, reader: AwsHealth) -> None:
    health.pages = [[raw("r-1")], [raw("r-2")]]
    assert len(reader.open_issues(("r-1", "r-2")).events) == 2
    health.asked.clear()
    reader.open_issues(tuple(f"r-{number}" for number in range(11)))
    assert [len(asked["filter"]["regions"]) for asked in health.asked[::2]] == [10, 1]
    assert health.asked[0]["filter"]["eventStatusCodes"] == ["open"]


def test_it_is_asked_seldom_while_nothing_is_open_and_in_every_pass_else(
    health: Health, reader: AwsHealth, clock: ManualClock
) -> None:
    first = reader.open_issues(("r-1",))
    clock.advance(29)
    assert reader.open_issues(("r-1",)) is first
    clock.advance(1)
    health.pages = [[raw("r-1")]]
    assert reader.open_issues(("r-1",)).events
    clock.advance(1)
    health.pages = [[]]
    assert reader.open_issues(("r-1",)).events == ()


def test_without_a_support_plan_it_is_denied_and_not_asked_again_for_half_an_hour(
    health: Health, reader: AwsHealth, clock: ManualClock
) -> None:
    health.code = "SubscriptionRequiredException"
    for _ in range(3):
        with pytest.raises(DeniedError, match="support plan"):
            reader.open_issues(("r-1",))
    assert len(health.asked) == 1
    clock.advance(1800)
    health.code = ""
    assert reader.open_issues(("r-1",)).events == ()
