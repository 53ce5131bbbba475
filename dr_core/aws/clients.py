"""The clients of an adapter: one account, one purpose, short timeouts, and one attempt a call."""

from typing import Any, Protocol

from dr_core.aws.session import AwsSessions, Purpose
from dr_core.topology.model import Account


class ClientOf(Protocol):
    """A client of a service in a region; boto3 makes its methods at run time. ARC alone has endpoints of one's own."""

    def __call__(self, service: str, region: str, /, endpoint_url: str | None = None) -> Any: ...


def acting_clients(
    aws: AwsSessions, account: Account | None, *, purpose: Purpose = Purpose.RUN, read_timeout_s: float = 4.0
) -> ClientOf:
    """For what changes something. The runner repeats, not botocore, so that every attempt is seen."""

    def client_of(service: str, region: str, /, endpoint_url: str | None = None) -> Any:
        return aws.client(
            service,
            region,
            purpose=purpose,
            role=account,
            read_timeout_s=read_timeout_s,
            max_attempts=1,
            endpoint_url=endpoint_url,
        )

    return client_of


def observing_clients(aws: AwsSessions, account: Account | None, purpose: Purpose = Purpose.OBSERVE) -> ClientOf:
    """For looking, and for the heartbeat: the next pass is the retry."""
    return acting_clients(aws, account, purpose=purpose, read_timeout_s=3.0)
