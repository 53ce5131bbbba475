"""Reads the JSON bodies of the sandbox's own API; what is wrong is said in one clear sentence."""

import json
import math
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request


class BadRequestError(Exception):
    """The request is wrong; the message says how. Answered with 400."""


class Body:
    """A JSON object whose fields are asked for by type."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str:
        """A string that must be there."""
        value = self.optional_text(name)
        if value is None:
            raise BadRequestError(f"{name} is missing")
        return value

    def optional_text(self, name: str) -> str | None:
        """A string, when there."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, str):
            raise BadRequestError(f"{name} must be a string")
        return value

    def any(self, name: str) -> Any:
        """Whatever was sent."""
        return self._values.get(name)

    def positive(self, name: str) -> float:
        """A number above zero that must be there."""
        value = self.optional_positive(name)
        if value is None:
            raise BadRequestError(f"{name} is missing")
        return value

    def optional_positive(self, name: str) -> float | None:
        """A number above zero, when there."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
            raise BadRequestError(f"{name} must be a number above zero")
        return float(value)

    def nested(self, name: str) -> dict[str, dict[str, Any]]:
        """`{block_id: {action_id: value}}`; absent means empty."""
        value = self._values.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(one, dict) for one in value.values()):
            raise BadRequestError(f"{name} must look like {{block_id: {{action_id: value}}}}")
        return value


async def body_of(request: Request) -> Body:
    """The request's JSON object; refused when another web site sent it."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise BadRequestError(f"requests from {origin} are not accepted")
    try:
        values = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise BadRequestError("the body is not valid JSON") from error
    if not isinstance(values, dict):
        raise BadRequestError("the body must be a JSON object")
    return Body(values)
