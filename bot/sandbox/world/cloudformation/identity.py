"""Who may do what, and what is kept secret: roles, policies, keys, secrets, parameters, repositories."""

import json
from dataclasses import dataclass

from bot.sandbox.world.cloudformation.kinds import Kind, Plain, Site, with_absent_fine
from bot.sandbox.world.cloudformation.shaping import parameters
from bot.sandbox.world.cloudformation.stacks import Made
from bot.sandbox.world.cloudformation.template import Json
from bot.sandbox.world.identities import Identities

_ATTACHED = {"Roles": ("Role", "RoleName"), "Users": ("User", "UserName"), "Groups": ("Group", "GroupName")}


@dataclass(frozen=True)
class _Role:
    """With its trust, its own policies and those that are attached to it."""

    fixed: frozenset[str] = frozenset({"RoleName", "Path"})

    def create(self, site: Site, properties: Json) -> Made:
        name = str(properties.get("RoleName") or site.name(64))
        asked = {**parameters("iam", "CreateRole", properties), "RoleName": name}
        made = site.ask("iam", "CreateRole", **asked)["Role"]
        self._grant(site, name, properties)
        _trust(site, made["Arn"], properties)
        return Made(name, {"Arn": made["Arn"], "RoleId": made["RoleId"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        document = json.dumps(after["AssumeRolePolicyDocument"])
        site.ask("iam", "UpdateAssumeRolePolicy", RoleName=made.id, PolicyDocument=document)
        self._revoke(site, made.id, before)
        self._grant(site, made.id, after)
        _trust(site, str(made.attributes["Arn"]), after)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: self._revoke(site, made.id, properties))
        with_absent_fine(lambda: site.ask("iam", "DeleteRole", RoleName=made.id))
        site.ground.part(Identities).distrust(str(made.attributes["Arn"]))

    def _grant(self, site: Site, name: str, properties: Json) -> None:
        for policy in properties.get("Policies") or ():
            document = json.dumps(policy["PolicyDocument"])
            site.ask("iam", "PutRolePolicy", RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
        for arn in _own(properties):
            site.ask("iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)

    def _revoke(self, site: Site, name: str, properties: Json) -> None:
        for policy in properties.get("Policies") or ():
            site.ask("iam", "DeleteRolePolicy", RoleName=name, PolicyName=policy["PolicyName"])
        for arn in _own(properties):
            site.ask("iam", "DetachRolePolicy", RoleName=name, PolicyArn=arn)


def _own(properties: Json) -> list[str]:
    """Without AWS's own policies, which this world does not have."""
    return [arn for arn in properties.get("ManagedPolicyArns") or () if ":iam::aws:" not in arn]


def _trust(site: Site, arn: str, properties: Json) -> None:
    """Principals of an account may assume it, with the external id that the trust policy asks for."""
    identities = site.ground.part(Identities)
    for statement in properties["AssumeRolePolicyDocument"]["Statement"]:
        principal = statement.get("Principal")
        if isinstance(principal, dict) and "AWS" in principal and statement.get("Effect") == "Allow":
            wanted = (statement.get("Condition") or {}).get("StringEquals", {}).get("sts:ExternalId")
            identities.trust(arn, wanted)
            return
    identities.distrust(arn)


@dataclass(frozen=True)
class _Policy:
    """The same policy in each of the roles, users and groups that it names."""

    fixed: frozenset[str] = frozenset({"PolicyName"})

    def create(self, site: Site, properties: Json) -> Made:
        document = json.dumps(properties["PolicyDocument"])
        for owner, key, name in self._owners(properties):
            put = {key: name, "PolicyName": properties["PolicyName"], "PolicyDocument": document}
            site.ask("iam", f"Put{owner}Policy", **put)
        return Made(site.name(), {"Id": site.name()})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        self.delete(site, made, before)
        return self.create(site, after)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        for owner, key, name in self._owners(properties):
            dropped = {key: name, "PolicyName": properties["PolicyName"]}
            with_absent_fine(lambda o=owner, d=dropped: site.ask("iam", f"Delete{o}Policy", **d))  # type: ignore[misc]

    def _owners(self, properties: Json) -> list[tuple[str, str, str]]:
        return [
            (owner, key, name) for listed, (owner, key) in _ATTACHED.items() for name in properties.get(listed) or ()
        ]


@dataclass(frozen=True)
class _ManagedPolicy:
    fixed: frozenset[str] = frozenset({"ManagedPolicyName", "Path", "Description"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("iam", "CreatePolicy", properties)
        asked["PolicyName"] = str(properties.get("ManagedPolicyName") or site.name(120))
        made = site.ask("iam", "CreatePolicy", **asked)["Policy"]
        for role in properties.get("Roles") or ():
            site.ask("iam", "AttachRolePolicy", RoleName=role, PolicyArn=made["Arn"])
        return Made(made["Arn"], {"PolicyArn": made["Arn"], "PolicyId": made["PolicyId"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        document = json.dumps(after["PolicyDocument"])
        site.ask("iam", "CreatePolicyVersion", PolicyArn=made.id, PolicyDocument=document, SetAsDefault=True)
        for role in set(before.get("Roles") or ()) - set(after.get("Roles") or ()):
            site.ask("iam", "DetachRolePolicy", RoleName=role, PolicyArn=made.id)
        for role in set(after.get("Roles") or ()) - set(before.get("Roles") or ()):
            site.ask("iam", "AttachRolePolicy", RoleName=role, PolicyArn=made.id)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        for role in properties.get("Roles") or ():
            with_absent_fine(lambda r=role: site.ask("iam", "DetachRolePolicy", RoleName=r, PolicyArn=made.id))  # type: ignore[misc]
        with_absent_fine(lambda: site.ask("iam", "DeletePolicy", PolicyArn=made.id))


@dataclass(frozen=True)
class _Key:
    fixed: frozenset[str] = frozenset({"KeySpec", "KeyUsage", "MultiRegion"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("kms", "CreateKey", {**properties, "Policy": properties.get("KeyPolicy")})
        made = site.ask("kms", "CreateKey", **asked)["KeyMetadata"]
        if properties.get("EnableKeyRotation"):
            site.ask("kms", "EnableKeyRotation", KeyId=made["KeyId"])
        return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        site.ask("kms", "PutKeyPolicy", KeyId=made.id, PolicyName="default", Policy=json.dumps(after["KeyPolicy"]))
        if after.get("EnableKeyRotation") != before.get("EnableKeyRotation"):
            turn = "Enable" if after.get("EnableKeyRotation") else "Disable"
            site.ask("kms", f"{turn}KeyRotation", KeyId=made.id)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        days = int(properties.get("PendingWindowInDays") or 30)
        with_absent_fine(lambda: site.ask("kms", "ScheduleKeyDeletion", KeyId=made.id, PendingWindowInDays=days))


@dataclass(frozen=True)
class _ReplicaKey:
    """The copy of a key of another region, in this one."""

    fixed: frozenset[str] = frozenset({"PrimaryKeyArn"})

    def create(self, site: Site, properties: Json) -> Made:
        primary = str(properties["PrimaryKeyArn"])
        asked = {"KeyId": primary.rpartition("/")[2], "ReplicaRegion": site.region}
        policy = {"Policy": json.dumps(properties["KeyPolicy"])} if properties.get("KeyPolicy") else {}
        source = site.call("kms", primary.split(":")[3])
        made = source("ReplicateKey", **asked, **policy)["ReplicaKeyMetadata"]
        return Made(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        site.ask("kms", "PutKeyPolicy", KeyId=made.id, PolicyName="default", Policy=json.dumps(after["KeyPolicy"]))
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        days = int(properties.get("PendingWindowInDays") or 30)
        with_absent_fine(lambda: site.ask("kms", "ScheduleKeyDeletion", KeyId=made.id, PendingWindowInDays=days))


@dataclass(frozen=True)
class _Secret:
    """Given, or generated; with its replicas."""

    fixed: frozenset[str] = frozenset({"Name"})

    def create(self, site: Site, properties: Json) -> Made:
        asked = parameters("secretsmanager", "CreateSecret", properties)
        asked["Name"] = properties.get("Name") or site.name(200)
        if "GenerateSecretString" in properties:
            asked["SecretString"] = self._generated(site, properties["GenerateSecretString"])
        if properties.get("ReplicaRegions"):
            regions = [{"Region": one["Region"]} for one in properties["ReplicaRegions"]]
            asked["AddReplicaRegions"] = regions
        arn = str(site.ask("secretsmanager", "CreateSecret", **asked)["ARN"])
        return Made(arn, {"Id": arn})

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        asked = parameters("secretsmanager", "UpdateSecret", after)
        site.ask("secretsmanager", "UpdateSecret", **{**asked, "SecretId": made.id})
        had, has = ({one["Region"] for one in properties.get("ReplicaRegions") or ()} for properties in (before, after))
        if has - had:
            added = [{"Region": region} for region in sorted(has - had)]
            site.ask("secretsmanager", "ReplicateSecretToRegions", SecretId=made.id, AddReplicaRegions=added)
        if had - has:
            gone = sorted(had - has)
            site.ask("secretsmanager", "RemoveRegionsFromReplication", SecretId=made.id, RemoveReplicaRegions=gone)
        return made

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        asked = {"SecretId": made.id, "ForceDeleteWithoutRecovery": True}
        with_absent_fine(lambda: site.ask("secretsmanager", "DeleteSecret", **asked))

    def _generated(self, site: Site, how: Json) -> str:
        asked = parameters("secretsmanager", "GetRandomPassword", how)
        word = str(site.ask("secretsmanager", "GetRandomPassword", **asked)["RandomPassword"])
        if "GenerateStringKey" not in how:
            return word
        return json.dumps({**json.loads(how.get("SecretStringTemplate") or "{}"), how["GenerateStringKey"]: word})


@dataclass(frozen=True)
class _Parameter:
    """Of the Parameter Store; CloudFormation makes no secure ones."""

    fixed: frozenset[str] = frozenset({"Name", "Type"})

    def create(self, site: Site, properties: Json) -> Made:
        return self._put(site, str(properties.get("Name") or f"CFN-{site.name()}"), properties, again=False)

    def update(self, site: Site, made: Made, before: Json, after: Json) -> Made:
        return self._put(site, made.id, after, again=True)

    def delete(self, site: Site, made: Made, properties: Json) -> None:
        with_absent_fine(lambda: site.ask("ssm", "DeleteParameter", Name=made.id))

    def _put(self, site: Site, name: str, properties: Json, *, again: bool) -> Made:
        given = {key: value for key, value in properties.items() if key != "Tags"}
        asked = {**parameters("ssm", "PutParameter", given), "Name": name, "Overwrite": again}
        site.ask("ssm", "PutParameter", **asked)
        return Made(name, {"Type": properties["Type"], "Value": str(properties["Value"])})


KINDS: dict[str, Kind] = {
    "AWS::IAM::Role": _Role(),
    "AWS::IAM::Policy": _Policy(),
    "AWS::IAM::ManagedPolicy": _ManagedPolicy(),
    "AWS::IAM::InstanceProfile": Plain(
        "iam", "CreateInstanceProfile", "InstanceProfile.InstanceProfileName", drop="DeleteInstanceProfile",
        by={"InstanceProfileName": "{id}"}, attributes={"Arn": "InstanceProfile.Arn"}, named="InstanceProfileName",
        fixed=frozenset({"InstanceProfileName", "Path"}),
    ),
    "AWS::KMS::Key": _Key(),
    "AWS::KMS::ReplicaKey": _ReplicaKey(),
    "AWS::KMS::Alias": Plain(
        "kms", "CreateAlias", "{AliasName}", drop="DeleteAlias", by={"AliasName": "{id}"}, change="UpdateAlias",
        fixed=frozenset({"AliasName"}),
    ),
    "AWS::SecretsManager::Secret": _Secret(),
    "AWS::SSM::Parameter": _Parameter(),
    "AWS::ECR::Repository": Plain(
        "ecr", "CreateRepository", "repository.repositoryName", drop="DeleteRepository",
        by={"repositoryName": "{id}"}, named="repositoryName", fixed=frozenset({"RepositoryName"}),
        attributes={"Arn": "repository.repositoryArn", "RepositoryUri": "repository.repositoryUri"},
        renamed={"RepositoryName": "repositoryName"},
    ),
}  # fmt: skip
