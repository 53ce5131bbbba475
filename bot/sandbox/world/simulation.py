"""IAM's simulation of a principal's policies: everything is allowed, but for what the fault `denied` takes away."""

from typing import ClassVar

from bot.sandbox.world.api import AwsError, Call, Operations, Parameters
from bot.sandbox.world.ground import Ground

# Prefixes of actions that differ from the name of the boto3 client, and actions that are named unlike the operation.
_CLIENTS = {"monitoring": "cloudwatch", "elasticloadbalancing": "elbv2"}
_OPERATIONS = {"s3:ListBucket": "ListObjectsV2"}
_HOME = "us-east-1"


class Simulation:
    """Asks the same book of faults that refuses the calls themselves."""

    PAGES: ClassVar[dict[str, str]] = {"iam": "https://docs.aws.amazon.com/IAM/latest/APIReference/API_{}.html"}

    def __init__(self, ground: Ground) -> None:
        self._account = ground.account
        self._faults = ground.faults

    def operations(self) -> Operations:
        return {("iam", "SimulatePrincipalPolicy"): self.simulate}

    def simulate(self, call: Call) -> Parameters:
        """One result for each action and resource; the region is the context key aws:RequestedRegion."""
        principal = call.text("PolicySourceArn")
        parts = principal.split(":")
        if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith(("user/", "role/", "group/")):
            raise AwsError("InvalidInput", f"Invalid Entity Arn: {principal} does not clearly define entity type.")
        region = _region(call)
        resources = call.parameters.get("ResourceArns") or ["*"]
        results = [
            self._result(action, resource, region)
            for action in call.parameters.get("ActionNames", [])
            for resource in resources
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _result(self, action: str, resource: str, region: str) -> Parameters:
        prefix, _, name = action.partition(":")
        service = _CLIENTS.get(prefix, prefix)
        denied = self._faults.denies(region, service, _OPERATIONS.get(action, name))
        return {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": "implicitDeny" if denied else "allowed",
            "MatchedStatements": [],
            "MissingContextValues": [],
        }


def _region(call: Call) -> str:
    for entry in call.parameters.get("ContextEntries") or ():
        if entry.get("ContextKeyName") == "aws:RequestedRegion":
            return str(entry["ContextKeyValues"][0])
    return _HOME
