"""Every host that the topology names, on one loopback port: TLS and plain HTTP, health endpoints and write probes.

The protocol of the write probe: PUT {"token": T} and GET ?token=T, see the product's `http_write_read`.
"""

import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import idna
import trustme

from bot.sandbox.world.applications import Applications
from bot.sandbox.world.blueprint import Place
from bot.sandbox.world.connections import gone, reset
from bot.sandbox.world.faults import HTTP, FaultBook, FaultKind, RegionState
from bot.sandbox.world.timeline import Timeline

_POLL_S = 0.1
_IDLE_S = 30.0
_LARGEST_BODY = 65_536
_SPOILS = {
    FaultKind.THROTTLE: 429,
    FaultKind.DENIED: 403,
    FaultKind.ERROR_BEFORE: 500,
    FaultKind.ERROR_AFTER: 500,
}
"""What a client of a host is answered with while that fault is on `http`."""


Receive = Callable[[str, str, Mapping[str, str], bytes], tuple[int, dict[str, Any]] | None]
"""(host, path, headers, body) of a webhook's request -> status and JSON; None: no answer."""


@dataclass(frozen=True)
class Endpoint:
    """What stands at a host and path: a place's health (of one `colour` of it, where that is given), or without a
    region the application by its public name."""

    application: str
    region: str | None = None
    webhook: bool = False
    colour: str = ""


