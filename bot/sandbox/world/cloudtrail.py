"""CloudTrail's event history: every management call that may change something, some minutes late, newest first.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-concepts.html
"""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters, account_in
from bot.sandbox.world.call_log import Recorded, plain
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page
from bot.sandbox.world.service_models import model_of

DELAY_S = 300.0
"""AWS: "on average within about 5 minutes of an API call"; in the world's own time."""
KEPT = timedelta(days=90)
_MOST = 50
# What reads and writes objects, messages and items is a data event, which the event history never holds.
_DATA = {
    "s3": frozenset(
        {"PutObject", "DeleteObject", "DeleteObjects", "CopyObject", "PutObjectRetention", "PutObjectTagging"}
        | {"CompleteMultipartUpload", "CreateMultipartUpload", "UploadPart", "AbortMultipartUpload", "RestoreObject"}
    ),
    "lambda": frozenset({"Invoke"}),
    "dynamodb": frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}),
    "cloudwatch": frozenset({"PutMetricData"}),
    "sqs": frozenset({"SendMessage", "SendMessageBatch", "DeleteMessage", "DeleteMessageBatch"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
}
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html: names of Lambda's older operations carry a
# version.
_NAMED = {("lambda", "UpdateEventSourceMapping"): "UpdateEventSourceMapping20150331"}
_NAMESPACE = uuid.UUID("5a6d0e2c-0000-4000-8000-00000000c1d0")


class CloudTrail:
    """One account's history in each region; only its filters ReadOnly, EventName, EventSource, EventId, AccessKeyId
    and Username exist here.
    """

    PAGES: ClassVar[dict[str, str]] = {
        "cloudtrail": "https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._timeline = ground.timeline
        self._log = ground.log

    def operations(self) -> Operations:
        return {("cloudtrail", "LookupEvents"): self.lookup}

    def lookup(self, call: Call) -> Parameters:
        """Management calls that may change something, five minutes late, newest first, up to 50 a page."""
        asked = call.parameters
        most = int(asked.get("MaxResults") or _MOST)
        if not 1 <= most <= _MOST:
            raise AwsError("InvalidMaxResultsException", "A value for MaxResults must be between 1 and 50.")
        start, end = _moment(asked.get("StartTime")), _moment(asked.get("EndTime"))
        if start is not None and end is not None and start > end:
            raise AwsError("InvalidTimeRangeException", "The start time must be before the end time.")
        found = [entry for entry in self._history(call) if _within(entry["EventTime"], start, end)]
        for wanted in asked.get("LookupAttributes") or ():
            found = [entry for entry in found if str(entry.get(wanted["AttributeKey"])) == wanted["AttributeValue"]]
        refusal = AwsError("InvalidNextTokenException", "A token is not valid for this request.")
        events, rest = page(found, asked.get("NextToken"), most, refusal)
        return {"Events": events, **({"NextToken": rest} if rest else {})}

    def _history(self, call: Call) -> list[Parameters]:
        """What the caller's account has done in the region, as far as CloudTrail tells it by now."""
        now, account = self._timeline.now, account_in(call.principal, self._account)
        told_until = now - timedelta(seconds=DELAY_S / self._timeline.speed)
        return [
            _entry(number, recorded, account_in(recorded.principal, self._account))
            for number, recorded in reversed(self._log.numbered())
            if recorded.region == call.region
            and now - KEPT <= recorded.time <= told_until
            and recorded.status is not None
            and recorded.operation not in _DATA.get(recorded.service, ())
            and account_in(recorded.principal, self._account) == account
        ]


def _entry(number: int, recorded: Recorded, account: str) -> Parameters:
    event_id = str(uuid.uuid5(_NAMESPACE, f"{number}:{recorded.time.isoformat()}"))
    at = recorded.time.replace(microsecond=0)
    # S3's control API tells of itself as S3.
    service = "s3" if recorded.service == "s3control" else recorded.service
    source = f"{model_of(service).endpoint_prefix}.amazonaws.com"
    name = _NAMED.get((recorded.service, recorded.operation), recorded.operation)
    body: dict[str, Any] = {
        "eventVersion": "1.09",
        "userIdentity": _identity(recorded, account),
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": recorded.region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": recorded.user_agent,
        "requestParameters": plain(recorded.parameters),
        "responseElements": None,
        "eventID": event_id,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    if recorded.status is not None and recorded.status >= 400:
        body["errorCode"] = recorded.error or f"HTTP{recorded.status}"
    return {
        "EventId": event_id,
        "EventName": name,
        "ReadOnly": "false",
        "AccessKeyId": recorded.access_key,
        "EventTime": at,
        "EventSource": source,
        "Username": recorded.principal.rsplit("/", 1)[-1],
        "Resources": [],
        "CloudTrailEvent": json.dumps(body),
    }


def _identity(recorded: Recorded, account: str) -> dict[str, Any]:
    """Who called: an IAM user, or a session of a role with the role that issued it."""
    arn = recorded.principal
    known = {"arn": arn, "accountId": account, "accessKeyId": recorded.access_key}
    if ":assumed-role/" not in arn:
        return {"type": "IAMUser", "userName": arn.rsplit("/", 1)[-1], **known}
    role = arn.split("/")[1]
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}", "accountId": account, "userName": role}
    return {"type": "AssumedRole", **known, "sessionContext": {"sessionIssuer": issuer}}


def _within(at: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or at >= start.replace(microsecond=0)) and (end is None or at <= end)


def _moment(value: object) -> datetime | None:
    """An instant as the parser hands it over: UTC, without saying so."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
