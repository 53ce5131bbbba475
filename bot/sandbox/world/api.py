"""The words between the gateway and the services: a call, a reply, an AWS error, a table of operations."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """A finished HTTP response."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def ok(self) -> bool:
        return self.status < 400

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def with_header(self, name: str, value: str) -> "Reply":
        kept = tuple((key, other) for key, other in self.headers if key.lower() != name.lower())
        return Reply(self.status, (*kept, (name, value)), self.body)


@dataclass(frozen=True)
class Call:
    """One AWS call as the client made it; `parameters` have the names and shapes of the API reference."""

    service: str
    operation: str
    region: str
    parameters: Parameters
    protocol: str
    access_key: str = ""
    purpose: str | None = None
    forward: Callable[[], Reply] = field(default=lambda: Reply(501, (), b""))
    user_agent: str = ""
    principal: str = ""

    def text(self, name: str) -> str:
        """A required text parameter."""
        value = self.parameters.get(name)
        if not isinstance(value, str) or not value:
            raise AwsError("ValidationError", f"The parameter {name} must be provided and must not be blank.")
        return value


def account_in(principal: str, otherwise: str) -> str:
    """The account that a principal's ARN names."""
    parts = principal.split(":")
    return parts[4] if len(parts) > 5 and parts[4] else otherwise


class AwsError(Exception):
    """A service refuses a call: the code and message of its API reference."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


Handler = Callable[[Call], "Parameters | Reply"]
Operations = Mapping[tuple[str, str], Handler]
