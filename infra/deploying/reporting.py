"""`dr deploy report`: what stands, since when and by whom, what was changed beside its template, and its cost."""

import json
from collections.abc import Collection, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dr_core.aws.faults import aws_errors
from dr_core.aws.session import Purpose
from dr_core.errors import DrError
from infra.costs import estimate
from infra.deploying.assembly import Stack
from infra.deploying.cloudformation import Drift, Standing
from infra.deploying.leftover import leftovers, with_leftovers
from infra.deploying.model import DeployReport, StackReport
from infra.deploying.planning import unset
from infra.deploying.site import Site
from infra.prices import read_prices

NOBODY = "by whom is not known: CloudTrail's event history, which comes some minutes late, names nobody"
_PAGES = 40
"""Of CloudTrail's event history, 50 events each; it answers two questions a second."""
_PACKAGES = ("dr-bot", "aws-cdk-lib", "boto3")


def report(site: Site, *, drift: bool) -> DeployReport:
    """`drift` asks CloudFormation to compare each stack with its template, which takes it minutes."""
    assembly, deployment = site.assembly, site.config.deployment
    standing, people = site.standing(), _people(site)
    beside, unasked = leftovers(site)
    return DeployReport(
        at=site.clock.now(),
        name=deployment.name,
        account=deployment.account,
        size=deployment.size,
        versions=versions(site),
        stacks=tuple(_stack(site, one, standing.get(one.name), people, drift) for one in assembly.stacks.values()),
        left={path: why for stack in assembly.stacks.values() for path, why in stack.left.items()},
        unset=tuple(unset(site.config)),
        estimate=with_leftovers(estimate(site.config, assembly.stacks.values(), read_prices()), beside),
        leftovers=beside,
        unasked=unasked,
    )


def versions(site: Site) -> dict[str, str]:
    """Of what made the templates and what deployed them."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    try:
        found["aws-cdk"] = site.cli.version()
    except DrError:
        found["aws-cdk"] = "not installed"
    return found


def _stack(
    site: Site, stack: Stack, found: Standing | None, people: "Mapping[str, _People]", drift: bool
) -> StackReport:
    known = people[stack.region]
    by = known.by.get(stack.name) if found else None
    notes = [known.problem or NOBODY] if found is not None and by is None else []
    told = Drift(None)
    if found is not None and drift:
        try:
            told = site.formation.drift(stack.name, stack.region, site.pause)
        except DrError as error:
            told = Drift(None, reason=error.message)
        notes += [f"drift: {told.reason}"] if told.reason else []
    return StackReport(
        stack=stack.name,
        region=stack.region,
        status=found.status if found else None,
        changed_at=found.changed_at if found else None,
        by=by,
        drift=told.state,
        drifted=told.resources,
        notes=tuple(notes),
    )


class _People:
    """Who changed the stacks of one region last, as far as CloudTrail's 90 days go."""

    def __init__(self, by: Mapping[str, str], problem: str = "") -> None:
        self.by = by
        self.problem = problem


def _people(site: Site) -> dict[str, _People]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html"""
    found = {}
    for region in site.assembly.regions:
        names = {stack.name for stack in site.assembly.stacks.values() if stack.region == region}
        try:
            client = site.aws.client("cloudtrail", region, purpose=Purpose.DEPLOY)
            found[region] = _People(*looked_up(client, region, names))
        except DrError as error:
            found[region] = _People({}, f"by whom is not known: {error.message}")
    return found


def looked_up(client: Any, region: str, names: Collection[str]) -> tuple[dict[str, str], str]:
    """Page by page, the newest first, until every stack has its caller; and why one may have none, if not by itself."""
    asked: dict[str, Any] = {
        "LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "ExecuteChangeSet"}], "MaxResults": 50,
    }  # fmt: skip
    told: list[Mapping[str, Any]] = []
    for _ in range(_PAGES):
        with aws_errors("cloudtrail", region, "LookupEvents"):
            answer = client.lookup_events(**asked)
        told += answer["Events"]
        by = by_stack(told)
        if not answer.get("NextToken") or by.keys() >= set(names):
            return by, ""
        asked["NextToken"] = answer["NextToken"]
    return by, f"by whom is not known: none of the newest {len(told)} calls in {region} was for it"


def by_stack(events: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The newest caller of ExecuteChangeSet for each stack. Pure."""
    found: dict[str, str] = {}
    for event in sorted(events, key=lambda one: one["EventTime"], reverse=True):
        body = json.loads(event.get("CloudTrailEvent") or "{}")
        name = str((body.get("requestParameters") or {}).get("stackName") or "")
        name = name.split(":stack/")[-1].split("/")[0]
        who = str((body.get("userIdentity") or {}).get("arn") or event.get("Username") or "")
        if name and who:
            found.setdefault(name, who)
    return found
