"""Clients for looking, and for the heartbeat: short timeouts and one attempt, because the next pass is the retry."""

from collections.abc import Callable
from typing import Any

from dr_core.aws.session import AwsSessions, Purpose
from dr_core.topology.model import Account

CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 3.0


def observing_clients(
    aws: AwsSessions, account: Account | None, purpose: Purpose = Purpose.OBSERVE
) -> Callable[[str, str], Any]:
    """A function (service, region) -> boto3 client; the sessions keep the clients."""

    def client_of(service: str, region: str) -> Any:
        return aws.client(
            service,
            region,
            purpose=purpose,
            role=account,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            read_timeout_s=READ_TIMEOUT_S,
            max_attempts=1,
        )

    return client_of
