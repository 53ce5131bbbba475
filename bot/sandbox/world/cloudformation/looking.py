"""CloudFormation's API that only looks: change sets, stacks, their events, resources, exports and templates."""

from typing import ClassVar

from bot.sandbox.world.api import Call, Handler, Operations, Parameters
from bot.sandbox.world.cloudformation.registry import Registry, invalid
from bot.sandbox.world.cloudformation.views import (
    change_set_view,
    event_view,
    resource_view,
    stack_view,
    summary,
)
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.pages import page

_MOST = 100
_EVENTS = 1000


class CloudFormationViews:
    PAGES: ClassVar[dict[str, str]] = {
        "cloudformation": "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._all = ground.part(Registry)

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "DescribeChangeSet": self.describe_change_set,
            "ListChangeSets": self.list_change_sets,
            "DescribeStacks": self.describe_stacks,
            "ListStacks": self.list_stacks,
            "ListExports": self.list_exports,
            "DescribeStackEvents": self.describe_events,
            "DescribeStackResources": self.describe_resources,
            "DescribeStackResource": self.describe_resource,
            "ListStackResources": self.list_resources,
            "GetTemplate": self.get_template,
        }
        return {("cloudformation", name): handler for name, handler in table.items()}

    def describe_change_set(self, call: Call) -> Parameters:
        """Its changes at once: it is never seen being made."""
        return change_set_view(self._all.change_set(call))

    def list_change_sets(self, call: Call) -> Parameters:
        """Those of one stack."""
        stack = self._all.stack(call)
        kept = ("ChangeSetName", "ChangeSetId", "StackId", "StackName", "Status", "ExecutionStatus", "CreationTime")
        views = [change_set_view(one) for one in self._all.change_sets.values() if one.stack is stack]
        return {"Summaries": [{name: view[name] for name in kept} for view in views]}

    def describe_stacks(self, call: Call) -> Parameters:
        """One by name or id, a deleted one by its id only; or all that are there, 100 a page."""
        if call.parameters.get("StackName"):
            return {"Stacks": [stack_view(self._all.stack(call))]}
        here = [stack_view(one) for one in self._all.here(call.region) if one.there]
        return _paged(call, "Stacks", here)

    def list_stacks(self, call: Call) -> Parameters:
        """Deleted ones, too, by status where one is asked for."""
        wanted = call.parameters.get("StackStatusFilter") or ()
        found = [summary(one) for one in self._all.here(call.region) if not wanted or one.status in wanted]
        return _paged(call, "StackSummaries", found)

    def list_exports(self, call: Call) -> Parameters:
        """What the stacks of the region export."""
        found = [
            {"ExportingStackId": stack.id, "Name": name, "Value": value}
            for stack in self._all.here(call.region)
            for name, value in stack.exports.items()
        ]
        return _paged(call, "Exports", found)

    def describe_events(self, call: Call) -> Parameters:
        """The newest first."""
        stack = self._all.stack(call)
        return _paged(call, "StackEvents", [event_view(stack, one) for one in reversed(stack.events)], _EVENTS)

    def describe_resources(self, call: Call) -> Parameters:
        """Those of one stack."""
        stack = self._all.stack(call)
        logical = call.parameters.get("LogicalResourceId")
        views = [resource_view(stack, one) for one in stack.resources.values() if logical in (None, one.logical)]
        return {"StackResources": views}

    def describe_resource(self, call: Call) -> Parameters:
        """One of a stack, by its logical id."""
        stack, logical = self._all.stack(call), call.text("LogicalResourceId")
        if logical not in stack.resources:
            raise invalid(f"Resource {logical} does not exist for stack {stack.name}")
        return {"StackResourceDetail": resource_view(stack, stack.resources[logical])}

    def list_resources(self, call: Call) -> Parameters:
        """Those of one stack, 100 a page."""
        stack = self._all.stack(call)
        views = [resource_view(stack, one) for one in stack.resources.values()]
        return _paged(call, "StackResourceSummaries", views)

    def get_template(self, call: Call) -> Parameters:
        """As it was given, of a stack or of a change set."""
        named = bool(call.parameters.get("ChangeSetName"))
        template = self._all.change_set(call).template if named else self._all.stack(call).template
        return {"TemplateBody": template.text if template else "", "StagesAvailable": ["Original", "Processed"]}


def _paged(call: Call, name: str, items: list[Parameters], most: int = _MOST) -> Parameters:
    found, rest = page(items, call.parameters.get("NextToken"), most, invalid("The token is not valid."))
    return {name: found, **({"NextToken": rest} if rest else {})}
