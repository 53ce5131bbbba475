"""From an HTTP request to an AWS call, and from a result or an error to the HTTP response its protocol wants."""

import io
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from werkzeug.exceptions import HTTPException

from bot.sandbox.world.api import AwsError, Call, Parameters, Reply
from bot.sandbox.world.service_models import model_of, operation_model, service_named

_SCOPE = re.compile(r"Credential=([^/\s]+)/\d{8}/([^/]*)/([^/]+)/aws4_request")
_PURPOSE = re.compile(r"dr-purpose/([a-z]+)")
REQUEST_ID = "5a6d0e2c-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Signed:
    """Who signed, for which region and service; `service` is the name of the boto3 client."""

    access_key: str
    region: str
    service: str


def signed(environ: dict[str, Any]) -> Signed | None:
    """The SigV4 credential scope of a request, from its header or its query; None when it has none that is known."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    presigned = "".join(f"Credential={value}" for value in query.get("X-Amz-Credential", ()))
    match = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "") or presigned)
    service = service_named(match[3].lower()) if match else None
    # S3's control API signs as S3 does, and is known by the account that it is always told.
    if service == "s3" and environ.get("HTTP_X_AMZ_ACCOUNT_ID"):
        service = "s3control"
    return Signed(match[1], match[2], service) if match and service else None


def buffered(environ: dict[str, Any]) -> bytes:
    """Read the whole body, so that it can be read again and the connection stays usable."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        body = environ["wsgi.input"].read(int(length))
    elif environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    else:
        body = b""
    environ["wsgi.input"] = io.BytesIO(body)
    return bytes(body)


def parse(environ: dict[str, Any], body: bytes, scope: Signed) -> Call | None:
    """The call in a request; None when its service has no such operation."""
    environ = {**environ, "wsgi.input": io.BytesIO(body)}
    request = Request(environ)
    model = model_of(scope.service)
    try:
        protocol = determine_request_protocol(model, request.content_type)
        operation, uri_parameters = _operation(request, scope.service)
        if operation not in model.operation_names:
            return None
        parameters = PROTOCOL_PARSERS[protocol](model.operation_model(operation)).parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": body,
                "url_path": request.path,
                "url_params": uri_parameters,
            }
        )
    except (HTTPException, NotImplementedError, KeyError, ValueError, TypeError):
        return None
    user_agent = str(environ.get("HTTP_USER_AGENT", ""))
    purpose = _PURPOSE.search(user_agent)
    return Call(
        scope.service,
        operation,
        scope.region,
        parameters or {},
        protocol,
        scope.access_key,
        purpose[1] if purpose else None,
        user_agent=user_agent,
    )


def _operation(request: Request, service: str) -> tuple[str, dict[str, Any]]:
    if action := request.values.get("Action"):
        return str(action), {}
    if target := request.headers.get("X-Amz-Target"):
        return target.rsplit(".", 1)[-1], {}
    operation, parameters = get_service_router(service).match(request)
    return str(operation.name), dict(parameters)


def reply_of(call: Call, result: Parameters) -> Reply:
    """A result with the names of the API reference, as the service would send it."""
    serializer = get_serializer_class(call.service, call.protocol)(operation_model(call.service, call.operation))
    response = serializer.serialize(result)
    body = response["body"]
    headers = {"x-amzn-RequestId": REQUEST_ID, **{key: str(value) for key, value in response["headers"].items()}}
    return Reply(response["status_code"], tuple(headers.items()), body.encode() if isinstance(body, str) else body)


def error_reply(service: str, protocol: str, error: AwsError) -> Reply:
    """An error as the service's protocol words it."""
    if protocol in ("json", "rest-json"):
        text = json.dumps({"__type": error.code, "message": error.message, "Message": error.message})
        headers = (
            ("Content-Type", "application/x-amz-json-1.1"),
            ("x-amzn-ErrorType", error.code),
            ("x-amzn-query-error", f"{error.code};Sender"),
            ("x-amzn-RequestId", REQUEST_ID),
        )
        return Reply(error.status, headers, text.encode())
    inner = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if service == "s3":
        text = f"<Error>{inner}<RequestId>{REQUEST_ID}</RequestId></Error>"
    elif protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    else:
        kind = "Sender" if error.status < 500 else "Receiver"
        text = (
            f"<ErrorResponse><Error><Type>{kind}</Type>{inner}</Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        )
    return Reply(error.status, (("Content-Type", "text/xml"), ("x-amzn-RequestId", REQUEST_ID)), text.encode())
