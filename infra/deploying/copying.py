"""What a region lacks of what another keeps: parameters of the primary, secrets' replicas, flags of AppConfig.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html
"""

from collections.abc import Callable, Iterator

from dr_core.aws.clients import ClientOf, acting_clients
from dr_core.aws.faults import aws_errors, is_gone
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.errors import DrError, RejectedError
from dr_core.parameters.port import parameter_paths
from dr_core.parameters.ssm import SsmParameters
from dr_core.replication.secrets import SecretsManager
from dr_core.topology.model import Account, Application
from infra.deploying.model import CopyLine

PARAMETER, SECRET, FLAGS = "parameter", "secret", "AppConfig profile"


class Copies:
    """As the operator, or as the application's own role where it has one."""

    def __init__(self, aws: AwsSessions) -> None:
        self._aws = aws

    def _clients(self, account: Account | None) -> ClientOf:
        return acting_clients(self._aws, account, purpose=Purpose.DEPLOY, read_timeout_s=20.0)

    def missing(self, app: Application, home: str) -> Iterator[CopyLine]:
        """Names that one region has and another has not; a region that cannot be asked is a line with its reason.

        Of secrets those are the replicas, which only the region that owns them can make: `home`.
        """
        looks: tuple[tuple[str, str, Callable[[Application, str, str], Iterator[CopyLine]]], ...] = (
            (PARAMETER, app.primary, self._parameters), (SECRET, home, self._secrets),
            (FLAGS, app.primary, self._profiles),
        )  # fmt: skip
        for kind, source, look in looks:
            for target in (region for region in app.regions if region != source):
                try:
                    yield from look(app, source, target)
                except DrError as error:
                    yield CopyLine(kind=kind, name="", source=source, target=target, problem=error.message)

    def _parameters(self, app: Application, source: str, target: str) -> Iterator[CopyLine]:
        if app.parameters is None or not (paths := parameter_paths(app.parameters)):
            return
        store = SsmParameters(self._clients(app.account))
        here, there = store.fingerprints(paths, source), store.fingerprints(paths, target)
        for name in sorted(here.keys() - there.keys()):
            yield CopyLine(kind=PARAMETER, name=name, source=source, target=target)

    def _secrets(self, app: Application, source: str, target: str) -> Iterator[CopyLine]:
        secrets = SecretsManager(self._clients(app.account))
        for name in app.secrets:
            line = CopyLine(kind=SECRET, name=name, source=source, target=target)
            if not _there(secrets, name, source):
                yield line.model_copy(update={"problem": f"{source} has no such secret either"})
            elif not _there(secrets, name, target):
                yield line

    def _profiles(self, app: Application, source: str, target: str) -> Iterator[CopyLine]:
        """What AppConfig serves is deployed by its stack: it is named, and nothing here copies it."""
        asked = self._clients(app.account)
        for flags in app.parameters.appconfig if app.parameters else ():
            with aws_errors("appconfig", target, "ListApplications"):
                pages = asked("appconfig", target).get_paginator("list_applications").paginate()
                found = {one["Name"] for page in pages for one in page["Items"]}
            if flags.application not in found:
                name = f"{flags.application}/{flags.profile}"
                yield CopyLine(kind=FLAGS, name=name, source=source, target=target,
                               problem="deploy its stack: `dr deploy apply`")  # fmt: skip

    def make(self, app: Application, line: CopyLine) -> None:
        """Copies one of them. RejectedError where AWS refuses, such as a key that exists in the source only."""
        clients = self._clients(app.account)
        if line.kind == PARAMETER:
            SsmParameters(clients).copy([line.name], line.source, line.target)
            return
        assert line.kind == SECRET, line.kind
        replica = {"Region": line.target} | self._key(clients, line)
        with aws_errors("secretsmanager", line.source, "ReplicateSecretToRegions"):
            clients("secretsmanager", line.source).replicate_secret_to_regions(
                SecretId=line.name, AddReplicaRegions=[replica]
            )

    def _key(self, clients: ClientOf, line: CopyLine) -> dict[str, str]:
        """The key of the original, where the other region knows it, too: by its alias, or as a multi-Region key."""
        with aws_errors("secretsmanager", line.source, "DescribeSecret"):
            key = clients("secretsmanager", line.source).describe_secret(SecretId=line.name).get("KmsKeyId")
        if not key or key == "alias/aws/secretsmanager":
            return {}
        name = key if key.startswith("alias/") else key.rsplit("/", 1)[-1]
        if not name.startswith(("alias/", "mrk-")):
            raise RejectedError(f"Secret {line.name} is encrypted with key {name}, which exists only in {line.source}.")
        return {"KmsKeyId": name}


def _there(secrets: SecretsManager, name: str, region: str) -> bool:
    try:
        secrets.view(name, region)
    except RejectedError as error:
        if is_gone(error):
            return False
        raise
    return True
