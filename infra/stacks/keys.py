"""Keys of encryption: one for the house, one for each alias of an application, the same key material in each region.

https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html: key ids are equal in all regions,
so that a key of another region is known by the id of the one here. Each copy has a policy of its own.
"""

from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from infra.house import House, sns_names
from infra.left import is_key_id, of_application, of_house
from infra.place import Level, Part, Place
from infra.sharing import made_by

_WAITING_DAYS = 30
"""Before a key is deleted for good: the longest time that KMS allows."""
Made = tuple[kms.IKey, str]
"""A key and its id."""
_DATA = ("kms:Decrypt", "kms:GenerateDataKey*")


class HouseKey(Part):
    """The house's own key of encryption"""

    concern = "house-key"
    level = Level.HOUSE_ONCE

    def build(self) -> None:
        self.key, _ = _primary(self, "Key", f"alias/{self.place.owner}", _house_services(self.place))
        for path, why in of_house(self.place.config):
            self.left_to_people(path, why)


class HouseKeyCopy(Part):
    """The copy of the house's key in another region"""

    concern = "house-key-copy"
    level = Level.HOUSE

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return place.region != HouseKey.one_region(place.config)

    def build(self) -> None:
        origin = self.place.elsewhere(HouseKey, HouseKey.one_region(self.place.config))
        self.key, _ = _replica(self, "Key", f"alias/{self.place.owner}", _house_services(self.place), origin)


def house_key(place: Place) -> kms.IKey:
    """The house's key in the region of the place."""
    found = place.built.get(HouseKey.concern) or place.built[HouseKeyCopy.concern]
    assert isinstance(found, HouseKey | HouseKeyCopy)
    return found.key


class Keys(Part):
    """The application's keys of encryption"""

    concern = "keys"
    level = Level.APPLICATION

    def build(self) -> None:
        """`key` is the one that the application's data is encrypted with: its first. `arns`: all of them.

        Its first stack tells what is left to people, as its own need not exist.
        """
        place = self.place
        made = []
        for number, alias in enumerate(_aliases(place), 1):
            services = _application_services(place)
            if place.is_home:
                made.append(_primary(self, f"Key{number}", alias, services))
            else:
                origin = place.elsewhere(Keys, place.home)
                made.append(_replica(self, f"Key{number}", alias, services, origin))
        self.key, self._id = made[0]
        self.arns = [key.key_arn for key, _ in made]
        for path, why in of_application(place.config, place.owner) if place.is_home else ():
            self.left_to_people(path, why)

    def arn_in(self, region: str) -> str:
        """The key's ARN in another region: a multi-Region key has the same id everywhere."""
        return f"arn:aws:kms:{region}:{self.account}:key/{self._id}"


def _aliases(place: Place) -> list[str]:
    """Those that the topology names and no application before this one does; else one of its own."""
    named = [alias for _, alias in made_by(place.config, place.owner, lambda _, app: _as_aliases(app.keys))]
    return list(dict.fromkeys(named)) or [f"alias/{place.owner}/data"]


def _as_aliases(names: Iterable[str]) -> list[str]:
    return [name if name.startswith("alias/") else f"alias/{name}" for name in names if not is_key_id(name)]


def _primary(part: Part, name: str, alias: str, services: Iterable[iam.PolicyStatement]) -> Made:
    key = kms.CfnKey(
        part, name, description=alias, multi_region=True, enable_key_rotation=True,
        pending_window_in_days=_WAITING_DAYS, key_policy=_policy(part, services),
    )  # fmt: skip
    cdk.CfnOutput(part, f"{name}Arn", value=key.attr_arn)
    return _named(part, name, alias, key)


def _replica(part: Part, name: str, alias: str, services: Iterable[iam.PolicyStatement], origin: Part) -> Made:
    """Rotation is the primary key's: its copies follow."""
    key = kms.CfnReplicaKey(
        part, name, description=alias, primary_key_arn=part.output_of(f"{name}Of", origin, f"{name}Arn"),
        pending_window_in_days=_WAITING_DAYS, key_policy=_policy(part, services),
    )  # fmt: skip
    return _named(part, name, alias, key)


def _named(part: Part, name: str, alias: str, key: Any) -> Made:
    key.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
    kms.CfnAlias(part, f"{name}Alias", alias_name=alias, target_key_id=key.attr_key_id)
    return kms.Key.from_key_arn(part, f"{name}Made", key.attr_arn), str(key.attr_key_id)


# -- who may use a key -----------------------------------------------------------------------------------------------


def _policy(part: Part, services: Iterable[iam.PolicyStatement]) -> iam.PolicyDocument:
    """IAM decides for the account's own principals; services get what they need, for this account's resources only.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html: without the first statement nobody
    could ever change the key again.
    """
    account = iam.PolicyStatement(
        sid="Account", principals=[iam.ArnPrincipal(f"arn:aws:iam::{part.account}:root")], actions=["kms:*"],
        resources=["*"],
    )  # fmt: skip
    return iam.PolicyDocument(statements=[account, *services])


def _service(
    sid: str, names: Iterable[str], actions: Iterable[str], conditions: dict[str, dict[str, str]]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid, principals=[iam.ServicePrincipal(name) for name in names], actions=[*actions], resources=["*"],
        conditions=conditions,
    )  # fmt: skip


def _logs(place: Place) -> iam.PolicyStatement:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    groups = f"arn:aws:logs:{place.region}:{place.config.deployment.account}:*"
    actions = ("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*")
    where = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
    return _service("Logs", [f"logs.{place.region}.amazonaws.com"], actions, where)


def _house_services(place: Place) -> list[iam.PolicyStatement]:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html: what speaks to encrypted topics and queues.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    account = place.config.deployment.account
    ours = {"StringEquals": {"aws:SourceAccount": account}}
    publishers = [f"{name}.amazonaws.com" for name in ("budgets", "cloudwatch", "costalerts")]
    # EventBridge gives KMS no source to compare with, and a message that is refused is dropped in silence.
    carriers = ["events.amazonaws.com", *sns_names(place.config)]
    house = House(place.config)
    trail = f"arn:aws:cloudtrail:{place.config.topology.control_region}:{account}:trail/{house.trail}"
    trails = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{account}:trail/*"}}
    return [
        _logs(place),
        _service("Publishers", publishers, _DATA, ours),
        _service("Carriers", carriers, _DATA, {}),
        _service("Trail", ["cloudtrail.amazonaws.com"], ["kms:GenerateDataKey*"], trails),
        # It looks at the key, and its bucket has a bucket key, which is asked for with the bucket's context.
        _service(
            "TrailBucket",
            ["cloudtrail.amazonaws.com"],
            ["kms:DescribeKey", *_DATA],
            {"StringEquals": {"aws:SourceArn": trail}},
        ),
    ]


def _application_services(place: Place) -> list[iam.PolicyStatement]:
    """CloudFront reads encrypted buckets with the key:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
    """
    found = [_logs(place)]
    if any(traffic.cloudfront for traffic in place.app.traffic):
        ours = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{place.config.deployment.account}:distribution/*"}}
        found.append(_service("Distribution", ["cloudfront.amazonaws.com"], ["kms:Decrypt"], ours))
    return found
