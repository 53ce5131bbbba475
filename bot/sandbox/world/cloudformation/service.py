"""CloudFormation's API that changes: change sets that are made and executed, stacks that are deleted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html

What AWS does in minutes is done at the next call here, in one go: a stack is never seen half made, except where a
resource failed. Resources are made by calls of the account's own services, recorded and struck by faults as others are.
"""

import re
import uuid
from collections.abc import Mapping
from functools import partial
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from bot.sandbox.world.api import AwsError, Call, Handler, Operations, Parameters
from bot.sandbox.world.cloudformation.changes import changes_of
from bot.sandbox.world.cloudformation.deploying import Deploying
from bot.sandbox.world.cloudformation.known import Known
from bot.sandbox.world.cloudformation.registry import Registry, invalid
from bot.sandbox.world.cloudformation.stacks import ChangeSet, Event, Stack
from bot.sandbox.world.cloudformation.table import KINDS
from bot.sandbox.world.cloudformation.template import Template, TemplateError, read, values_of
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Ask, Seeding

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
_BY_HOST = re.compile(r"^(.+)\.s3[.-].+\.amazonaws\.com$")
_CAN_CHANGE = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED", "UPDATE_FAILED"}
)


class CloudFormation:
    """What changes stacks, and what is asked of templates."""

    PAGES: ClassVar[dict[str, str]] = {
        "cloudformation": "https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_{}.html"
    }

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._timeline = ground.timeline
        self._all = ground.part(Registry)

    def operations(self) -> Operations:
        table: dict[str, Handler] = {
            "CreateChangeSet": self.create_change_set,
            "ExecuteChangeSet": self.execute_change_set,
            "DeleteChangeSet": self.delete_change_set,
            "GetTemplateSummary": self.template_summary,
            "ValidateTemplate": self.validate,
            "UpdateTerminationProtection": self.protect,
            "DeleteStack": self.delete_stack,
        }
        return {("cloudformation", name): handler for name, handler in table.items()}

    # -- change sets -------------------------------------------------------------------------------------------------

    def create_change_set(self, call: Call) -> Parameters:
        """What would change, by resource and property; FAILED where nothing would. A new stack is under review."""
        kind = str(call.parameters.get("ChangeSetType") or "UPDATE")
        stack = self._for_change(call, kind)
        name = call.text("ChangeSetName")
        if any(one.name == name and one.stack is stack for one in self._all.change_sets.values()):
            raise AwsError("AlreadyExistsException", f"ChangeSet {name} cannot be created: it already exists")
        template, values, known = self._planned(call, stack)
        wanted = [one for one in template.ordered() if known.stands(one.condition)]
        held = {} if kind == "CREATE" else stack.resources
        changes = changes_of(held, wanted, lambda one: known.resolver.value(one.properties), KINDS)
        identifier = self._all.arn(stack.region, "changeSet", name)
        made = ChangeSet(
            identifier, name, stack, kind, template, values,
            call.parameters.get("Tags") or stack.tags, list(call.parameters.get("Capabilities") or ()), changes,
            self._timeline.now,
            keep_on_failure=call.parameters.get("OnStackFailure") == "DO_NOTHING",
            description=str(call.parameters.get("Description") or ""),
        )  # fmt: skip
        if not changes and not self._says_more(made, known):
            made.status, made.execution, made.reason = "FAILED", "UNAVAILABLE", NO_CHANGES
        self._all.change_sets[identifier] = made
        return {"Id": identifier, "StackId": stack.id}

    def execute_change_set(self, call: Call) -> Parameters:
        """Starts it; it is done by the next call. The stack's other change sets are gone."""
        made = self._all.change_set(call)
        if made.execution != "AVAILABLE":
            raise AwsError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{made.id}] cannot be executed in its current status of [{made.status}]",
            )
        made.execution = "EXECUTE_COMPLETE"
        stack = made.stack
        stack.keep_on_failure = made.keep_on_failure or bool(call.parameters.get("DisableRollback"))
        stack.status = "CREATE_IN_PROGRESS" if stack.template is None else "UPDATE_IN_PROGRESS"
        for other in [one for one in self._all.change_sets.values() if one.stack is stack and one is not made]:
            del self._all.change_sets[other.id]
        self._timeline.after(0.0, partial(self._execute, made, call.principal))
        return {}

    def delete_change_set(self, call: Call) -> Parameters:
        """Of a stack that is there; a change set that is not there is deleted already."""
        name = call.text("ChangeSetName")
        stack = self._all.stack(call) if name not in self._all.change_sets else self._all.change_sets[name].stack
        for made in list(self._all.change_sets.values()):
            if made.stack is stack and name in (made.id, made.name):
                del self._all.change_sets[made.id]
        return {}

    def _execute(self, made: ChangeSet, principal: str) -> None:
        stack, reach = made.stack, self._reach(principal)
        known = self._known(stack, made.template, made.parameters, principal)
        stack.tags, stack.capabilities = made.tags, made.capabilities
        if made.kind != "CREATE":
            stack.updated = self._timeline.now
        Deploying(self._ground, KINDS, reach).deploy(stack, made.template, made.parameters, known)

    # -- stacks ------------------------------------------------------------------------------------------------------

    def template_summary(self, call: Call) -> Parameters:
        """Its parameters, resource types and metadata."""
        template = self._all.stack(call).template if call.parameters.get("StackName") else self._template(call, None)
        if template is None:
            raise invalid("The stack has no template yet")
        return {**_described(template), "ResourceTypes": sorted({one.type for one in template.resources.values()})}

    def validate(self, call: Call) -> Parameters:
        """Whether it can be read; its parameters."""
        return _described(self._template(call, None))

    def protect(self, call: Call) -> Parameters:
        """A protected stack is not deleted."""
        stack = self._all.stack(call)
        stack.protected = bool(call.parameters.get("EnableTerminationProtection"))
        return {"StackId": stack.id}

    def delete_stack(self, call: Call) -> Parameters:
        """Its resources in the reverse order; what is to be retained stays. One that is gone is gone."""
        stack = self._all.find(call.region, call.text("StackName"))
        if stack is None or not stack.there:
            return {}
        if stack.protected:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        users = [other.name for other in self._all.here(call.region) if other.there and self._imports(other, stack)]
        if users:
            raise invalid(f"Export of {stack.name} cannot be deleted as it is in use by {', '.join(users)}")
        stack.status = "DELETE_IN_PROGRESS"
        deploying = Deploying(self._ground, KINDS, self._reach(call.principal))
        self._timeline.after(0.0, partial(deploying.delete, stack))
        return {}

    # -- inside ------------------------------------------------------------------------------------------------------

    def _for_change(self, call: Call, kind: str) -> Stack:
        name = call.text("StackName")
        stack = self._all.find(call.region, name)
        if stack is not None and stack.busy:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        if kind == "CREATE":
            if stack is not None and stack.there and stack.status != "REVIEW_IN_PROGRESS":
                raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
            return stack if stack is not None and stack.there else self._new(call.region, name)
        if stack is None or not stack.there:
            raise invalid(f"Stack [{name}] does not exist")
        if stack.status not in _CAN_CHANGE:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack

    def _new(self, region: str, name: str) -> Stack:
        identifier = self._all.arn(region, "stack", name)
        stack = self._all.stacks[identifier] = Stack(identifier, name, region, self._timeline.now, "REVIEW_IN_PROGRESS")
        at = self._timeline.now
        stack.events.append(
            Event(str(uuid.uuid4()), at, name, identifier, "AWS::CloudFormation::Stack", stack.status, "User Initiated")
        )
        return stack

    def _planned(self, call: Call, stack: Stack) -> tuple[Template, dict[str, str], Known]:
        template = self._template(call, stack)
        given = {
            one["ParameterKey"]: str(one.get("ParameterValue", ""))
            for one in call.parameters.get("Parameters") or ()
            if not one.get("UsePreviousValue")
        }
        kept = {one["ParameterKey"] for one in call.parameters.get("Parameters") or () if one.get("UsePreviousValue")}
        try:
            before = {name: value for name, value in stack.parameters.items() if name in kept}
            values = values_of(template, given, before)
            known = self._known(stack, template, values, call.principal, later=True)
            known.check_rules()
        except TemplateError as error:
            raise invalid(str(error)) from error
        return template, values, known

    def _template(self, call: Call, stack: Stack | None) -> Template:
        asked = call.parameters
        if asked.get("UsePreviousTemplate") and stack is not None and stack.template is not None:
            return stack.template
        try:
            return read(asked["TemplateBody"] if asked.get("TemplateBody") else self._fetched(call))
        except TemplateError as error:
            raise invalid(str(error)) from error

    def _fetched(self, call: Call) -> str:
        parts = urlsplit(call.text("TemplateURL"))
        path, named = unquote(parts.path.lstrip("/")), _BY_HOST.match(parts.hostname or "")
        bucket, key = (named[1], path) if named else (path.partition("/")[0], path.partition("/")[2])
        try:
            body = self._reach(call.principal)("s3", call.region)("GetObject", Bucket=bucket, Key=key)["Body"]
        except AwsError as error:
            raise invalid(f"S3 error: {error.message}") from error
        return str(body)

    def _says_more(self, made: ChangeSet, known: Known) -> bool:
        """Outputs and tags change a stack, too."""
        stack = made.stack
        if stack.template is None or made.tags != stack.tags:
            return True
        known_outputs = {
            name: str(known.resolver.value(one["Value"]))
            for name, one in made.template.outputs.items()
            if known.stands(one.get("Condition"))
        }
        return known_outputs != stack.outputs

    def _known(
        self, stack: Stack, template: Template, values: Mapping[str, str], principal: str, *, later: bool = False
    ) -> Known:
        exports = {name: value for one in self._all.here(stack.region) for name, value in one.exports.items()}
        return Known(
            stack, template, values, account=self._ground.account, call=self._reach(principal), exports=exports,
            later=later,
        )  # fmt: skip

    def _reach(self, principal: str) -> "partial[Ask]":
        """The account's services, called in the name of the principal."""
        return partial(Seeding(partial(self._ground.within, principal)).at)

    def _imports(self, other: Stack, stack: Stack) -> bool:
        if other is stack or other.template is None:
            return False
        return any(f'"Fn::ImportValue": "{name}"' in other.template.text for name in stack.exports)


def _described(template: Template) -> Parameters:
    parameters = [
        {
            "ParameterKey": name,
            "DefaultValue": str(spec.get("Default", "")),
            "NoEcho": bool(spec.get("NoEcho")),
            "ParameterType": str(spec.get("Type")),
        }
        for name, spec in template.parameters.items()
    ]
    return {"Parameters": parameters, "Description": str(template.body.get("Description", ""))}
