"""How the world fills itself: boto3 calls to its own door, under a key that nothing records and no fault strikes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bot.sandbox.world.gateway import SEED_KEY

_FAST = Config(
    retries={"mode": "standard", "total_max_attempts": 1}, parameter_validation=False, s3={"addressing_style": "path"}
)


@cache
def _session() -> boto3.Session:
    """One for all worlds of the process: it holds the service models, and nothing of a world."""
    secret = "seed"  # noqa: S105  # the simulation's own, nothing checks it
    return boto3.Session(aws_access_key_id=SEED_KEY, aws_secret_access_key=secret, region_name="us-east-1")


class SeedClients:
    """Clients by service and region. What moto cannot hold is noted in `missing`, and the world starts all the same."""

    def __init__(self, aws_url: str) -> None:
        self._url = aws_url
        self._clients: dict[tuple[str, str], Any] = {}
        self.missing: list[str] = []

    def client(self, service: str, region: str) -> Any:
        found = self._clients.get((service, region))
        if found is None:
            found = _session().client(service, region_name=region, endpoint_url=self._url, config=_FAST)
            self._clients[service, region] = found
        return found

    @contextmanager
    def tolerated(self, what: str) -> Iterator[None]:
        """Go on when this one thing cannot exist; a thing that exists already is fine."""
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if not re.search(r"Exists|AlreadyOwned|InUse|Duplicate|Conflict", code):
                self.missing.append(f"{what}: {error}")
        except (BotoCoreError, KeyError) as error:
            self.missing.append(f"{what}: {error!r}")
