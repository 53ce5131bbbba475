"""Who takes a role of people, and where: by name, and by a second factor where IAM itself can ask for one. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dr_core.topology.model import Topology

_SSO = re.compile(
    r"^arn:(?P<partition>aws[a-z-]*):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/(?P<person>.+)$"
)


def identities(topology: Topology, slack_users: Iterable[str]) -> list[str]:
    """The AWS identities of these people."""
    meant = set(slack_users)
    return [arn for person in topology.people if person.slack in meant for arn in person.aws]


def who_deploys(topology: Topology) -> list[str]:
    """Approvers and holders of the glass, as far as `dr.yaml` lists them: whoever deploys can do whatever CDK can, and
    that is more than any run does. Who is in a user group only Slack knows."""
    approval = topology.approval
    return identities(topology, [*approval.approvers.users, *approval.break_glass.users])


def trust(account: str, arns: list[str], regions: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Who is meant stands in the condition: a principal that does not exist would make the whole role impossible.

    `regions`: whose STS may be asked, so that the taking is an event where it is listened for. The global endpoint
    counts as us-east-1.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
    """
    here = {"aws:RequestedRegion": [*regions]}
    users = sorted({arn for arn in arns if ":user/" in arn})
    others = sorted({arn for arn in arns if ":user/" not in arn})
    anybody = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    if users:
        second = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        yield {**anybody, "Condition": {"ArnEquals": {"aws:PrincipalArn": users}, "StringEquals": here, **second}}
    for arn in others:
        yield {**anybody, "Condition": {**_session(arn), "StringEquals": here}}


def _session(arn: str) -> dict[str, Any]:
    """A user of Identity Center is known by its permission set's role, whose path names the directory's region, and
    by the session's name, which the directory gives; everybody with that permission set has the same role.

    https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
    """
    found = _SSO.match(arn)
    if found is None:
        return {"ArnEquals": {"aws:PrincipalArn": arn}}
    where = "aws-reserved/sso.amazonaws.com/*" if found["role"].startswith("AWSReservedSSO_") else ""
    role = f"arn:{found['partition']}:iam::{found['account']}:role/{where}{found['role']}"
    return {"ArnLike": {"aws:PrincipalArn": role}, "StringLike": {"aws:userid": f"*:{found['person']}"}}
