"""`/livez`, `/readyz` and `/metrics` of a worker, on the standard library's server."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Reasons = Callable[[], list[str]]
"""Why the process is not ready, as sentences; empty when it is."""


def serve(host: str, port: int, not_ready: Reasons) -> ThreadingHTTPServer:
    """Serve in a daemon thread; call `shutdown` on what is returned."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/livez":
                self._answer(200, b'{"live": true}', "application/json")
            elif self.path == "/readyz":
                reasons = not_ready()
                body = json.dumps({"ready": not reasons, "reasons": reasons}).encode()
                self._answer(503 if reasons else 200, body, "application/json")
            elif self.path == "/metrics":
                self._answer(200, generate_latest(), CONTENT_TYPE_LATEST)
            else:
                self._answer(404, b"{}", "application/json")

        def _answer(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Probes are not worth a line each."""

    server = ThreadingHTTPServer((host, port), Handler)
    Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
