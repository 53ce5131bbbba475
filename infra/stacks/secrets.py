"""Secrets with their copies in the other regions: made in the home region, and copied by Secrets Manager itself.

No value stands in a template: Secrets Manager makes the password of a database's master, people put every other value.
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager

from dr_core.topology.deployment import master_secret
from dr_core.topology.model import Application
from infra.config import Config
from infra.left import is_arn
from infra.place import Level, Part, Place
from infra.sharing import made_by
from infra.stacks.keys import Keys

MASTER = "dbmaster"
"""The name of the database's master."""
_REFUSED_BY_RDS = "/@\" '\\"
_PASSWORD_LENGTH = 40


class Secrets(Part):
    """The application's secrets and their copies"""

    concern = "secrets"
    level = Level.APPLICATION

    @classmethod
    def wanted(cls, place: Place) -> bool:
        return place.is_home and bool(_made(place))

    def build(self) -> None:
        place, keys = self.place, self.place.stack(Keys)
        for region in place.copies:
            self.add_stack_dependency(place.elsewhere(Keys, region))
        masters = {one for name, app in place.config.applications.items() for one in _master(place.config, name, app)}
        for index, name in _made(place):
            secret = secretsmanager.CfnSecret(
                self, f"Secret{index + 1}", name=name, description=f"Of {place.owner}", kms_key_id=keys.key.key_arn,
                generate_secret_string=_password() if name in masters else None,
                replica_regions=[
                    secretsmanager.CfnSecret.ReplicaRegionProperty(region=region, kms_key_id=keys.arn_in(region))
                    for region in sorted(place.copies)
                ],
            )  # fmt: skip
            secret.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)


def password_of(name: str) -> str:
    """What CloudFormation fills in when it makes the database, in the region of the secret."""
    return f"{{{{resolve:secretsmanager:{name}:SecretString:password}}}}"


def _password() -> secretsmanager.CfnSecret.GenerateSecretStringProperty:
    return secretsmanager.CfnSecret.GenerateSecretStringProperty(
        secret_string_template=json.dumps({"username": MASTER}), generate_string_key="password",
        exclude_characters=_REFUSED_BY_RDS, password_length=_PASSWORD_LENGTH,
    )  # fmt: skip


def _made(place: Place) -> list[tuple[int, str]]:
    return made_by(place.config, place.owner, lambda name, app: _named(place.config, name, app))


def _named(config: Config, name: str, app: Application) -> list[str]:
    """Those of the topology, then the master's where the topology does not name it."""
    new = [secret for secret in app.secrets if not is_arn(secret)]
    return list(dict.fromkeys([*new, *_master(config, name, app)]))


def _master(config: Config, name: str, app: Application) -> list[str]:
    return [master_secret(name, config.built(name).engine)] if app.database else []
