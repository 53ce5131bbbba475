"""What an application may do with its own things in its region: by name, and nothing else."""

from collections.abc import Iterable, Iterator

from aws_cdk import aws_iam as iam

from dr_core.topology.model import Application
from infra.left import is_arn
from infra.place import Part
from infra.stacks.keys import Keys

_OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
_ITEMS = tuple(
    f"dynamodb:{name}"
    for name in (
        "BatchGetItem", "BatchWriteItem", "ConditionCheckItem", "DeleteItem", "DescribeTable", "GetItem", "PutItem",
        "Query", "Scan", "UpdateItem",
    )
)  # fmt: skip
_PARAMETERS = ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")
_CONFIGURATION = ("appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration")


def rights(part: Part) -> Iterator[iam.PolicyStatement]:
    """Statements for the role of what runs; AWS's names of the secrets end with six characters of its own."""
    place = part.place
    here = f"{place.region}:{part.account}"
    if secrets := [_secret(here, name) for name in place.app.secrets]:
        yield _allow("Secrets", ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], secrets)
    if parameters := [f"arn:aws:ssm:{here}:parameter{name}" for name in _parameters(part)]:
        yield _allow("Parameters", _PARAMETERS, parameters)
    if place.app.parameters.appconfig:
        # AppConfig asks by ids that it assigns to the names.
        yield _allow("Flags", _CONFIGURATION, [f"arn:aws:appconfig:{here}:application/*"])
    specs = [one.s3.buckets for one in place.app.storage if one.s3]
    buckets = [f"arn:aws:s3:::{spec[place.region]}" for spec in specs if place.region in spec]
    if buckets:
        yield _allow("Buckets", ["s3:ListBucket"], buckets)
        yield _allow("Objects", _OBJECTS, [f"{bucket}/*" for bucket in buckets])
    named = [one.dynamodb_global.table for one in place.app.tables if one.dynamodb_global]
    tables = [f"arn:aws:dynamodb:{here}:table/{name}" for name in named]
    if tables:
        yield _allow("Tables", _ITEMS, [name for table in tables for name in (table, f"{table}/index/*")])
    yield _allow("Key", ["kms:Decrypt", "kms:GenerateDataKey"], list(dict.fromkeys(_keys(part))))


def _keys(part: Part) -> Iterator[str]:
    """Its own, those that it names, and those of whoever makes what it shares: they are what that is encrypted with."""
    place = part.place
    yield from place.stack(Keys).arns
    for key in place.app.keys:
        if key.startswith("mrk-"):
            yield f"arn:aws:kms:{place.region}:{part.account}:key/{key}"
        elif is_arn(key):
            yield _here(key, place.region) if ":key/mrk-" in key else key
    for name, app in place.config.applications.items():
        if name != place.application and place.region in app.regions and _shared(place.app, app):
            yield from place.same_region(Keys, name).arns


def _shared(one: Application, other: Application) -> bool:
    """Whether both name a table, a secret, a key or a bucket."""
    return not {*_things(one)}.isdisjoint(_things(other))


def _things(app: Application) -> Iterator[tuple[str, str]]:
    yield from (("secret", name) for name in app.secrets)
    yield from (("key", name) for name in app.keys)
    yield from (("table", each.dynamodb_global.table) for each in app.tables if each.dynamodb_global)
    for each in app.storage:
        yield from (("bucket", name) for name in (each.s3.buckets.values() if each.s3 else ()))


def _here(arn: str, region: str) -> str:
    """The same thing's ARN in another region: of a replica of a secret, and of a copy of a multi-Region key."""
    parts = arn.split(":")
    return ":".join([*parts[:3], region, *parts[4:]])


def _allow(sid: str, actions: Iterable[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=[*actions], resources=resources)


def _secret(here: str, name: str) -> str:
    """A replica has the name of its original with the same six characters, and an ARN in its own region."""
    return (
        _here(name, here.partition(":")[0]) if is_arn(name) else f"arn:aws:secretsmanager:{here}:secret:{name}-??????"
    )


def _parameters(part: Part) -> Iterator[str]:
    """Everything below the paths, and single names; each begins with a slash in an ARN."""
    parameters, release = part.place.app.parameters, part.place.app.release
    for path in parameters.paths:
        yield f"/{path.strip('/')}/*"
    for name in (parameters.flags, release.pointer if release else None):
        if name:
            yield f"/{name.lstrip('/')}"


def allow_pull(role: iam.IRole, repository: str) -> None:
    """What a task is started with takes its image from there."""
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    role.add_to_principal_policy(iam.PolicyStatement(actions=actions, resources=[repository]))
    # It knows no resource: a token is for the whole registry.
    role.add_to_principal_policy(iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]))
