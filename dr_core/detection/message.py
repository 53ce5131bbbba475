"""What a message of the queue says, purely: an alarm's state, an issue of AWS Health, a test; or why it does not count.

The queue's own policy decides who may send (docs/detection.md); here every message must name a topic or an account that
dr.yaml names, and an alarm the account of its own ARN.
https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
https://docs.aws.amazon.com/health/latest/ug/aws-health-events-eventbridge-schema.html
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from dr_core.plain import plain_line
from dr_core.topology.detection import SignalQueue
from dr_core.topology.model import Application, Topology
from dr_core.value import Value

AHEAD = timedelta(minutes=5)
"""A state of a later time than that would outlast every true one."""
_ALARM = re.compile(r"^arn:aws[a-z-]*:cloudwatch:([a-z0-9-]+):([0-9]{12}):alarm:(.{1,255})$")
_ROLE = re.compile(r":iam::([0-9]{12}):")
_SHOWN = 200
TEST = "dr-test-alarm"


class AlarmState(StrEnum):
    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class ToldAlarm(Value):
    """An alarm changed its state at `at`. `region` is the one in which the alarm lives."""

    kind: Literal["alarm"] = "alarm"
    arn: str
    name: str
    region: str
    state: AlarmState
    reason: str
    at: datetime

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]


class ToldIssue(Value):
    """AWS Health opened or closed an issue of one service in `region`, as told at `at`."""

    kind: Literal["issue"] = "issue"
    arn: str
    region: str
    service: str
    code: str
    open: bool
    at: datetime


@dataclass(frozen=True)
class ToldTest:
    """The doctor's own message, which came all the way."""

    nonce: str


class Why(StrEnum):
    """Why a message does not count. Unnamed ones are nobody's fault."""

    MALFORMED = "malformed"
    FOREIGN = "foreign"
    UNNAMED = "unnamed"


@dataclass(frozen=True)
class Dropped:
    why: Why
    detail: str


Told = ToldAlarm | ToldIssue
Heard = ToldAlarm | ToldIssue | ToldTest | Dropped


@dataclass(frozen=True)
class Senders:
    """Whose messages count."""

    topics: frozenset[str]
    accounts: frozenset[str]


def home_of(application: Application, queue: SignalQueue | None) -> str | None:
    """The account in which an application's alarms live: its role's, else the queue's. None: nobody says."""
    role = _ROLE.search(application.account.role_arn) if application.account else None
    return role[1] if role else queue.account if queue else None


def senders(topology: Topology) -> Senders:
    """The topics that are named; the accounts of the queue, of the topics and of the applications' roles."""
    queue = topology.detection.queue
    topics = queue.topics if queue else ()
    homes = {home_of(app, None) for app in topology.applications.values()} | {queue.account if queue else None}
    found = {arn.split(":")[4] for arn in topics} | {home for home in homes if home is not None}
    return Senders(frozenset(topics), frozenset(found))


