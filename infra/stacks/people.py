"""The roles that people take: to look, to deploy, to reach the store, and to do by hand what a worker would do."""

from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from dr_core.permissions.model import Role
from infra.iam import at_terminal, deployer
from infra.iam.policies import documents, packed
from infra.place import Level, Part, Place
from infra.policy.boundary import boundary
from infra.policy.residency import allowed_regions
from infra.policy.trust import identities, trust, who_deploys
from infra.stacks.identity import Identity, allow

_SESSION = cdk.Duration.hours(1)
_LOOKING = (
    "application-autoscaling:Describe*", "cloudformation:Describe*", "cloudformation:List*",
    "cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "dynamodb:DescribeTable", "ec2:Describe*",
    "ecs:Describe*", "ecs:List*", "elasticache:Describe*", "elasticloadbalancing:Describe*", "events:Describe*",
    "events:List*", "logs:Describe*", "logs:FilterLogEvents", "logs:GetLogEvents", "rds:Describe*",
    "s3:GetReplicationConfiguration", "secretsmanager:DescribeSecret", "secretsmanager:ListSecrets",
    "sns:GetTopicAttributes", "sqs:GetQueueAttributes",
)  # fmt: skip
"""States and figures; no object, no secret's value, no parameter's, no item of a table."""
_LOOKING_ANYWHERE = ("budgets:ViewBudget", "route53:Get*", "route53:List*")


class People(Part):
    """Roles for people: look, deploy, terminal, break-glass"""

    concern = "people"
    level = Level.HOUSE_ONCE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(person.aws for person in place.config.topology.people)

    def build(self) -> None:
        config, inside = self.place.config, self.place.stack(Identity).fence
        everybody = [arn for person in config.topology.people for arn in person.aws]
        self._role("look", everybody, [document(list(_looking(allowed_regions(config))))], inside)
        identity = f"arn:aws:iam::{self.account}:role/{self.place.owner}-deploy"
        deployers = who_deploys(config.topology)
        fence = self._wider() if deployers else inside
        self._role("deploy", deployers, deployer.documents(config, identity), fence)
        self._role("terminal", deployers, packed(at_terminal.statements(config)), inside)
        alone = identities(config.topology, config.topology.approval.break_glass.users)
        self._role("break-glass", alone, documents(config, self.place.region, Role.WORKER), inside)

    def _wider(self) -> iam.ManagedPolicy:
        """The fence of whoever deploys: some stacks stand in a region of AWS's choice."""
        return iam.ManagedPolicy(
            self, "Boundary-deploy", managed_policy_name=f"{self.place.owner}-boundary-deploy",
            description="What whoever deploys cannot leave: the regions of the stacks, and who may do what",
            document=iam.PolicyDocument.from_json(
                boundary(allowed_regions(self.place.config), deployer.places(self.place.config))
            ),
        )  # fmt: skip

    def _role(self, what: str, arns: list[str], allowed: list[dict[str, Any]], fence: iam.ManagedPolicy) -> None:
        """With a second factor for users of IAM; for everybody else the identity provider asks for it."""
        name = f"{self.place.owner}-{what}"
        if not arns:
            self.left_to_people(
                f"the role {name}", "nobody who might take it is named under `people` by an AWS identity"
            )
            return
        role = iam.Role(
            self, f"Role-{what}", role_name=name, assumed_by=iam.AccountRootPrincipal(), max_session_duration=_SESSION,
            permissions_boundary=fence,
        )  # fmt: skip
        made: Any = role.node.default_child
        made.assume_role_policy_document = document(list(trust(self.account, arns, self.place.config.regions)))
        allow(self, role, name, allowed)


def document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _looking(regions: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    where = {"StringEquals": {"aws:RequestedRegion": [*regions]}}
    yield {"Sid": "Look", "Effect": "Allow", "Action": [*_LOOKING], "Resource": "*", "Condition": where}
    yield {"Sid": "LookAtGlobalServices", "Effect": "Allow", "Action": [*_LOOKING_ANYWHERE], "Resource": "*"}
