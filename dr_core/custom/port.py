"""What the product asks of the team's own functions, documents and webhooks."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dr_core.custom.errand import Answer, Errand


class Functions(Protocol):
    """Lambda functions, by name, in a region.

    Both raise RejectedError where the function fails or does not exist, and UnreachableError where what came of the
    call is not known.
    """

    def send(self, function: str, region: str, errand: Errand, *, wait: bool) -> Answer:
        """Have the errand done. `wait`: its own answer; else it is only queued, and the answer is `under_way`."""
        ...

    def ask(self, function: str, region: str, errand: Errand) -> Answer:
        """What a function that changes nothing says about an errand."""
        ...


class Webhooks(Protocol):
    """HTTPS addresses. Both raise RejectedError for a refusal or a redirect, UnreachableError without an answer."""

    def send(self, url: str, secret: str | None, region: str, errand: Errand) -> Answer:
        """Have the errand done. `secret` is read in `region`; None: the key of the environment signs."""
        ...

    def ask(self, url: str, secret: str | None, region: str, errand: Errand) -> Answer:
        """What an address that changes nothing says about an errand."""
        ...


class ExecutionState(StrEnum):
    UNDER_WAY = "under way"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Execution:
    """One run of a document. `status` in the service's own words, `detail` why it failed, without secrets."""

    id: str
    state: ExecutionState
    status: str
    started_at: datetime
    detail: str = ""


class Automations(Protocol):
    """SSM Automation documents, by name, in a region."""

    def newest(self, region: str, token: str) -> Execution | None:
        """The execution that was started last under this token, whoever started it; None: there is none."""
        ...

    def start(self, document: str, region: str, token: str, errand: Errand, parameters: dict[str, str]) -> None:
        """Start it; a token is taken once. RejectedError where it does not exist or has other parameters."""
        ...
