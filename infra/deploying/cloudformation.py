"""Stacks as CloudFormation tells of them. Nothing is changed here but change sets that were made to be looked at.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dr_core.aws.faults import AwsRejectedError, aws_errors, is_gone
from dr_core.aws.session import AwsSessions, Purpose
from infra.deploying.changes import Change, changes_of

_NOT_THERE = ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
_NOT_MADE = ("CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_COMPLETE")
_NEVER_STOOD = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


@dataclass(frozen=True)
class Standing:
    """One stack as it is. `changed_at`: when it was last created or updated. `parameters`: as they were given last.

    `resources`: the logical ids of those that stand, where it was asked for them.
    """

    name: str
    region: str
    status: str
    reason: str = ""
    changed_at: datetime | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    made_at: datetime | None = None
    resources: frozenset[str] = frozenset()

    @property
    def moving(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status not in _NOT_THERE

    @property
    def stands(self) -> bool:
        """Whether what it was asked for last is there; after an update that was rolled back, what was before."""
        return not self.moving and self.status not in (*_NOT_THERE, *_NEVER_STOOD, "DELETE_FAILED")

    @property
    def never_stood(self) -> bool:
        """Whether the attempt to make it failed, and nothing of it is of use."""
        return self.status in _NEVER_STOOD

    @property
    def stuck(self) -> str:
        """The command without which CloudFormation takes no change of it; empty where it takes one.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-continueupdaterollback.html
        """
        if self.status != "UPDATE_ROLLBACK_FAILED":
            return ""
        return f"aws cloudformation continue-update-rollback --region {self.region} --stack-name {self.name}"

    @property
    def failed(self) -> bool:
        """Whether what it was asked for last went wrong."""
        return "FAILED" in self.status or "ROLLBACK" in self.status

    @property
    def broken(self) -> bool:
        """Whether it is of no use as it is. After an update that was rolled back it is as it was before."""
        return "FAILED" in self.status or self.never_stood


@dataclass(frozen=True)
class Drift:
    """`state` None: it could not be told, and `reason` says why. `resources`: those that differ from the template."""

    state: str | None
    resources: tuple[str, ...] = ()
    reason: str = ""


class CloudFormation:
    """As the operator; the CDK CLI itself works as the roles of the bootstrap."""

    def __init__(self, aws: AwsSessions) -> None:
        self._aws = aws

    def _client(self, region: str) -> Any:
        return self._aws.client("cloudformation", region, purpose=Purpose.DEPLOY, read_timeout_s=20.0)

    def standing(self, name: str, region: str) -> Standing | None:
        """None: there is no such stack."""
        try:
            with aws_errors("cloudformation", region, "DescribeStacks"):
                [raw] = self._client(region).describe_stacks(StackName=name)["Stacks"]
        except AwsRejectedError as error:
            if error.aws_code == "ValidationError" and "does not exist" in error.message:
                return None
            raise
        return _standing(raw, region)

    def resources(self, name: str, region: str) -> frozenset[str]:
        """The logical ids of what stands in the stack."""
        with aws_errors("cloudformation", region, "ListStackResources"):
            pages = self._client(region).get_paginator("list_stack_resources").paginate(StackName=name)
            raw = [one for page in pages for one in page["StackResourceSummaries"]]
        return frozenset(str(one["LogicalResourceId"]) for one in raw if one["ResourceStatus"] not in _NOT_MADE)

    def owned(self, region: str, owner: str) -> tuple[Standing, ...]:
        """Every stack of the region that carries the deployment's tag."""
        with aws_errors("cloudformation", region, "DescribeStacks"):
            pages = self._client(region).get_paginator("describe_stacks").paginate()
            raw = [one for page in pages for one in page["Stacks"]]
        ours = (one for one in raw if {"Key": "dr:owner", "Value": owner} in one.get("Tags", ()))
        return tuple(found for one in ours if (found := _standing(one, region)) is not None)

    def failures(self, name: str, region: str, since: datetime) -> tuple[str, ...]:
        """Why resources failed, the first one first: `RESOURCE (TYPE): reason`."""
        raw: list[Mapping[str, Any]] = []
        with aws_errors("cloudformation", region, "DescribeStackEvents"):
            for page in self._client(region).get_paginator("describe_stack_events").paginate(StackName=name):
                raw += page["StackEvents"]
                if raw and raw[-1]["Timestamp"] < since:  # the newest come first
                    break
        found = [
            f"{one['LogicalResourceId']} ({one['ResourceType']}): {one.get('ResourceStatusReason', 'no reason given')}"
            for one in raw
            if str(one["ResourceStatus"]).endswith("_FAILED") and one["Timestamp"] >= since
            and "cancelled" not in str(one.get("ResourceStatusReason", ""))
        ]  # fmt: skip
        return tuple(reversed(found))

    def compared(self, name: str, region: str, change_set: str) -> tuple[Change, ...]:
        """What the change set would do; nothing where the CLI found no difference and made none."""
        found: list[Mapping[str, Any]] = []
        asked: dict[str, Any] = {"StackName": name, "ChangeSetName": change_set, "IncludePropertyValues": True}
        while True:
            try:
                with aws_errors("cloudformation", region, "DescribeChangeSet"):
                    answer = self._client(region).describe_change_set(**asked)
            except AwsRejectedError as error:
                if is_gone(error):
                    return ()
                raise
            found += answer.get("Changes", ())
            if not answer.get("NextToken"):
                return changes_of(found)
            asked["NextToken"] = answer["NextToken"]

    def forget(self, name: str, region: str, change_set: str) -> None:
        """Deletes a change set that was looked at."""
        with aws_errors("cloudformation", region, "DeleteChangeSet"):
            self._client(region).delete_change_set(StackName=name, ChangeSetName=change_set)

    def drift(self, name: str, region: str, pause: Callable[[], None], tries: int = 60) -> Drift:
        """Asks for a detection and waits for it, `pause` by `pause`."""
        client = self._client(region)
        with aws_errors("cloudformation", region, "DetectStackDrift"):
            asked = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
        for _ in range(tries):
            with aws_errors("cloudformation", region, "DescribeStackDriftDetectionStatus"):
                found = client.describe_stack_drift_detection_status(StackDriftDetectionId=asked)
            if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
                break
            pause()
        else:
            return Drift(None, reason="the detection did not end in time")
        if found["DetectionStatus"] != "DETECTION_COMPLETE":
            return Drift(None, reason=str(found.get("DetectionStatusReason") or found["DetectionStatus"]))
        if found["StackDriftStatus"] != "DRIFTED":
            return Drift(str(found["StackDriftStatus"]))
        asked_for: dict[str, Any] = {
            "StackName": name, "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]
        }  # fmt: skip
        raw: list[Mapping[str, Any]] = []
        while True:
            with aws_errors("cloudformation", region, "DescribeStackResourceDrifts"):
                answer = client.describe_stack_resource_drifts(**asked_for)
            raw += answer["StackResourceDrifts"]
            if not answer.get("NextToken"):
                return Drift("DRIFTED", tuple(_drifted(raw)))
            asked_for["NextToken"] = answer["NextToken"]


