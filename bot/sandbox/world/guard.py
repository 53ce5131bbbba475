"""Enforces the policies of principals, where the world was given any: what they do not allow is denied, as in AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.sandbox.world.api import AwsError, Call
from bot.sandbox.world.authorization import asked_by
from bot.sandbox.world.event_sources import EventSourceMappings
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.policies import Asked, Values, first_refused

Policies = Mapping[str, Sequence[Mapping[str, Any]]]
"""By the ARN of a user or role, its policy documents."""
SETUP = "setup"


class Guard:
    """Whoever says that a call is the product's (`dr-purpose`) is held to the policies of their identity, and may do
    nothing without any. People at a console, the AWS CLI and what sets the stage say no purpose, or `setup`: free.

    `used` is what was allowed, `refused` what was not: (principal, action, resource).
    """

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        given = ground.policies
        self._policies = None if given is None else {principal_of(arn): found for arn, found in given.items()}
        self._mappings = ground.part(EventSourceMappings)
        self.used: set[tuple[str, str, str]] = set()
        self.refused: set[tuple[str, str, str]] = set()

    def listing(self) -> dict[str, list[dict[str, str]]]:
        """Both, in order, for people and tests."""
        names = ("principal", "action", "resource")
        both = {"used": self.used, "refused": self.refused}
        return {name: [dict(zip(names, one, strict=True)) for one in sorted(known)] for name, known in both.items()}

    def holds(self, principal: str) -> bool:
        """Whether the principal's policies are known."""
        return self._policies is not None and principal_of(principal) in self._policies

    def allows(self, principal: str, asked: Asked) -> bool:
        return self._refused(principal, asked) is None

    def refuse(self, call: Call) -> None:
        """AwsError where the caller may not do it."""
        if self._policies is None or call.purpose in (None, SETUP):
            return
        wanted = [replace(one, context={**one.context, **self._told(call)}) for one in asked_by(call, self._account)]
        for asked in wanted:
            on = self._refused(call.principal, asked)
            if on is not None:
                self.refused.add((principal_of(call.principal), asked.action, on))
                raise denied(call, asked.action, on)
        who = principal_of(call.principal)
        self.used.update((who, asked.action, resource) for asked in wanted for resource in asked.resources)

    def hides(self, call: Call) -> AwsError | None:
        """S3 tells only those who may list a bucket that an object is not there.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html#API_HeadObject_RequestSyntax, "Permissions".
        """
        if (
            self._policies is None
            or call.purpose in (None, SETUP)
            or call.service != "s3"
            or "Key" not in call.parameters
        ):
            return None
        listing = replace(call, operation="ListObjectsV2", parameters={"Bucket": call.parameters["Bucket"]})
        try:
            self.refuse(listing)
        except AwsError as error:
            return error
        return None

    def _told(self, call: Call) -> Mapping[str, Values]:
        """What IAM knows of things besides what the call says of them."""
        if call.operation != "UpdateEventSourceMapping":
            return {}
        function = self._mappings.function_of(call.region, call.text("UUID"))
        return {"lambda:FunctionArn": (function,)} if function else {}

    def _refused(self, principal: str, asked: Asked) -> str | None:
        known = (self._policies or {}).get(principal_of(principal), ())
        return first_refused(known, asked)


def principal_of(arn: str) -> str:
    """The role behind one of its sessions, which does not tell the role's path; anybody else is who they are."""
    head, found, rest = arn.partition(":assumed-role/")
    if found:
        return f"arn:aws:iam::{head.rsplit(':', 1)[-1]}:role/{rest.split('/', 1)[0]}"
    head, found, rest = arn.partition(":role/")
    return f"{head}{found}{rest.rsplit('/', 1)[-1]}"


def denied(call: Call, action: str, resource: str) -> AwsError:
    """As each protocol words it."""
    code, status = ("AccessDeniedException", 400) if "json" in call.protocol else ("AccessDenied", 403)
    if call.service == "ec2":
        code = "UnauthorizedOperation"
    told = f"User: {call.principal} is not authorized to perform: {action} on resource: {resource}"
    return AwsError(code, f"{told} because no identity-based policy allows the {action} action", status)
