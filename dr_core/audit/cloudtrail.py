"""CloudTrail's event history: what was asked of AWS in one account and region that may have changed something.

It holds management events only: objects put into S3 are none. https://docs.aws.amazon.com/awscloudtrail/latest/
APIReference/API_LookupEvents.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dr_core.audit.reconcile import AwsCall
from dr_core.aws.faults import aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.topology.model import Account

# What the calls of duties name, by CloudTrail's service; it begins the names of parameters with small letters.
_SUBJECTS = {"ssm": "name", "rds": "targetdbclustersnapshotidentifier"}


@dataclass(frozen=True)
class Identity:
    """Who a role is to AWS. `principal` has no session: whoever uses the role is meant."""

    account: str
    principal: str


def without_session(arn: str) -> str:
    """`...:assumed-role/dr/i-0abc` -> `...:assumed-role/dr`: session names are chosen by the caller."""
    head, _, rest = arn.partition(":assumed-role/")
    return f"{head}:assumed-role/{rest.split('/')[0]}" if rest else arn


def in_each_region(principal: str, regions: Iterable[str]) -> frozenset[str]:
    """A role that is called after its region has one like it in each other region: workers there use it."""
    known = tuple(regions)
    own = next((region for region in known if principal.endswith(f"-{region}")), None)
    if own is None:
        return frozenset({principal})
    return frozenset(f"{principal.removesuffix(own)}{region}" for region in known)


class CloudTrail:
    """The adapter; `role` None is the process's own identity."""

    def __init__(self, aws: AwsSessions) -> None:
        self._aws = aws

    def identity(self, role: Account | None, region: str) -> Identity:
        """Who calls with this role, as STS in this region says."""
        client = self._aws.client("sts", region, purpose=Purpose.OBSERVE, role=role)
        with aws_errors("sts", region, "GetCallerIdentity"):
            answer = client.get_caller_identity()
        return Identity(str(answer["Account"]), without_session(str(answer["Arn"])))

    def changes(self, role: Account | None, region: str, since: datetime, until: datetime) -> Iterator[AwsCall]:
        """Every call in that time that is not read-only, newest first; what AWS services did for others is left out."""
        client = self._aws.client("cloudtrail", region, purpose=Purpose.OBSERVE, role=role, max_attempts=5)
        asked: dict[str, Any] = {
            "LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}],
            "StartTime": since,
            "EndTime": until,
            "MaxResults": 50,
        }
        while True:
            with aws_errors("cloudtrail", region, "LookupEvents"):
                page = client.lookup_events(**asked)
            yield from (call for item in page.get("Events", ()) if (call := _call(item, region)) is not None)
            if not page.get("NextToken"):
                return
            asked["NextToken"] = page["NextToken"]


def _call(item: Mapping[str, Any], region: str) -> AwsCall | None:
    """One event of the history; None where an AWS service called on behalf of a call that is here too."""
    body = json.loads(item.get("CloudTrailEvent") or "{}")
    who = body.get("userIdentity") or {}
    if str(who.get("invokedBy", "")).endswith(".amazonaws.com"):
        return None
    source = str(body.get("eventSource") or item.get("EventSource") or "")
    at: datetime = item["EventTime"]
    service = source.removesuffix(".amazonaws.com")
    return AwsCall(
        id=str(item["EventId"]),
        at=at.astimezone(UTC),
        region=str(body.get("awsRegion") or region),
        service=service,
        operation=str(item.get("EventName") or body.get("eventName") or ""),
        principal=without_session(str(who.get("arn") or item.get("Username") or "")),
        user_agent=str(body.get("userAgent") or ""),
        error=body.get("errorCode"),
        subject=_subject(service, body.get("requestParameters") or {}),
    )


def _subject(service: str, parameters: Mapping[str, Any]) -> str:
    wanted = _SUBJECTS.get(service)
    return next((str(value) for name, value in parameters.items() if name.lower() == wanted), "")