def _standing(raw: Mapping[str, Any], region: str) -> Standing | None:
    status = str(raw["StackStatus"])
    if status in _NOT_THERE:
        return None
    made_at = raw.get("CreationTime")
    return Standing(
        str(raw["StackName"]), region, status, str(raw.get("StackStatusReason") or ""),
        raw.get("LastUpdatedTime") or made_at,
        {one["OutputKey"]: str(one["OutputValue"]) for one in raw.get("Outputs", ())},
        {one["ParameterKey"]: str(one.get("ParameterValue", "")) for one in raw.get("Parameters", ())},
        made_at,
    )  # fmt: skip


def _drifted(raw: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for one in raw:
        paths = sorted(str(part["PropertyPath"]) for part in one.get("PropertyDifferences", ()))
        told = f": {', '.join(paths)}" if paths else ""
        yield f"{one['LogicalResourceId']} ({one['ResourceType']}) {str(one['StackResourceDriftStatus']).lower()}{told}"


def names_of(standing: Iterable[Standing]) -> set[str]:
    """What stands: stacks by name, and STACK/LOGICAL-ID of the resources that were asked for."""
    there = [one for one in standing if one.stands]
    return {one.name for one in there} | {f"{one.name}/{resource}" for one in there for resource in one.resources}


def outputs_of(standing: Iterable[Standing]) -> dict[tuple[str, str], str]:
    """By (stack, output), its value."""
    return {(one.name, name): value for one in standing for name, value in one.outputs.items()}
