"""The one HTTP door of the simulated AWS: parse, faults by region and service, our operation or moto's, the record."""

import io
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from bot.sandbox.world.api import AwsError, Call, Operations, Reply
from bot.sandbox.world.call_log import Recorded
from bot.sandbox.world.connections import gone, reset
from bot.sandbox.world.faults import FaultKind, RegionState
from bot.sandbox.world.ground import Ground
from bot.sandbox.world.guard import Guard, denied
from bot.sandbox.world.identities import Identities
from bot.sandbox.world.ownership import Ownership
from bot.sandbox.world.s3 import S3
from bot.sandbox.world.service_models import changes_something
from bot.sandbox.world.signatures import signed_http
from bot.sandbox.world.wire import Signed, buffered, error_reply, parse, reply_of, signed

# https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html
GLOBAL_SERVICES = frozenset(
    {
        "route53",
        "cloudfront",
        "iam",
        "budgets",
        "ce",
        "cost-optimization-hub",
        "organizations",
        "health",
        "route53-recovery-control-config",
    }
)
_POLL_S = 0.1


class _Moto(DomainDispatcherApplication):
    """Remembers which backend a host belongs to: moto tries some two hundred patterns at each call."""

    get_backend_for_host = cache(DomainDispatcherApplication.get_backend_for_host)


@cache
def _moto() -> _Moto:
    """One for all worlds of the process: it holds routes, and nothing of a world."""
    return _Moto(create_backend_app)


class ConnectionResetInsteadError(Exception):
    """The client gets no answer: its connection is reset."""