class _Shape(BaseModel):
    """What AWS sends has more fields than are read, and gets new ones."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Notification(_Shape):
    topic: str = Field(alias="TopicArn", max_length=400)
    message: str = Field(alias="Message")


class _AlarmMessage(_Shape):
    name: str = Field(alias="AlarmName", min_length=1, max_length=255)
    arn: str = Field(alias="AlarmArn")
    account: str = Field(alias="AWSAccountId")
    state: AlarmState = Field(alias="NewStateValue")
    reason: str = Field(default="", alias="NewStateReason")
    at: str = Field(alias="StateChangeTime", max_length=40)


class _Event(_Shape):
    source: str
    detail_type: str = Field(alias="detail-type")
    account: str
    time: str = Field(max_length=40)
    resources: tuple[str, ...] = ()
    detail: dict[str, Any]


class _EventState(_Shape):
    value: AlarmState
    reason: str = ""
    timestamp: str = Field(max_length=40)


class _AlarmDetail(_Shape):
    name: str = Field(alias="alarmName", min_length=1, max_length=255)
    state: _EventState


class _HealthDetail(_Shape):
    arn: str = Field(alias="eventArn", min_length=1, max_length=1600)
    service: str = Field(min_length=1, max_length=100)
    code: str = Field(alias="eventTypeCode", max_length=200)
    category: str = Field(alias="eventTypeCategory")
    status: str = Field(alias="statusCode")
    region: str = Field(alias="eventRegion", max_length=40)


class _TestMessage(_Shape):
    nonce: str = Field(alias=TEST, min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")


S = TypeVar("S", bound=_Shape)


def read(body: str, known: Senders, now: datetime) -> Heard:
    """One message as it lay in the queue. Never raises."""
    try:
        outer = _json(body)
        if "TopicArn" not in outer:
            return _event(outer, known, now)
        notification = _shaped(_Notification, outer)
        if notification.topic not in known.topics:
            return Dropped(Why.FOREIGN, f"it came through {_line(notification.topic)}, which dr.yaml does not name")
        inner = _json(notification.message)
        if TEST in inner:
            return ToldTest(_shaped(_TestMessage, inner).nonce)
        return _alarm(inner, known, now) if "AlarmName" in inner else _event(inner, known, now)
    except _UnreadableError as error:
        return Dropped(Why.MALFORMED, str(error))


class _UnreadableError(ValueError):
    """Said of a message in one line."""


def _alarm(raw: dict[str, Any], known: Senders, now: datetime) -> Heard:
    told = _shaped(_AlarmMessage, raw)
    return _named(told.arn, told.account, told.name, told.state, told.reason, _moment(told.at, now), known)


def _event(raw: dict[str, Any], known: Senders, now: datetime) -> Heard:
    event = _shaped(_Event, raw)
    if event.account not in known.accounts:
        return _stranger(event.account)
    at = _moment(event.time, now)
    if (event.source, event.detail_type) == ("aws.cloudwatch", "CloudWatch Alarm State Change"):
        detail = _shaped(_AlarmDetail, event.detail)
        arn, state = next(iter(event.resources), ""), detail.state
        changed = _moment(state.timestamp, now)
        return _named(arn, event.account, detail.name, state.value, state.reason, changed, known)
    if (event.source, event.detail_type) == ("aws.health", "AWS Health Event"):
        issue = _shaped(_HealthDetail, event.detail)
        if issue.category != "issue":
            return Dropped(Why.UNNAMED, f"AWS Health tells of a {_line(issue.category)}, which is no outage")
        return ToldIssue(
            arn=issue.arn,
            region=issue.region,
            service=issue.service.upper(),
            code=_line(issue.code),
            open=issue.status == "open",
            at=at,
        )
    return Dropped(Why.UNNAMED, f"{_line(event.source)} tells of {_line(event.detail_type)}, which is no signal")


def _named(arn: str, account: str, name: str, state: AlarmState, reason: str, at: datetime, known: Senders) -> Heard:
    found = _ALARM.match(arn)
    if found is None or found[3] != name:
        raise _UnreadableError(f"the alarm {_line(name)} has no ARN of its own")
    if found[2] != account or account not in known.accounts:
        return _stranger(found[2])
    return ToldAlarm(arn=arn, name=name, region=found[1], state=state, reason=_line(reason), at=at)


def _stranger(account: str) -> Dropped:
    return Dropped(Why.FOREIGN, f"it is of account {_line(account)}, which dr.yaml does not name")


def _json(text: str) -> dict[str, Any]:
    try:
        found = from_json(text)
    except ValueError as error:
        raise _UnreadableError(f"it is no JSON: {_line(str(error))}") from error
    if not isinstance(found, dict):
        raise _UnreadableError("it is no JSON object")
    return found


def _shaped(shape: type[S], raw: dict[str, Any]) -> S:
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _UnreadableError(f"{_line(where)}: {_line(first['msg'])}") from error


def _moment(text: str, now: datetime) -> datetime:
    """`2017-01-12T16:30:42.236+0000` and `2019-10-02T17:04:40Z`."""
    try:
        told = datetime.fromisoformat(text)
        at = told.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _UnreadableError(f"{_line(text)} is no time") from error
    if told.tzinfo is None:
        raise _UnreadableError(f"{_line(text)} has no time zone")
    if at > now + AHEAD:
        raise _UnreadableError(f"{_line(text)} is yet to come")
    return at


def _line(text: str) -> str:
    """One line that may be shown."""
    return plain_line(text)[:_SHOWN]
