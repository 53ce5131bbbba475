"""The single values of `dr.yaml` (regions, durations, ids, names): their form, and that form in words for errors."""

import re
from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_LONGEST_SECONDS = 3650 * 86400


def parse_duration(value: Any) -> timedelta:
    """`15m`, `30s`, `1h` or a number of seconds -> timedelta; ValueError with the expected form otherwise."""
    if isinstance(value, timedelta):
        return value
    seconds: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = value
    elif isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        seconds = float(match[1]) * _UNIT_SECONDS[match[2]]
    if seconds is None or not 0 <= seconds <= _LONGEST_SECONDS:
        raise ValueError("expected a duration such as 30s, 15m or 1h")
    return timedelta(seconds=seconds)


def _more_than_nothing(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("expected a duration longer than nothing, such as 30s, 15m or 1h")
    return value


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder, such as Europe
        raise ValueError("expected an IANA time zone such as Europe/Berlin") from error
    return name


def _network(text: str) -> str:
    try:
        found = ip_network(text)
    except ValueError as error:
        raise ValueError("expected an IPv4 network such as 10.20.0.0/16") from error
    if found.version != 4 or not 16 <= found.prefixlen <= 24:
        raise ValueError("expected an IPv4 network between /16 and /24, such as 10.20.0.0/16")
    return text


def _seconds_text(value: timedelta) -> str:
    return f"{value.total_seconds():.3f}".rstrip("0").rstrip(".") + "s"


def _decimal(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


_REGION = r"^[a-z]{2}(-[a-z]+)+-[0-9]$"
_URL = r"^https?://[^\s/?#]+(/[^\s]*)?$"
_USER_ID = r"^[UW][A-Z0-9]+$"
_GROUP_ID = r"^S[A-Z0-9]+$"
_CHANNEL_ID = r"^[CG][A-Z0-9]+$"
_LOWER_NAME = r"^[a-z][a-z0-9-]{0,40}$"
_ROLE_ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+$"
_TOPIC_ARN = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$"
_ACCOUNT_ID = r"^[0-9]{12}$"
_CURRENCY = r"^[A-Z]{3}$"
_ONE_LINE = r"^[^\x00-\x1f\x7f]{1,1024}$"

# What each pattern asks for, in words: errors show these, never a regular expression.
PATTERN_WORDS = {
    _REGION: "an AWS region code such as eu-west-1",
    _URL: "a URL such as https://api.example.com/health",
    _USER_ID: "a Slack user id such as U0ADA",
    _GROUP_ID: "a Slack user group id such as S0DRAPPROVERS",
    _CHANNEL_ID: "a Slack channel id such as C0INCIDENT",
    _LOWER_NAME: "a name of lower-case letters, digits and hyphens that begins with a letter",
    _ROLE_ARN: "the ARN of an IAM role such as arn:aws:iam::111122223333:role/dr",
    _TOPIC_ARN: "the ARN of an SNS topic such as arn:aws:sns:eu-west-1:111122223333:alarms",
    _ACCOUNT_ID: "the id of an AWS account, twelve digits in quotation marks",
    _CURRENCY: "a currency code such as EUR",
    _ONE_LINE: "one line of text that is not empty",
}

Region = Annotated[str, Field(pattern=_REGION, description=PATTERN_WORDS[_REGION])]
_DURATION_SCHEMA = WithJsonSchema(
    {
        "description": "a duration such as 30s, 15m or 1h, or a number of seconds",
        "anyOf": [{"type": "string", "pattern": f"^{_DURATION.pattern}$"}, {"type": "number", "minimum": 0}],
    }
)
_DURATION_TEXT = PlainSerializer(_seconds_text, return_type=str)
Duration = Annotated[timedelta, BeforeValidator(parse_duration), _DURATION_TEXT, _DURATION_SCHEMA]
PositiveDuration = Annotated[
    timedelta, BeforeValidator(parse_duration), AfterValidator(_more_than_nothing), _DURATION_TEXT, _DURATION_SCHEMA
]
Money = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0)]
Url = Annotated[str, Field(pattern=_URL, description=PATTERN_WORDS[_URL])]
UserId = Annotated[str, Field(pattern=_USER_ID, description=PATTERN_WORDS[_USER_ID])]
GroupId = Annotated[str, Field(pattern=_GROUP_ID, description=PATTERN_WORDS[_GROUP_ID])]
ChannelId = Annotated[str, Field(pattern=_CHANNEL_ID, description=PATTERN_WORDS[_CHANNEL_ID])]
AppName = Annotated[str, Field(pattern=_LOWER_NAME, description=PATTERN_WORDS[_LOWER_NAME])]
Text = Annotated[str, Field(pattern=_ONE_LINE, description=PATTERN_WORDS[_ONE_LINE])]
Count = Annotated[int, Field(strict=True)]
Weight = Annotated[int, Field(strict=True, ge=1, le=255)]
RoleArn = Annotated[str, Field(pattern=_ROLE_ARN, description=PATTERN_WORDS[_ROLE_ARN])]
TopicArn = Annotated[str, Field(pattern=_TOPIC_ARN, description=PATTERN_WORDS[_TOPIC_ARN])]
AccountId = Annotated[str, Field(pattern=_ACCOUNT_ID, description=PATTERN_WORDS[_ACCOUNT_ID])]
Currency = Annotated[str, Field(pattern=_CURRENCY, description=PATTERN_WORDS[_CURRENCY])]
Cidr = Annotated[str, AfterValidator(_network)]
Zone = Annotated[str, AfterValidator(_timezone)]
PerRegion = dict[Region, Text]
RdsName = Annotated[Text, AfterValidator(str.lower)]
"""An identifier of RDS, which keeps and answers it in lower case however it was given."""
RdsNames = dict[Region, RdsName]