class Gateway:
    """A WSGI application over the operations of our own services; moto answers the others."""

    def __init__(
        self,
        ground: Ground,
        operations: Operations,
    ) -> None:
        self._account = ground.account
        self._operations = operations
        self._timeline = ground.timeline
        self._faults = ground.faults
        self._log = ground.log
        self._identities = ground.part(Identities)
        self._ownership = ground.part(Ownership)
        self._guard = ground.part(Guard)
        self._s3 = ground.part(S3)
        self.stopping = threading.Event()
        ground.within = self.within

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = buffered(environ)
        try:
            reply = self._answer(environ, body)
        except ConnectionResetInsteadError:
            reset(environ.get("werkzeug.socket"))
            raise ConnectionError("the region is down") from None
        headers = [(key, value) for key, value in reply.headers if key.lower() not in ("content-length", "connection")]
        if environ["REQUEST_METHOD"] == "HEAD":
            headers.extend((key, value) for key, value in reply.headers if key.lower() == "content-length")
        else:
            headers.append(("Content-Length", str(len(reply.body))))
        start_response(f"{reply.status} {'OK' if reply.ok else 'Error'}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else reply.body]

    def seed(self, call: Call, environ: dict[str, Any], body: bytes) -> Reply:
        """The answer to a call by which the world fills itself: nothing records it and no fault strikes it."""
        with self._timeline.lock:
            return self._run(replace(call, forward=lambda: self._forward(environ, body)))

    def within(self, principal: str, call: Call, environ: dict[str, Any], body: bytes) -> Reply:
        """The answer to what one service asks of another for somebody: recorded and struck by faults as any call."""
        region = "us-east-1" if call.service in GLOBAL_SERVICES else call.region
        call = replace(call, region=region, forward=lambda: self._forward(environ, body), principal=principal)
        with self._timeline.lock:
            if not all(map(self._faults.up, self._regions_of(call))):
                unavailable = AwsError("ServiceUnavailable", f"{call.service} does not answer in {region}.", 503)
                return error_reply(call.service, call.protocol, unavailable)
            return self._struck(call)

    def _answer(self, environ: dict[str, Any], body: bytes) -> Reply:
        scope = signed(environ)
        if scope is None:
            return error_reply(
                "", "query", AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
            )
        if scope.service in GLOBAL_SERVICES:
            scope = Signed(scope.access_key, "us-east-1", scope.service)
        with self._timeline.lock:
            call = parse(environ, body, scope)
        if call is None:
            return error_reply(scope.service, "query", AwsError("UnknownOperationException", "No such operation.", 404))
        principal = self._identities.arn_of(scope.access_key)
        call = replace(call, forward=lambda: self._forward(environ, body), principal=principal)
        self._pass_regions(call, environ.get("werkzeug.socket"))
        try:
            if (call.service, call.operation) == ("sts", "GetCallerIdentity"):
                self._identities.check(scope.access_key, signed_http(environ, body))
        except AwsError as error:
            return error_reply(call.service, call.protocol, error)
        with self._timeline.lock:
            self._timeline.settle()
            return self._struck(call)

    def _pass_regions(self, call: Call, connection: object) -> None:
        """A region that is down resets, one that hangs holds the call until it is back, down, or given up."""
        while True:
            with self._timeline.lock:
                self._timeline.settle()
                states = {self._faults.region_state(region) for region in self._regions_of(call)}
            if (
                RegionState.DOWN in states
                or self.stopping.is_set()
                or (RegionState.HANGS in states and gone(connection))
            ):
                self._record(call, "none", None)
                raise ConnectionResetInsteadError
            if RegionState.HANGS not in states:
                return
            self.stopping.wait(_POLL_S)

    def _regions_of(self, call: Call) -> tuple[str, ...]:
        """A global service depends on no region of the topology; a bucket answers where it lives."""
        if call.service in GLOBAL_SERVICES:
            return ()
        bucket = call.parameters.get("Bucket") if call.service == "s3" else None
        home = self._s3.region_of(bucket) if bucket else None
        return (call.region,) if home is None else tuple({call.region, home})

    def _struck(self, call: Call) -> Reply:
        """The faults of single calls around the call itself; the record says what really happened."""
        refusal = self._refusal(call)
        if refusal is not None:
            reply = error_reply(call.service, call.protocol, refusal)
            self._record(call, "none", reply.status, refusal.code)
            return reply
        reply = self._run(call)
        if reply.status == 404 and (hidden := self._guard.hides(call)) is not None:
            reply = error_reply(call.service, call.protocol, hidden)
        effect = "applied" if reply.ok else "none"
        if self._strikes(FaultKind.ERROR_AFTER, call):
            reply = error_reply(call.service, call.protocol, _internal(call))
        self._record(call, effect, reply.status)
        return reply

    def _refusal(self, call: Call) -> AwsError | None:
        if self._strikes(FaultKind.DENIED, call):
            return self._denied(call)
        if self._strikes(FaultKind.THROTTLE, call):
            return _throttled(call)
        try:
            self._identities.refuse_expired(call.access_key, call.service, call.protocol)
            self._guard.refuse(call)
            self._ownership.refuse_stranger(call)
        except AwsError as error:
            return error
        return _internal(call) if self._strikes(FaultKind.ERROR_BEFORE, call) else None

    def _strikes(self, kind: FaultKind, call: Call) -> bool:
        return self._faults.strike(kind, call.region, call.service, call.operation)

    def _run(self, call: Call) -> Reply:
        handler = self._operations.get((call.service, call.operation))
        try:
            result = call.forward() if handler is None else handler(call)
        except AwsError as error:
            return error_reply(call.service, call.protocol, error)
        return result if isinstance(result, Reply) else reply_of(call, result)

    def _forward(self, environ: dict[str, Any], body: bytes) -> Reply:
        inner = {**environ, "wsgi.input": io.BytesIO(body), "HTTP_X_MOTO_ACCOUNT_ID": self._account}
        answer: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], None]:
            answer.update(status=int(status.split()[0]), headers=tuple(headers))
            return lambda _: None

        try:
            chunks = _moto()(inner, start)
        except NotImplementedError as error:
            raise AwsError("NotImplemented", f"This simulated AWS cannot do that: {error}", 400) from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise AwsError("InternalFailure", f"The simulation broke on this call: {error!r}", 500) from error
        content = b"".join(chunks)
        if hasattr(chunks, "close"):
            chunks.close()
        return Reply(answer["status"], answer["headers"], content)

    def _record(self, call: Call, effect: str, status: int | None, error: str = "") -> None:
        if not changes_something(call.service, call.operation):
            return
        self._log.add(
            Recorded(
                self._timeline.now,
                call.region,
                call.service,
                call.operation,
                call.parameters,
                call.purpose,
                effect,
                status,
                principal=call.principal,
                access_key=call.access_key,
                user_agent=call.user_agent,
                error=error,
            )
        )

    def _denied(self, call: Call) -> AwsError:
        return denied(call, f"{call.service}:{call.operation}", _resource(call, self._account))


def _resource(call: Call, account: str) -> str:
    """The ARN among the parameters, or one made of the first name in them."""
    texts = [value for value in call.parameters.values() if isinstance(value, str)]
    arn = next((value for value in texts if value.startswith("arn:")), None)
    if arn is not None:
        return arn
    if call.service == "s3":
        return f"arn:aws:s3:::{'/'.join(texts[:2])}" if texts else "*"
    return f"arn:aws:{call.service}:{call.region}:{account}:{texts[0]}" if texts else "*"


def _throttled(call: Call) -> AwsError:
    """https://docs.aws.amazon.com/general/latest/gr/api-retries.html"""
    if call.service == "s3":
        return AwsError("SlowDown", "Please reduce your request rate.", 503)
    code = "ThrottlingException" if "json" in call.protocol else "Throttling"
    return AwsError(code, "Rate exceeded")


def _internal(call: Call) -> AwsError:
    code = "InternalError" if call.service == "s3" else "InternalFailure"
    return AwsError(code, "We encountered an internal error. Please try again.", 500)


class QuietHandler(MotoRequestHandler):
    """Keeps connections open, as AWS does, and prints nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 75

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # the name is werkzeug's
        """Nothing: the record of calls is the log."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """A client that left, or one we reset: both are ordinary here, and nothing more can be read from either."""
        self.close_connection = True


def serve(application: Gateway) -> BaseWSGIServer:
    """The server, listening on a free port of 127.0.0.1 and serving in a thread of its own."""
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="world-aws", daemon=True).start()
    return server
