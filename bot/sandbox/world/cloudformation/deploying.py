"""Carries a template out on a stack: one resource after the other, outputs, cleaning up, and back where one fails.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html

`Retain` also keeps what a failed creation had made, `RetainExceptOnCreate` does not:
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.sandbox.world.api import AwsError
from bot.sandbox.world.cloudformation.kinds import Kind, Site, changed
from bot.sandbox.world.cloudformation.known import Known
from bot.sandbox.world.cloudformation.stacks import Event, Held, Made, Stack
from bot.sandbox.world.cloudformation.template import Json, Resource, Template, TemplateError
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.seeding import Ask

STACK = "AWS::CloudFormation::Stack"
_TICK = timedelta(milliseconds=1)
_KEPT = frozenset({"Retain", "Snapshot"})
Refused = (AwsError, TemplateError)


@dataclass
class _Run:
    """One deployment under way: how to go back, and what goes away once everything else stands."""

    known: Known
    undo: list[Callable[[], None]] = field(default_factory=list)
    replaced: list[Held] = field(default_factory=list)


class Deploying:
    """On one ground, with one table of types. `call` reaches the account's services in a region."""

    def __init__(self, ground: Ground, kinds: Mapping[str, Kind], call: Callable[[str, str], Ask]) -> None:
        self._ground = ground
        self._kinds = kinds
        self._call = call

    def deploy(self, stack: Stack, template: Template, parameters: dict[str, str], known: Known) -> None:
        """The stack's status says how it ended; a template that names an unknown type changes nothing."""
        verb = "CREATE" if not stack.resources and stack.template is None else "UPDATE"
        self._status(stack, f"{verb}_IN_PROGRESS", "User Initiated")
        run, before = _Run(known), dict(stack.resources)
        try:
            known.check_rules()
            wanted = [one for one in template.ordered() if known.stands(one.condition)]
            self._refuse_unknown(wanted)
            for one in wanted:
                self._bring(run, stack, one)
            self._put_out(stack, template, known)
        except Refused as error:
            self._failed(run, stack, verb, before, _reason(error), template)
            return
        stack.template, stack.parameters = template, parameters
        if verb == "UPDATE":
            self._status(stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        there = {one.id for one in wanted}
        gone = [held for held in stack.resources.values() if held.logical not in there]
        self._clean(stack, [*reversed(gone), *run.replaced])
        stack.resources = {name: held for name, held in stack.resources.items() if name in there}
        self._status(stack, f"{verb}_COMPLETE")

    def delete(self, stack: Stack) -> None:
        """In the reverse order; what is to be retained stays behind."""
        self._status(stack, "DELETE_IN_PROGRESS", "User Initiated")
        for held in reversed(list(stack.resources.values())):
            if not self._take_away(stack, held):
                self._status(stack, "DELETE_FAILED", f"The following resource(s) failed to delete: [{held.logical}].")
                return
            del stack.resources[held.logical]
        stack.outputs, stack.exports, stack.deleted = {}, {}, self._ground.timeline.now
        self._status(stack, "DELETE_COMPLETE")

    # -- one resource ------------------------------------------------------------------------------------------------

    def _bring(self, run: _Run, stack: Stack, one: Resource) -> None:
        """Makes it what the template says."""
        old = stack.resources.get(one.id)
        verb = "CREATE" if old is None else "UPDATE"
        try:
            properties: Json = run.known.resolver.value(one.properties)
            if old is not None and old.type == one.type and not changed(old.properties, properties):
                old.deletion = one.deletion
                return
            self._tell(stack, one.id, old.made.id if old else "", one.type, f"{verb}_IN_PROGRESS")
            made = self._made(run, stack, one, old, properties)
        except Refused as error:
            self._tell(stack, one.id, old.made.id if old else "", one.type, f"{verb}_FAILED", _reason(error))
            raise TemplateError(f"The following resource(s) failed to {verb.lower()}: [{one.id}]. ") from error
        held = Held(one.id, one.type, made, properties, one.deletion, f"{verb}_COMPLETE", self._ground.timeline.now)
        stack.resources[one.id] = held
        self._tell(stack, one.id, made.id, one.type, f"{verb}_COMPLETE")

    def _made(self, run: _Run, stack: Stack, one: Resource, old: Held | None, properties: Json) -> Made:
        kind, site = self._kinds[one.type], self._site(stack, one.id)
        fixed = {"Type"} if old is not None and old.type != one.type else set()
        fixed |= kind.fixed & set(changed(old.properties, properties)) if old is not None else set()
        if old is not None and not fixed:
            made = kind.update(site, old.made, old.properties, properties)
            back = replace(old)
            run.undo.append(lambda: self._go_back(stack, back, properties))
            return made
        made = kind.create(site, properties)
        new = Held(one.id, one.type, made, properties, one.deletion, "CREATE_COMPLETE", self._ground.timeline.now)
        run.undo.append(lambda: self._unmake(stack, new, old))
        if old is not None:
            run.replaced.append(replace(old, deletion=one.replacing))
        return made

    def _go_back(self, stack: Stack, old: Held, after: Json) -> None:
        kind = self._kinds[old.type]
        kind.update(self._site(stack, old.logical), old.made, after, old.properties)
        stack.resources[old.logical] = old
        self._tell(stack, old.logical, old.made.id, old.type, "UPDATE_COMPLETE")

    def _unmake(self, stack: Stack, new: Held, old: Held | None) -> None:
        if not self._take_away(stack, new):
            raise AwsError("RollbackFailed", f"{new.logical} could not be deleted")
        if old is None:
            stack.resources.pop(new.logical, None)
        else:
            stack.resources[new.logical] = old

    def _clean(self, stack: Stack, gone: list[Held]) -> None:
        """What cannot be deleted any more is left, and the update is complete all the same."""
        for held in gone:
            self._take_away(stack, held)

    def _take_away(self, stack: Stack, held: Held) -> bool:
        """Whether it is gone, or stays on purpose."""
        if held.deletion in _KEPT:
            self._tell(stack, held.logical, held.made.id, held.type, "DELETE_SKIPPED")
            return True
        self._tell(stack, held.logical, held.made.id, held.type, "DELETE_IN_PROGRESS")
        try:
            self._kinds[held.type].delete(self._site(stack, held.logical), held.made, held.properties)
        except Refused as error:
            self._tell(stack, held.logical, held.made.id, held.type, "DELETE_FAILED", _reason(error))
            return False
        self._tell(stack, held.logical, held.made.id, held.type, "DELETE_COMPLETE")
        return True

    # -- the stack ---------------------------------------------------------------------------------------------------

    def _failed(
        self, run: _Run, stack: Stack, verb: str, before: dict[str, Held], reason: str, template: Template
    ) -> None:
        if stack.keep_on_failure:
            stack.template = stack.template or template
            self._status(stack, f"{verb}_FAILED", reason)
            return
        way = "ROLLBACK" if verb == "CREATE" else "UPDATE_ROLLBACK"
        self._status(stack, f"{way}_IN_PROGRESS", f"{reason}Rollback requested by user.")
        for back in reversed(run.undo):
            try:
                back()
            except Refused as error:
                self._status(stack, f"{way}_FAILED", _reason(error))
                return
        stack.resources = before
        self._status(stack, f"{way}_COMPLETE")

    def _put_out(self, stack: Stack, template: Template, known: Known) -> None:
        outputs = {name: one for name, one in template.outputs.items() if known.stands(one.get("Condition"))}
        stack.outputs = {name: str(known.resolver.value(one["Value"])) for name, one in outputs.items()}
        stack.exports = {
            str(known.resolver.value(one["Export"]["Name"])): stack.outputs[name]
            for name, one in outputs.items()
            if "Export" in one
        }

    def _refuse_unknown(self, wanted: list[Resource]) -> None:
        unknown = sorted({one.type for one in wanted} - set(self._kinds))
        if unknown:
            raise TemplateError(
                f"Template format error: Unrecognized resource types: [{', '.join(unknown)}] in this simulated AWS"
            )

    def _site(self, stack: Stack, logical: str) -> Site:
        return Site(self._ground, stack.region, stack.name, logical, self._call)

    def _status(self, stack: Stack, status: str, reason: str = "") -> None:
        stack.status, stack.reason = status, reason
        self._tell(stack, stack.name, stack.id, STACK, status, reason)

    def _tell(self, stack: Stack, logical: str, physical: str, kind: str, status: str, reason: str = "") -> None:
        at = self._ground.timeline.now
        if stack.events:
            at = max(at, stack.events[-1].at + _TICK)
        stack.events.append(Event(str(uuid.uuid4()), at, logical, physical, kind, status, reason))


def _reason(error: AwsError | TemplateError) -> str:
    if isinstance(error, TemplateError):
        return str(error)
    return f'Resource handler returned message: "{error.message}" ({error.code})'