class Sites:
    """Finds the endpoint of a request and answers from the truth."""

    def __init__(self, timeline: Timeline, faults: FaultBook, applications: Applications) -> None:
        self._timeline = timeline
        self._faults = faults
        self._applications = applications
        self._endpoints: dict[tuple[str, str], Endpoint] = {}
        self._edge: dict[str, Callable[[str], Place | None]] = {}
        self.stopping = threading.Event()
        self.webhook: Receive = lambda host, path, headers, body: (200, {"status": "ok"})

    def add(self, url: str, endpoint: Endpoint) -> None:
        """The first endpoint of a URL stays."""
        self._endpoints.setdefault(_key(url), endpoint)

    def hosts(self) -> list[str]:
        return sorted({host for host, _ in self._endpoints} | self._edge.keys())

    def put_at_edge(self, host: str, chosen: Callable[[str], Place | None]) -> None:
        """All of this host is answered by the place that `chosen(method)` names; None: by nobody."""
        self._edge.setdefault(host.lower(), chosen)

    def at_edge(self, host: str, method: str) -> tuple[Endpoint, str | None] | None:
        """As `region`, for hosts that stand before the regions."""
        chosen = self._edge.get(host.lower())
        if chosen is None:
            return None
        with self._timeline.lock:
            self._timeline.settle()
            place = chosen(method)
        return (Endpoint(""), None) if place is None else (Endpoint(place.application, place.region), place.region)

    def place_of(self, host: str) -> Place | None:
        """The place of a regional host."""
        return next(
            (
                Place(endpoint.application, endpoint.region)
                for (name, _), endpoint in self._endpoints.items()
                if name == host and endpoint.region
            ),
            None,
        )

    def region(self, host: str, path: str) -> tuple[Endpoint, str | None] | None:
        """The endpoint and the region that this connection reaches; None when nothing stands there."""
        endpoint = self._endpoints.get((host.lower(), path or "/"))
        if endpoint is None or endpoint.region is not None or endpoint.webhook:
            return None if endpoint is None else (endpoint, endpoint.region)
        with self._timeline.lock:
            self._timeline.settle()
            app = self._applications.all[endpoint.application]
            return endpoint, self._applications.region_for(app, host)

    def wait(self, region: str, connection: object) -> bool:
        """Hold while the region hangs; False when it is down, the client is gone, or everything stops."""
        while True:
            with self._timeline.lock:
                self._timeline.settle()
                state = self._applications.region_state(region)
            if state is RegionState.DOWN or self.stopping.is_set():
                return False
            if state is RegionState.UP:
                return True
            if gone(connection):
                return False
            self.stopping.wait(_POLL_S)

    def answer(
        self, endpoint: Endpoint, region: str, method: str, query: str, body: bytes
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON of an answer from a region that is up, unless a fault on `http` spoils it."""
        with self._timeline.lock:
            later_s = self._faults.answers_later_by(region)
            asked = endpoint.colour or method
            spoilt = next((kind for kind in _SPOILS if self._faults.strike(kind, region, HTTP, asked)), None)
        if later_s:
            self.stopping.wait(later_s)
        if spoilt is not None and spoilt is not FaultKind.ERROR_AFTER:
            return _SPOILS[spoilt], {"status": "error", "region": region}
        given = self._answer(endpoint, region, method, query, body)
        return given if spoilt is None else (_SPOILS[spoilt], {"status": "error", "region": region})

    def _answer(
        self, endpoint: Endpoint, region: str, method: str, query: str, body: bytes
    ) -> tuple[int, dict[str, Any]]:
        with self._timeline.lock:
            app = self._applications.all[endpoint.application]
            if endpoint.region is not None:
                trouble = self._applications.trouble(Place(app.name, region))
                return (
                    (200, {"status": "ok", "region": region})
                    if trouble is None
                    else (503, {"status": trouble, "region": region})
                )
            if method in ("PUT", "POST"):
                token = _token(body)
                if token is None:
                    return 400, {"error": 'expected {"token": TEXT}', "region": region}
                taken = self._applications.write(app, region, token)
                return (
                    (201, {"token": token, "region": region})
                    if taken
                    else (503, {"error": "this region does not take writes", "region": region})
                )
            token = parse_qs(query).get("token", [""])[0]
            if not token:
                return 200, {"status": "ok", "region": region}
            if self._applications.trouble(Place(app.name, region)) is not None:
                return 503, {"error": "no capacity runs in this region", "region": region}
            at = self._applications.read(app, region, token)
            if at is None:
                return 404, {"error": "no such token", "region": region}
            return 200, {"token": token, "region": region, "written_at": at.isoformat()}


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.path or "/"


def _token(body: bytes) -> str | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    token = value.get("token") if isinstance(value, dict) else None
    return token if isinstance(token, str) and token else None


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_S
    server: "HostServer"

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815  # the names are the standard library's

    def _serve(self) -> None:
        sites = self.server.sites
        length = min(int(self.headers.get("Content-Length") or 0), _LARGEST_BODY)
        body = self.rfile.read(length)
        parts = urlsplit(self.path)
        host = urlsplit(f"//{self.headers.get('Host') or ''}").hostname or ""
        found = sites.at_edge(host, self.command) or sites.region(host, parts.path)
        if found is None:
            self._send(404, {"error": "nothing stands at this host and path"})
            return
        endpoint, region = found
        if endpoint.webhook:
            told = sites.webhook(host, parts.path, dict(self.headers), body)
            self._drop() if told is None else self._send(*told)
        elif region is None:
            self._send(503, {"error": "no region is answered for this host"})
        elif sites.wait(region, self.connection):
            self._send(*sites.answer(endpoint, region, self.command, parts.query, body))
        else:
            self._drop()

    def _send(self, status: int, value: dict[str, Any]) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _drop(self) -> None:
        """Reset, as a network without its region does."""
        self.close_connection = True
        reset(self.connection)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the standard library's
        """Nothing is printed."""


class HostServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One port for TLS and plain HTTP: the first byte tells them apart."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = True

    def __init__(self, sites: Sites, context: ssl.SSLContext) -> None:
        self.sites = sites
        self._context = context
        super().__init__(("127.0.0.1", 0), _Request)

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(_IDLE_S)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            secure = request.recv(1, socket.MSG_PEEK) == b"\x16"
            connection = self._context.wrap_socket(request, server_side=True) if secure else request
            try:
                super().finish_request(connection, client_address)
            finally:
                connection.close()
        except (OSError, ValueError):
            # The client left, did not trust us, or its region is down: nothing to tell anybody.
            return

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection concerns its client only."""

    def start(self) -> None:
        threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="world-hosts", daemon=True
        ).start()


def certificates(hosts: list[str], ca_path: Path) -> ssl.SSLContext:
    """A CA of our own, written to `ca_path`, and a server context with one certificate for every host."""
    authority = trustme.CA(organization_name="sandbox")
    authority.cert_pem.write_to_path(str(ca_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = [name for host in hosts for name in _certified(host)]
    authority.issue_cert(*(dict.fromkeys(names) or ["localhost"])).configure_cert(context)
    return context


def _certified(host: str) -> list[str]:
    """A certificate cannot name every host that DNS can (an underscore): those get their domain's wildcard."""
    if _nameable(host):
        return [host]
    parent = host.partition(".")[2]
    return [f"*.{parent}"] if parent and _nameable(parent) else []


def _nameable(host: str) -> bool:
    try:
        idna.encode(host, uts46=True)
    except idna.IDNAError:
        return False
    return True
