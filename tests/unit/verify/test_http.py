"""How much of an answer a probe keeps."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dr_core.verify.http import HttpProbe

WELL = b'{"status": "ok", "region": "eu-west-1"}'


class _Handler(BaseHTTPRequestHandler):
    """The path says how many bytes stand before the words."""

    def do_GET(self) -> None:
        body = b" " * int(self.path.strip("/")) + WELL
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has in the library
        """Tests print nothing."""


@pytest.fixture
def here() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("before", "well"), [(0, True), (60_000, True), (1_000_000, False)])
def test_what_stands_behind_the_first_bytes_is_read_and_forgotten(here: str, before: int, well: bool) -> None:
    url, probe = f"{here}/{before}", HttpProbe(timeout_s=30.0)
    assert probe.health(url).ok is well
    assert probe.read(url).ok, "a page may be as long as it likes"
