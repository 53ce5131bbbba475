"""The values that databases deal in: a change of roles, a write, an event."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Mode(StrEnum):
    SWITCHOVER = "switchover"
    FAILOVER = "failover"


@dataclass
class Operation:
    """A change of roles under way; `status` as in FailoverState."""

    mode: Mode
    source: str
    target: str
    status: str = "pending"


@dataclass
class Write:
    """Something a client wrote through the application."""

    token: str
    region: str
    at: datetime


@dataclass
class Happened:
    """A cluster event as describe_events tells it."""

    region: str
    cluster: str
    at: datetime
    message: str
    categories: tuple[str, ...]
