"""The roles of the bot's processes in one region, and the fence that none of the house's roles can leave.

What they may call is generated from what they do (`infra/iam/`). IAM is global; each region has roles of its own all
the same, so that none waits for another's stack.
"""

from typing import Any

from aws_cdk import aws_iam as iam

from dr_core.permissions.model import Role
from infra.iam.policies import documents, role_name
from infra.place import Level, Part
from infra.policy.boundary import boundary
from infra.policy.residency import allowed_regions


class Identity(Part):
    """What the bot's processes may do in AWS"""

    concern = "identity"
    level = Level.HOUSE

    def build(self) -> None:
        """`fence`: what no role of the house can leave, for those of people, too."""
        self.fence = iam.ManagedPolicy(
            self, "Boundary", managed_policy_name=f"{self.place.owner}-boundary-{self.region}",
            description="What no role of the house can leave: the regions, and who may do what",
            document=iam.PolicyDocument.from_json(boundary(allowed_regions(self.place.config))),
        )  # fmt: skip
        for role in (Role.BOT, Role.WORKER):
            self._process(role)
        topology = self.place.config.topology
        if self.place.region == topology.control_region and not any(person.aws for person in topology.people):
            self.left_to_people("people", "nobody has an AWS identity: no role to look, deploy or break glass is made")

    def _process(self, role: Role) -> None:
        """Only tasks of this account in this region take it."""
        config, name = self.place.config, role_name(self.place.config, self.place.region, role)
        made = iam.Role(
            self, f"Role-{role}", role_name=name,
            description=f"What the {role} of {self.place.owner} in {self.place.region} may call",
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{self.place.region}:{self.account}:*"},
                },
            ),
            permissions_boundary=self.fence,
        )  # fmt: skip
        allow(self, made, name, documents(config, self.place.region, role))


def allow(part: Part, role: iam.Role, name: str, allowed: list[dict[str, Any]]) -> None:
    """One managed policy for each document: they are cut to the size that IAM takes."""
    for number, document in enumerate(allowed, 1):
        policy = iam.ManagedPolicy(
            part, f"Policy-{name}-{number}", managed_policy_name=f"{name}-{number}",
            document=iam.PolicyDocument.from_json(document),
        )  # fmt: skip
        policy.attach_to_role(role)
