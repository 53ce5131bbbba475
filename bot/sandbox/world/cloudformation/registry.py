"""The stacks and change sets of a world, and how a call finds the one that it means."""

import uuid

from bot.sandbox.world.api import AwsError, Call
from bot.sandbox.world.cloudformation.stacks import ChangeSet, Stack
from bot.sandbox.world.ground import Ground


class Registry:
    """Stacks by id; a name is that of the newest of its region that is there."""

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self.stacks: dict[str, Stack] = {}
        self.change_sets: dict[str, ChangeSet] = {}

    def here(self, region: str) -> list[Stack]:
        return [stack for stack in self.stacks.values() if stack.region == region]

    def find(self, region: str, name: str) -> Stack | None:
        """By id; by name the one that is there."""
        if name in self.stacks:
            return self.stacks[name]
        named = [stack for stack in self.here(region) if stack.name == name and stack.there]
        return named[-1] if named else None

    def stack(self, call: Call) -> Stack:
        """The one that the call names; AwsError where there is none."""
        stack = self.find(call.region, call.text("StackName"))
        if stack is None:
            raise invalid(f"Stack with id {call.text('StackName')} does not exist")
        return stack

    def change_set(self, call: Call) -> ChangeSet:
        """By its id, or by name together with its stack."""
        name = call.text("ChangeSetName")
        if name in self.change_sets:
            return self.change_sets[name]
        stack = self.stack(call)
        found = [one for one in self.change_sets.values() if one.name == name and one.stack is stack]
        if not found:
            raise AwsError("ChangeSetNotFoundException", f"ChangeSet [{name}] does not exist", 404)
        return found[-1]

    def arn(self, region: str, what: str, name: str) -> str:
        """A new one."""
        return f"arn:aws:cloudformation:{region}:{self._account}:{what}/{name}/{uuid.uuid4()}"


def invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)
