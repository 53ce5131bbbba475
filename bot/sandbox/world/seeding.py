"""How the world fills itself: AWS calls that need no connection, that nothing records and no fault strikes."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from botocore.awsrequest import HeadersDict
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from werkzeug.test import EnvironBuilder

from bot.sandbox.world.api import AwsError, Call, Parameters, Reply
from bot.sandbox.world.service_models import model_of

SEED_KEY = "AKIASEEDSEEDSEEDSEED"
# What exists already is fine: applications share clusters, buckets and names.
_THERE = re.compile(r"Exists|AlreadyOwned|InUse|Duplicate|Conflict")

Ask = Callable[..., Parameters]
"""`ask(operation, **parameters)`, both with the names of the API reference; AwsError when it is refused."""
Door = Callable[[Call, dict[str, Any], bytes], Reply]
"""Answers a call that was written out as a WSGI request, for those operations that are moto's."""


class Seeding:
    """Calls by service and region. What moto cannot hold is noted in `missing`, and the world starts all the same."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.missing: list[str] = []

    def at(self, service: str, region: str) -> Ask:
        """What asks one service in one region."""
        return partial(self._ask, service, region)

    @contextmanager
    def tolerated(self, what: str) -> Iterator[None]:
        """Go on when this one thing cannot exist; a thing that exists already is fine."""
        try:
            yield
        except AwsError as error:
            if not _THERE.search(error.code):
                self.missing.append(f"{what}: {error}")
        except KeyError as error:
            self.missing.append(f"{what}: {error!r}")

    def _ask(self, service: str, region: str, operation: str, /, **parameters: Any) -> Parameters:
        model = model_of(service)
        known = model.operation_model(operation)
        protocol = _protocol(model)
        environ, body = _request(region, model.signing_name, _serializer(protocol)(parameters, known))
        reply = self._door(Call(service, operation, region, parameters, protocol, SEED_KEY), environ, body)
        answer = _parser(protocol)(
            {"status_code": reply.status, "headers": HeadersDict(reply.headers), "body": reply.body}, known.output_shape
        )
        if not reply.ok:
            error = answer.get("Error", {})
            raise AwsError(str(error.get("Code", "")), str(error.get("Message", "")), reply.status)
        return answer


def _protocol(model: ServiceModel) -> str:
    """The first of the service's that moto speaks."""
    offered: list[str] = model.metadata.get("protocols") or [model.protocol]
    return next((one for one in offered if one != "smithy-rpc-v2-cbor"), model.protocol)


@cache
def _serializer(protocol: str) -> Callable[..., dict[str, Any]]:
    serialize: Callable[..., dict[str, Any]] = create_serializer(protocol, False).serialize_to_request
    return serialize


@cache
def _parser(protocol: str) -> Callable[..., Parameters]:
    parse: Callable[..., Parameters] = create_parser(protocol).parse
    return parse


def _request(region: str, signing_name: str, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    path, _, query = request["url_path"].partition("?")
    scope = f"{SEED_KEY}/20260101/{region}/{signing_name}/aws4_request"
    builder = EnvironBuilder(
        path=path,
        query_string=query or request["query_string"],
        method=request["method"],
        headers=[
            *request["headers"].items(),
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host"),
        ],
        data=request["body"],
    )
    environ = builder.get_environ()
    return environ, environ["wsgi.input"].read()
