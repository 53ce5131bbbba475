"""The ports of drills on AWS: every call of theirs says in its user agent that it is a drill's."""

import socket
from collections.abc import Sequence
from functools import cache, partial

from dr_core.aws.clients import ClientOf, acting_clients
from dr_core.aws.faults import aws_errors
from dr_core.aws.session import AwsSessions, Purpose
from dr_core.capacity.by_kind import aws_capacity
from dr_core.clock import Clock
from dr_core.drills.aurora_clones import AuroraClones
from dr_core.drills.port import DrillPorts
from dr_core.drills.s3 import S3Objects
from dr_core.readiness.handshake import routed
from dr_core.replication.kms import KmsKeys
from dr_core.replication.secrets import SecretsManager
from dr_core.settings import ConnectTo, Settings
from dr_core.topology.model import Account
from dr_core.verify.http import HttpProbe

TIMEOUT_S = 4.0


class LambdaDryRun:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: `DryRun` checks parameters and permission."""

    def __init__(self, client_of: ClientOf) -> None:
        self._client = partial(client_of, "lambda")

    def invoke(self, function: str, region: str) -> None:
        with aws_errors("lambda", region, "Invoke"):
            self._client(region).invoke(FunctionName=function, InvocationType="DryRun")


def reaching(connect_to: Sequence[ConnectTo]) -> "partial[str]":
    """A TCP connection, made and closed; `connect_to` as the probes have it."""
    return partial(_reach, connect_to)


def _reach(connect_to: Sequence[ConnectTo], host: str, port: int) -> str:
    try:
        with socket.create_connection(routed(connect_to, host, port), timeout=TIMEOUT_S):
            return ""
    except OSError as error:
        return f"{host}:{port} takes no connection ({type(error).__name__})"


def aws_drill_ports(aws: AwsSessions, settings: Settings, clock: Clock) -> DrillPorts:
    """Wired through the session factory. Connects to nothing."""
    routes = [entry.curl for entry in settings.probe_connect_to]
    probe = HttpProbe(connect_to=routes, ca=settings.probe_ca)

    @cache
    def bound(account: Account | None) -> DrillPorts:
        client_of = acting_clients(aws, account, purpose=Purpose.DRILL)
        return DrillPorts(
            capacity=aws_capacity(client_of, clock),
            objects=S3Objects(client_of),
            keys=KmsKeys(client_of, clock),
            secrets=SecretsManager(client_of),
            clones=AuroraClones(client_of),
            dry=LambdaDryRun(client_of),
            probe=probe,
            reach=reaching(settings.probe_connect_to),
            accounts=bound,
        )

    return bound(None)
