"""What nobody can leave: the regions of residency, and the rights to make rights. For one role, and for an account.

`boundary` is the permissions boundary of the house's roles; `python -m infra.policy.boundary --config dr.yaml` prints
the same for a whole organization, a service control policy that its administrators attach to the account.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from dr_core.errors import DrError
from infra.config import read_config
from infra.policy.residency import EXEMPTIONS, allowed_regions

_GLOBAL = (
    "budgets:*", "ce:*", "cloudfront:*", "cost-optimization-hub:*", "health:*", "iam:*", "organizations:*",
    "route53:*", "route53-recovery-cluster:*", "route53-recovery-control-config:*", "sts:*", "support:*",
    "trustedadvisor:*",
)  # fmt: skip
"""Services that have one home for all regions, as `dr_core/aws/residency.py` names them; STS, whose global endpoint
counts as us-east-1; and what an account needs to get help. https://docs.aws.amazon.com/organizations/latest/
userguide/orgs_manage_policies_scps_examples_general.html#example-scp-deny-region"""
_ELSEWHERE = {"cloudtrail:LookupEvents": "us-east-1"}
"""What global services were asked stands in the event history of that region only."""
_OF_EXEMPT_STACKS = ("acm:*", "cloudformation:*", "cloudwatch:*", "sns:*", "ssm:GetParameter", "ssm:GetParameters")
"""What the stacks of `EXEMPTIONS` consist of, and what says that CDK's bootstrap is there."""
_STAGING = "arn:aws:s3:::cdk-hnb659fds-assets-"
_OF_BOOTSTRAP = {
    "Staging": ("s3:*", f"{_STAGING}*"),
    "Images": ("ecr:*", "arn:aws:ecr:*:*:repository/cdk-hnb659fds-container-assets-*"),
    "Version": ("ssm:*", "arn:aws:ssm:*:*:parameter/cdk-bootstrap/hnb659fds/*"),
}
"""What CDK's bootstrap of those regions consists of besides, by statement: all of it is named after CDK, and nothing
else of these services may be made there."""
_RIGHTS = (
    "account:*", "iam:Add*", "iam:Attach*", "iam:Create*", "iam:Deactivate*", "iam:Delete*", "iam:Detach*",
    "iam:Put*", "iam:Remove*", "iam:Set*", "iam:Tag*", "iam:Untag*", "iam:Update*", "iam:Upload*", "organizations:*",
)  # fmt: skip


def boundary(regions: Iterable[str], exempt: Iterable[str] = ()) -> dict[str, Any]:
    """Grants nothing by itself: what a role may do is what its policies and this one both allow.

    `exempt`: regions of the stacks that AWS ties to a place, for whoever deploys them.
    """
    inside, outside = [*regions], [*exempt]
    rights = {"Sid": "NoRights", "Effect": "Deny", "Action": [*_RIGHTS], "Resource": "*"}
    everything = {"Sid": "WhatPoliciesAllow", "Effect": "Allow", "Action": "*", "Resource": "*"}
    fence = [_inside(inside, _OF_EXEMPT_STACKS if outside else ()), *_nearly_inside((*inside, *outside))]
    if outside:
        fence.append(_of_exempt_stacks(inside, outside))
    return {"Version": "2012-10-17", "Statement": [everything, *fence, rights]}


def organization_policy(regions: Iterable[str], exempt: Iterable[str] = ()) -> dict[str, Any]:
    """For Organizations, attached to the account: it holds for its administrators, too.

    `exempt`: regions of the stacks that AWS ties to a place. What they consist of may be made there, and nothing else;
    of S3, ECR and SSM only what CDK's bootstrap is.
    """
    regions, exempt = [*regions], [*exempt]
    exempted = _of_exempt_stacks(regions, exempt)
    statements = [
        _inside(regions, (*_OF_EXEMPT_STACKS, "s3:*", "ecr:*", "ssm:*")),
        *_nearly_inside((*regions, *exempt)),
        exempted,
        *(one for sid in _OF_BOOTSTRAP for one in _of_bootstrap(sid, exempted["Condition"], regions)),
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _of_bootstrap(sid: str, outside: dict[str, Any], regions: list[str]) -> Iterator[dict[str, Any]]:
    """Nowhere else for what is CDK's; what is not CDK's only in the allowed regions."""
    action, resource = _OF_BOOTSTRAP[sid]
    yield {"Sid": sid, "Effect": "Deny", "Condition": outside, "Action": action, "Resource": resource}
    inside = {"StringNotEquals": {"aws:RequestedRegion": regions}}
    yield {"Sid": f"Other{sid}", "Effect": "Deny", "Condition": inside, "Action": action, "NotResource": resource}


def _of_exempt_stacks(regions: Iterable[str], exempt: Iterable[str]) -> dict[str, Any]:
    wider = {"StringNotEquals": {"aws:RequestedRegion": list(dict.fromkeys([*regions, *exempt]))}}
    return {
        "Sid": "ExemptStacks",
        "Effect": "Deny",
        "Action": [*_OF_EXEMPT_STACKS],
        "Resource": "*",
        "Condition": wider,
    }


def _inside(regions: Iterable[str], elsewhere: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "Sid": "StayInside",
        "Effect": "Deny",
        "NotAction": sorted([*_GLOBAL, *_ELSEWHERE, *elsewhere]),
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": [*regions]}},
    }


def _nearly_inside(regions: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "Sid": f"StayInside{action.partition(':')[2]}",
            "Effect": "Deny",
            "Action": action,
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(dict.fromkeys([*regions, home]))}},
        }
        for action, home in _ELSEWHERE.items()
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.policy.boundary", description=organization_policy.__doc__)
    parser.add_argument("--config", type=Path, default=Path("dr.yaml"))
    try:
        config = read_config(parser.parse_args().config)
    except DrError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    exempt = sorted({one.region for one in EXEMPTIONS})
    sys.stdout.write(json.dumps(organization_policy(allowed_regions(config), exempt), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
