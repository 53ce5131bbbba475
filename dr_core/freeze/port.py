"""What the duty asks of the place where markers stand: one parameter an application in each of its regions."""

from typing import Protocol

from dr_core.topology.model import Account

PREFIX = "/dr/freeze/"


def parameter(application: str) -> str:
    """The name of an application's marker, the same in each region: pipelines look for it before they apply."""
    return f"{PREFIX}{application}"


class Markers(Protocol):
    def read(self, account: Account | None, name: str, region: str) -> str | None:
        """What stands in the marker, None where there is none. UnreachableError, DeniedError."""
        ...

    def put(self, account: Account | None, name: str, region: str, text: str) -> None:
        """Make or replace it. UnreachableError when that may have happened; DeniedError, RejectedError when not."""
        ...

    def take(self, account: Account | None, name: str, region: str) -> None:
        """Delete it; one that is not there is no error."""
        ...
