"""The arguments of one Web API call, from JSON, a form or the query, with Slack's refusals for wrong ones."""

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from bot.sandbox.slack.records import Json
from bot.sandbox.slack.refusal import SlackRefusalError


class Arguments:
    """Named values; in forms, structures are JSON text and flags are words."""

    def __init__(self, values: Json) -> None:
        self._values = {key: value for key, value in values.items() if value is not None and value != ""}

    def text(self, name: str) -> str | None:
        """A string when given."""
        value = self._values.get(name)
        return None if value is None else str(value)

    def required(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise missing(name)
        return value

    def flag(self, name: str) -> bool:
        """true, "true" or "1"."""
        return self._values.get(name) in (True, "true", "True", "1", 1)

    def structure(self, name: str) -> Any:
        """A list or an object when given; `invalid_arguments` when it is not JSON."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise SlackRefusalError("invalid_arguments", [f"[ERROR] {name} is not valid JSON"]) from error

    def ids(self, name: str) -> list[str]:
        """A comma list or a list of ids."""
        value = self._values.get(name, [])
        return [one for one in value.split(",") if one] if isinstance(value, str) else [str(one) for one in value]


def missing(name: str) -> SlackRefusalError:
    """A required argument is not there."""
    return SlackRefusalError("invalid_arguments", [f"[ERROR] missing required field: {name} [json-pointer:/{name}]"])


async def arguments_of(request: Request) -> Arguments:
    """Read a request as Slack does; `invalid_json` for a broken body."""
    values: Json = dict(request.query_params)
    body = await request.body()
    if not body.strip():
        return Arguments(values)
    if "json" in request.headers.get("content-type", ""):
        try:
            parsed = json.loads(body)
        except ValueError as error:
            raise SlackRefusalError("invalid_json") from error
        if not isinstance(parsed, dict):
            raise SlackRefusalError("json_not_object")
        return Arguments(values | parsed)
    media_type = request.headers.get("content-type", "")
    if media_type.startswith("multipart/"):
        parts = multipart(media_type, body)
        return Arguments(values | {name: content.decode(errors="replace") for name, content in parts.items()})
    return Arguments(values | dict(parse_qsl(body.decode(errors="replace"))))


def multipart(media_type: str, body: bytes) -> dict[str, bytes]:
    """The parts of a multipart form by name; read with the standard library, as Slack's SDK seldom sends one."""
    document = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {media_type}\r\n\r\n".encode() + body)
    parts = {}
    for part in document.iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            parts[name] = content
    return parts
