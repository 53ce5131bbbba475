"""IAM's simulation of a principal's policies: by those that the world holds it to, less what the fault `denied` takes.

Where the world was given no policies everything is allowed.

A role may be passed to the services that are named here and to no other, as in AWS's own policies: a simulation that
does not say to whom is denied (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html).
"""

from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.guard import Guard
from bot.sandbox.world.policies import Asked, Values

# Prefixes of actions that differ from the name of the boto3 client, and actions that are named unlike the operation.
_CLIENTS = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
_OPERATIONS = {"s3:ListBucket": "ListObjectsV2"}
_REGION, _HOME = "aws:RequestedRegion", "us-east-1"
# What S3 calls its own and boto3 has in a client of its own.
_JOBS = frozenset({"s3:CreateJob", "s3:ListJobs", "s3:DescribeJob"})
_STRING_EQUALS = {
    "iam:PassRole": (
        "iam:PassedToService",
        {"scheduler.amazonaws.com", "batchoperations.s3.amazonaws.com", "ssm.amazonaws.com"},
    ),
}
"""The condition of the statement that allows an action: a key, and the values of which the call must have one."""


class Simulation:
    """Asks the same book of faults that refuses the calls themselves."""

    PAGES: ClassVar[dict[str, str]] = {"iam": "https://docs.aws.amazon.com/IAM/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._faults = ground.faults
        self._guard = ground.part(Guard)

    def operations(self) -> Operations:
        return {("iam", "SimulatePrincipalPolicy"): self.simulate}

    def simulate(self, call: Call) -> Parameters:
        """One result for each action and resource; the region is the context key aws:RequestedRegion."""
        principal = call.text("PolicySourceArn")
        parts = principal.split(":")
        if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith(("user/", "role/", "group/")):
            raise AwsError("InvalidInput", f"Invalid Entity Arn: {principal} does not clearly define entity type.")
        known = _context(call)
        resources = call.parameters.get("ResourceArns") or ["*"]
        results = [
            self._result(principal, action, resource, known)
            for action in call.parameters.get("ActionNames", [])
            for resource in resources
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _result(self, principal: str, action: str, resource: str, known: dict[str, Values]) -> Parameters:
        prefix, _, name = action.partition(":")
        service = "s3control" if action in _JOBS else _CLIENTS.get(prefix, prefix)
        (region,) = known.get(_REGION, (_HOME,))
        denied = self._faults.denies(region, service, _OPERATIONS.get(action, name))
        key, values = _STRING_EQUALS.get(action, ("", set[str]()))
        missing = [key] if key and key not in known else []
        denied = denied or bool(key and not values.issuperset(known.get(key, ("",))))
        if self._guard.holds(principal):
            denied = denied or not self._guard.allows(principal, Asked(action, (resource,), known))
        return {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": "implicitDeny" if denied else "allowed",
            "MatchedStatements": [],
            "MissingContextValues": missing,
        }


def _context(call: Call) -> dict[str, Values]:
    return {
        str(entry["ContextKeyName"]): tuple(map(str, entry["ContextKeyValues"]))
        for entry in call.parameters.get("ContextEntries") or ()
    }
