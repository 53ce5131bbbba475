"""The record of every call that may change something: what tests and the page count."""

import base64
import re
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

_STEP = re.compile(r"\bdr-step/([^.\s]+)\.(\S+)")


@dataclass(frozen=True)
class Recorded:
    time: datetime
    region: str
    service: str
    operation: str
    parameters: dict[str, Any]
    purpose: str | None
    effect: str
    status: int | None
    principal: str = ""
    access_key: str = ""
    user_agent: str = ""
    error: str = ""

    @property
    def step(self) -> dict[str, str] | None:
        """For which step of which run the caller said that it acts."""
        found = _STEP.search(self.user_agent)
        return {"run": unquote(found[1]), "name": unquote(found[2])} if found else None

    def as_json(self) -> dict[str, Any]:
        return {
            "time": self.time.isoformat(),
            "region": self.region,
            "service": self.service,
            "operation": self.operation,
            "parameters": plain(self.parameters),
            "purpose": self.purpose,
            "effect": self.effect,
            "status": self.status,
            "principal": self.principal,
            "step": self.step,
        }


class CallLog:
    """Keeps the newest calls, oldest first. `effect` is "applied" or "none"; `status` None means no answer was sent."""

    def __init__(self, keep: int = 20_000) -> None:
        self._calls: deque[Recorded] = deque(maxlen=keep)
        self._count = 0

    def add(self, recorded: Recorded) -> None:
        self._calls.append(recorded)
        self._count += 1

    def numbered(self) -> list[tuple[int, Recorded]]:
        """Each call with its number since the start, oldest first."""
        return list(enumerate(self._calls, start=self._count - len(self._calls) + 1))

    def listing(self) -> list[dict[str, Any]]:
        return [recorded.as_json() for recorded in self._calls]


def plain(value: Any) -> Any:
    """Parameters as JSON can hold them."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return _text_or_base64(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _text_or_base64(value: bytes) -> str:
    try:
        return value[:4096].decode()
    except UnicodeDecodeError:
        return base64.b64encode(value[:4096]).decode()
