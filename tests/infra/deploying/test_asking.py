"""What has pages is read to its last: who deployed, the deployment's own stacks, what AppConfig has."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from infra.deploying import copying
from infra.deploying.cloudformation import CloudFormation
from infra.deploying.copying import Copies
from infra.deploying.reporting import looked_up

AT = datetime(2026, 1, 5, tzinfo=UTC)


class Trail:
    """CloudTrail with one event a page, the newest first."""

    def __init__(self, *stacks: str) -> None:
        self.stacks = stacks
        self.asked = 0

    def lookup_events(self, **given: Any) -> dict[str, Any]:
        number = int(given.get("NextToken", 0))
        self.asked += 1
        told = {"requestParameters": {"stackName": self.stacks[number]}, "userIdentity": {"arn": f"me-{number}"}}
        event = {"EventTime": AT - timedelta(hours=number), "CloudTrailEvent": json.dumps(told)}
        more = {"NextToken": str(number + 1)} if number + 1 < len(self.stacks) else {}
        return {"Events": [event], **more}


def test_who_deployed_is_looked_for_on_every_page_until_all_are_named() -> None:
    trail = Trail("a", "a", "b", "c")
    assert looked_up(trail, "eu-west-1", {"a", "b"}) == ({"a": "me-0", "b": "me-2"}, "")
    assert trail.asked == 3


def test_a_history_without_end_is_given_up_with_its_reason() -> None:
    by, problem = looked_up(Trail(*["a"] * 100), "eu-west-1", {"a", "b"})
    assert by == {"a": "me-0"}
    assert problem == "by whom is not known: none of the newest 40 calls in eu-west-1 was for it"


class Stacks:
    """DescribeStacks in two pages, through the sessions' only door."""

    def client(self, service: str, region: str, **options: Any) -> "Stacks":
        return self

    def get_paginator(self, name: str) -> "Stacks":
        assert name == "describe_stacks"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Stacks": [_stack("a", "dr"), _stack("b", "other")]}, {"Stacks": [_stack("c", "dr"), _stack("d")]}]


def _stack(name: str, *owners: str) -> dict[str, Any]:
    parameter = {"ParameterKey": "All", "ParameterValue": "yes"}
    return {
        "StackName": name, "StackStatus": "REVIEW_IN_PROGRESS" if name == "c" else "UPDATE_COMPLETE",
        "CreationTime": AT, "Tags": [{"Key": "dr:owner", "Value": owner} for owner in owners],
        "Parameters": [parameter],
    }  # fmt: skip


def test_the_stacks_of_a_deployment_are_those_with_its_tag() -> None:
    sessions: Any = Stacks()
    [found] = CloudFormation(sessions).owned("eu-west-1", "dr")
    assert (found.name, found.made_at, found.parameters) == ("a", AT, {"All": "yes"})


class Events(Stacks):
    """DescribeStackEvents, the newest first, one a page; what was long ago is not asked for."""

    asked = 0

    def get_paginator(self, name: str) -> "Stacks":
        assert name == "describe_stack_events"
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        for hours in range(5):
            self.asked += 1
            event = {"LogicalResourceId": f"R{hours}", "ResourceType": "AWS::X", "ResourceStatus": "CREATE_FAILED"}
            yield {"StackEvents": [{**event, "Timestamp": AT - timedelta(hours=hours)}]}


def test_what_failed_is_read_as_far_back_as_this_deployment_goes() -> None:
    sessions: Any = Events()
    found = CloudFormation(sessions).failures("a", "eu-west-1", AT - timedelta(hours=1))
    assert [one.partition(" ")[0] for one in found] == ["R1", "R0"]
    assert sessions.asked == 3


class Flags:
    """AppConfig, which names one application a page."""

    def get_paginator(self, name: str) -> "Flags":
        assert name == "list_applications"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Items": [{"Name": "first"}]}, {"Items": [{"Name": "second"}]}]


def test_replicas_are_made_by_the_region_that_owns_the_secret_and_every_page_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The primary has moved: its own copy cannot be replicated further."""
    monkeypatch.setattr(copying, "acting_clients", lambda *given, **options: lambda service, region: Flags())
    monkeypatch.setattr(copying, "parameter_paths", lambda parameters: ())
    monkeypatch.setattr(copying, "_there", lambda secrets, name, region: region == "eu-central-1")
    flags = [SimpleNamespace(application=name, profile="main") for name in ("second", "third")]
    app: Any = SimpleNamespace(
        account=None, primary="eu-west-1", regions=("eu-west-1", "eu-central-1"), secrets=("token",),
        parameters=SimpleNamespace(appconfig=flags),
    )  # fmt: skip
    sessions: Any = None
    found = [(one.kind, one.name, one.source, one.target) for one in Copies(sessions).missing(app, "eu-central-1")]
    assert found == [
        ("secret", "token", "eu-central-1", "eu-west-1"),
        ("AppConfig profile", "third/main", "eu-west-1", "eu-central-1"),
    ]
