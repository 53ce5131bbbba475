"""From what an identity is granted to IAM's JSON: statements as few as they can be, and documents that fit. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: a managed policy has at most 6,144
characters, white space not counted, and a role at most ten managed policies.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dr_core.permissions.catalogue import granted, granted_elsewhere
from dr_core.permissions.model import Grant, Role
from dr_core.topology.model import Topology
from infra.config import Config

MOST_CHARACTERS = 6144
MOST_POLICIES = 10
_VERSION = "2012-10-17"
_REGION = "aws:RequestedRegion"
_OPERATORS = {
    "kms:GrantIsForAWSResource": "Bool",
    "kms:ResourceAliases": "ForAnyValue:StringEquals",
    "lambda:FunctionArn": "ArnLike",
    "route53:ChangeResourceRecordSetsActions": "ForAllValues:StringEquals",
    "route53:ChangeResourceRecordSetsNormalizedRecordNames": "ForAllValues:StringEquals",
    "route53:ChangeResourceRecordSetsRecordTypes": "ForAllValues:StringEquals",
}
"""How a key is compared where it is not one text."""

Json = dict[str, Any]
_Condition = tuple[tuple[str, str], ...]


def role_name(config: Config, region: str, role: str) -> str:
    """Of the role that a process of ours has in a region: none needs another region's."""
    return f"{config.deployment.name}-{Role(role)}-{region}"


def statements(config: Config, region: str, role: str) -> list[Json]:
    """Everything that the role of this region is allowed, wherever: a process works for all regions."""
    account = config.deployment.account
    identity = f"arn:aws:iam::{account}:role/{role_name(config, region, role)}"
    return merged(granted(config.topology, Role(role), account, identity))


def documents(config: Config, region: str, role: str) -> list[Json]:
    """The same as managed policies."""
    return packed(statements(config, region, role))


def documents_elsewhere(topology: Topology, role_arn: str) -> list[Json]:
    """What whoever owns that account lets its role do; none where no application names it."""
    return packed(merged(granted_elsewhere(topology, role_arn)))


def by_principal(topology: Topology, principals: Mapping[str, Role]) -> dict[str, list[Json]]:
    """The documents of each of them, and of the roles of applications in other accounts, by ARN."""
    found = {arn: packed(merged(granted(topology, role, arn.split(":")[4], arn))) for arn, role in principals.items()}
    others = {app.account.role_arn for app in topology.applications.values() if app.account}
    return found | {arn: documents_elsewhere(topology, arn) for arn in sorted(others)}


# -- fewest statements -------------------------------------------------------------------------------------------------


def merged(grants: Iterable[Grant]) -> list[Json]:
    """Actions on the same things are one statement, and so are things with the same actions."""
    on: dict[tuple[_Condition, str], set[str]] = {}
    anywhere: dict[tuple[_Condition, str], set[str | None]] = {}
    for need in (grant.need for grant in grants):
        for resource in need.resources:
            if resource == "*":
                anywhere.setdefault((need.context, need.action), set()).add(need.region)
            else:
                on.setdefault((need.context, resource), set()).add(need.action)
    together: dict[tuple[_Condition, tuple[str, ...]], set[str]] = {}
    for (context, resource), actions in on.items():
        together.setdefault((context, tuple(sorted(actions))), set()).add(resource)
    everywhere: dict[_Condition, set[str]] = {}
    for (context, action), regions in anywhere.items():
        there = () if None in regions else tuple((_REGION, one) for one in sorted(filter(None, regions)))
        everywhere.setdefault((*context, *there), set()).add(action)
    made = [_statement(actions, resources, context) for (context, actions), resources in together.items()]
    made += [_statement(actions, ("*",), context) for context, actions in everywhere.items()]
    return sorted(made, key=json.dumps)


def _statement(actions: Iterable[str], resources: Iterable[str], context: _Condition) -> Json:
    statement: Json = {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(resources)}
    conditions: dict[str, dict[str, list[str]]] = {}
    for key, value in dict.fromkeys(context):
        conditions.setdefault(_OPERATORS.get(key, "StringEquals"), {}).setdefault(key, []).append(value)
    return statement | ({"Condition": conditions} if conditions else {})


# -- documents that fit ------------------------------------------------------------------------------------------------


def packed(found: Iterable[Json]) -> list[Json]:
    """As few documents as first-fit makes; a statement that is too long alone is divided by its resources."""
    pages: list[list[Json]] = []
    for statement in sorted((part for one in found for part in _divided(one)), key=size, reverse=True):
        page = next((page for page in pages if size(_document([*page, statement])) <= MOST_CHARACTERS), None)
        if page is None:
            pages.append([statement])
        else:
            page.append(statement)
    return [_document(sorted(page, key=json.dumps)) for page in pages]


def _divided(statement: Json) -> Iterator[Json]:
    if size(_document([statement])) <= MOST_CHARACTERS:
        yield statement
        return
    half = len(statement["Resource"]) // 2
    for part in (statement["Resource"][:half], statement["Resource"][half:]):
        yield from _divided({**statement, "Resource": part})


def _document(found: list[Json]) -> Json:
    return {"Version": _VERSION, "Statement": found}


def size(value: Json) -> int:
    """Characters as IAM counts them: no name of ours holds white space that would count."""
    return len(json.dumps(value, separators=(",", ":")))
