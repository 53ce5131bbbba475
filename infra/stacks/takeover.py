"""The bucket of a take-over object: whoever puts the object there sends users to this region.

Route 53's checkers ask without credentials and read nothing of an encrypted object, so the one object can be read by
anybody; it says no more than that it is there. Everything else in the bucket stays closed.
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/appendix-b---edge-network-global-service-guidance.html
"""

from collections.abc import Iterator

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from dr_core.topology.model import Application
from dr_core.topology.traffic import StandbyTakesOver
from infra.place import Level, Part, Place

_KEPT_DAYS = 90


class Takeover(Part):
    """The bucket of the take-over object"""

    concern = "takeover"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return any(place.region in spec.bucket for _, spec in take_overs(place.app))

    def build(self) -> None:
        for index, spec in take_overs(self.place.app):
            if self.place.region in spec.bucket:
                self._bucket(index, spec)

    def _bucket(self, index: int, spec: StandbyTakesOver) -> None:
        bucket = s3.Bucket(
            self, f"Switch{index}",
            bucket_name=spec.bucket[self.place.region],
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess(
                block_public_acls=True, ignore_public_acls=True, block_public_policy=False,
                restrict_public_buckets=False,
            ),
            lifecycle_rules=[s3.LifecycleRule(noncurrent_version_expiration=cdk.Duration.days(_KEPT_DAYS))],
            removal_policy=cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )  # fmt: skip
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Seen", principals=[iam.AnyPrincipal()], actions=["s3:GetObject"],
                resources=[bucket.arn_for_objects(spec.key)],
            )
        )  # fmt: skip
        self.left_to_people(
            f"applications.{self.place.owner}.traffic.{index}.standby_takes_over.bucket",
            "anybody must be able to read the object: the account's own block of public access must not forbid it",
        )


def take_overs(app: Application) -> Iterator[tuple[int, StandbyTakesOver]]:
    """(number of the entry in the topology, the entry)."""
    for index, entry in enumerate(app.traffic):
        if entry.standby_takes_over:
            yield index, entry.standby_takes_over
