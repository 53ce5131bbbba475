"""What is asked of secrets, parameters, feature flags and keys. Pure.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsappconfig.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
"""

from collections.abc import Iterator
from dataclasses import replace

from dr_core.parameters.port import parameter_paths
from dr_core.permissions.model import Ground
from dr_core.plan.kind import Need
from dr_core.replication.kms import key_name

SUFFIX = "-??????"
"""Secrets Manager puts a hyphen and six characters behind the name of a secret in its ARN."""


def secrets(ground: Ground) -> Iterator[Need]:
    """Their values are read to find the names of regions in them."""
    for name in ground.app.secrets:
        arn = f"arn:aws:secretsmanager:{{region}}:{ground.account}:secret:{name}{SUFFIX}"
        yield from ground.each_region("secretsmanager:DescribeSecret", arn)
        yield from ground.each_region("secretsmanager:GetSecretValue", arn)
    if ground.app.secrets:
        yield from used_by(ground, "secretsmanager", "kms:Decrypt")


def parameters(ground: Ground) -> Iterator[Need]:
    """A path's listing is of the path, its values lie below it; without a slash at its end it may be one itself."""
    paths = parameter_paths(ground.app.parameters)
    for path in paths:
        arn = f"arn:aws:ssm:{{region}}:{ground.account}:parameter/{path.strip('/')}"
        yield from ground.each_region("ssm:GetParametersByPath", arn)
        yield from ground.each_region("ssm:GetParameters", *(() if path.endswith("/") else (arn,)), f"{arn}/*")
    if paths:
        yield from ground.each_region("ssm:DescribeParameters")
        yield from used_by(ground, "ssm", "kms:Decrypt", "kms:Encrypt")


def flags(ground: Ground) -> Iterator[Need]:
    """AppConfig is asked by ids that it gives itself."""
    if not ground.app.parameters.appconfig:
        return
    app = f"arn:aws:appconfig:{{region}}:{ground.account}:application/*"
    profile = f"{app}/configurationprofile/*"
    yield from ground.each_region("appconfig:ListApplications")
    yield from ground.each_region("appconfig:ListEnvironments", app)
    yield from ground.each_region("appconfig:ListConfigurationProfiles", app)
    yield from ground.each_region("appconfig:ListDeployments", app, f"{app}/environment/*")
    read = (app, profile, f"{profile}/hostedconfigurationversion/*")
    yield from ground.each_region("appconfig:GetHostedConfigurationVersion", *read)


def keys(ground: Ground) -> Iterator[Need]:
    """Described, and tried: what one region closes another opens. A key called by its alias is told apart by it."""
    for key in map(key_name, ground.app.keys):
        for need in ground.each_region("kms:DescribeKey", _arn(key, ground.account)):
            for action in ("kms:DescribeKey", "kms:Encrypt", "kms:Decrypt"):
                yield Need(action, need.region, need.resources, _called(key))


def used_by(ground: Ground, service: str, *actions: str) -> Iterator[Need]:
    """The application's keys, as AWS uses them for a caller of another service: only through it."""
    for key in map(key_name, ground.app.keys):
        for need in ground.each_region("kms:Decrypt", _arn(key, ground.account)):
            via = (("kms:ViaService", f"{service}.{need.region}.amazonaws.com"),)
            alias = (("kms:ResourceAliases", key),) if key.startswith("alias/") else ()
            yield from (Need(action, need.region, need.resources, (*via, *alias)) for action in actions)


def object_keys(ground: Ground) -> Iterator[Need]:
    """Objects that one of the application's keys encrypts, put and read by beats, drills, releases and switches."""
    if ground.app.storage:
        yield from used_by(ground, "s3", "kms:Decrypt", "kms:GenerateDataKey")


def database_keys(ground: Ground) -> Iterator[Need]:
    """Instances, clones and snapshots of an encrypted cluster are made under a grant on its key, for RDS alone.

    https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Overview.Encryption.Keys.html
    """
    if ground.app.database and ground.app.database.aurora_global:
        yield from used_by(ground, "rds", "kms:DescribeKey")
        for need in used_by(ground, "rds", "kms:CreateGrant"):
            yield replace(need, context=(*need.context, ("kms:GrantIsForAWSResource", "true")))


def _arn(key: str, account: str) -> str:
    if key.startswith("arn:"):
        return key
    return f"arn:aws:kms:{{region}}:{account}:key/{'*' if key.startswith('alias/') else key}"


def _called(key: str) -> tuple[tuple[str, str], ...]:
    return (("kms:RequestAlias", key),) if key.startswith("alias/") else ()
