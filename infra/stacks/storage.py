"""Buckets in each region that replicate into each other, both ways.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html. S3 refuses a rule whose destination does not
exist, and rules are a property of their bucket: a bucket is made without any, and gets them once the others stand.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from dr_core.topology.deployment import assigned_later
from dr_core.topology.model import Application
from dr_core.topology.stores import S3Buckets
from infra.buckets import Rule, rules_from
from infra.left import account_of
from infra.place import Level, Part, Place, stack_name
from infra.sharing import made_by
from infra.stacks.bucket import bucket, lifecycle, policy
from infra.stacks.keys import Keys

_MINUTES = 15
"""What Replication Time Control promises, the only value that S3 takes."""


class Storage(Part):
    """The application's buckets in the region"""

    concern = "storage"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return bool(_buckets(place))

    def build(self) -> None:
        place, self.keys = self.place, self.place.stack(Keys)
        others = [(stack_name(place.owner, self.concern, one), one) for one in place.app.regions if one != place.region]
        self.others_stand = self.once_stand("Others", others)
        for number, spec in enumerate(_buckets(place), 1):
            self._bucket(f"Bucket{number}", spec)
        if place.is_home:
            for number, arn in made_by(place.config, place.owner, lambda _, app: _roles(app)):
                if account_of(arn) == self.account:
                    self._batch_role(number, arn)

    def _bucket(self, name: str, spec: S3Buckets) -> None:
        called = spec.buckets[self.place.region]
        rules = list(rules_from(spec, self.place.region))
        beats = {f"heartbeats-{n}": f"{prefix}.dr-heartbeat/" for n, prefix in enumerate(spec.prefixes or ("",), 1)}
        made = bucket(
            self, name, called, self.keys.key.key_arn, lifecycle_configuration=lifecycle(beats),
            replication_configuration=self._replication(name, called, rules),
        )  # fmt: skip
        policy(self, name, made, called, self._distributions(called))

    # -- replication ---------------------------------------------------------------------------------------------------

    def _replication(self, name: str, called: str, rules: list[Rule]) -> Any:
        role = iam.Role(
            self, f"{name}Replication", assumed_by=iam.ServicePrincipal("s3.amazonaws.com"),
            description=f"S3 copies {called} to the other regions",
            inline_policies={"replication": iam.PolicyDocument(statements=[*self._may_copy(called, rules)])},
        )  # fmt: skip
        document = {"Role": role.role_arn, "Rules": [self._rule(rule) for rule in rules]}
        return cdk.Fn.condition_if(self.others_stand.logical_id, document, cdk.Aws.NO_VALUE)

    def _rule(self, rule: Rule) -> dict[str, Any]:
        """Deletions and changes of a copy's metadata go along: both sides stay the same whichever is at work."""
        return {
            "Id": rule.id,
            "Status": "Enabled",
            "Priority": rule.priority,
            "Filter": {"Prefix": rule.prefix},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "SourceSelectionCriteria": {
                "SseKmsEncryptedObjects": {"Status": "Enabled"},
                "ReplicaModifications": {"Status": "Enabled"},
            },
            "Destination": {
                "Bucket": f"arn:aws:s3:::{rule.bucket}",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": self.keys.arn_in(rule.region)},
                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": _MINUTES}},
                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": _MINUTES}},
            },
        }

    def _may_copy(self, called: str, rules: list[Rule]) -> list[iam.PolicyStatement]:
        """https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html"""
        here = f"arn:aws:s3:::{called}"
        source = [f"{here}/{prefix}*" for prefix in dict.fromkeys(rule.prefix for rule in rules)]
        targets = [f"arn:aws:s3:::{rule.bucket}/{rule.prefix}*" for rule in rules]
        read = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"]
        write = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
        return [
            iam.PolicyStatement(actions=["s3:GetReplicationConfiguration", "s3:ListBucket"], resources=[here]),
            iam.PolicyStatement(actions=read, resources=source),
            iam.PolicyStatement(actions=write, resources=targets),
            self._with_key("kms:Decrypt", self.place.region, called),
            *(self._with_key("kms:Encrypt", rule.region, rule.bucket) for rule in _one_a_region(rules)),
        ]

    def _with_key(self, action: str, region: str, called: str) -> iam.PolicyStatement:
        bucket_arn = f"arn:aws:s3:::{called}"
        where = {
            "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
        }
        return iam.PolicyStatement(actions=[action], resources=[self.keys.arn_in(region)], conditions=where)

    # -- who else -----------------------------------------------------------------------------------------------------

    def _batch_role(self, number: int, arn: str) -> None:
        """For the jobs that copy what no rule has copied: one role for every bucket that names it, in each direction.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-policies.html
        """
        place = self.place
        path, name = _path_and_name(arn)
        names = [
            called for app in place.config.applications.values() for one in app.storage
            if one.s3 and one.s3.batch_role_arn == arn for called in one.s3.buckets.values()
        ]  # fmt: skip
        buckets = [f"arn:aws:s3:::{called}" for called in names]
        listing = ["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"]
        statements = [
            iam.PolicyStatement(actions=["s3:InitiateReplication"], resources=[f"{one}/*" for one in buckets]),
            iam.PolicyStatement(actions=listing, resources=buckets),
        ]
        iam.Role(
            self, f"Backfill{number + 1}", role_name=name, path=path,
            assumed_by=iam.ServicePrincipal("batchoperations.s3.amazonaws.com"),
            description="S3 Batch Replication of what no rule has copied",
            inline_policies={"backfill": iam.PolicyDocument(statements=statements)},
        )  # fmt: skip

    def _distributions(self, called: str) -> list[iam.PolicyStatement]:
        """CloudFront may read it where the application has a distribution: that one, or until its id is known ours.

        https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
        """
        fronts = [one.cloudfront.distribution for one in self.place.app.traffic if one.cloudfront]
        known = ["*" if assigned_later(front) else front for front in fronts]
        if not known:
            return []
        allowed = [f"arn:aws:cloudfront::{self.account}:distribution/{one}" for one in dict.fromkeys(known)]
        return [
            iam.PolicyStatement(
                sid="Distribution", principals=[iam.ServicePrincipal("cloudfront.amazonaws.com")],
                actions=["s3:GetObject"], resources=[f"arn:aws:s3:::{called}/*"],
                conditions={"ArnLike": {"aws:SourceArn": allowed}},
            )
        ]  # fmt: skip


def _buckets(place: Place) -> list[S3Buckets]:
    return [one.s3 for one in place.app.storage if one.s3 and place.region in one.s3.buckets]


def _roles(app: Application) -> list[str]:
    return list(dict.fromkeys(one.s3.batch_role_arn for one in app.storage if one.s3 and one.s3.batch_role_arn))


def _one_a_region(rules: list[Rule]) -> list[Rule]:
    return list({rule.region: rule for rule in rules}.values())


def _path_and_name(role_arn: str) -> tuple[str, str]:
    path, _, name = role_arn.split(":role/", 1)[1].rpartition("/")
    return f"/{path}/" if path else "/", name
