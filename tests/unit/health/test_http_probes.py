"""Probes against real servers on loopback: what each kind of answer and silence says."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from dr_core.health.http import ProbeAnswer, Prober, Timings, http_signal
from dr_core.observation.model import SignalState
from dr_core.settings import ConnectTo

NOW = datetime(2026, 1, 5, tzinfo=UTC)
PATIENCE_S = 60.0


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.begin()
        status = int(self.path.strip("/") or 200)
        body = json.dumps({"status": "ok", "region": "sa-east-1", "host": self.headers["Host"]}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def begin(self) -> None:
        """What comes before the answer."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name it has in the library
        """Tests print nothing."""


@contextmanager
def served(context: ssl.SSLContext | None = None, begin: Callable[[], object] | None = None) -> Iterator[int]:
    handler = type("Handler", (_Handler,), {"begin": lambda _: begin()} if begin else {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silent() -> Iterator[socket.socket]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def url_of(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/"


@pytest.fixture
def prober() -> Iterator[Prober]:
    """As patient as a busy machine needs it."""
    with closing(Prober(total_timeout_s=PATIENCE_S, connect_timeout_s=PATIENCE_S)) as prober:
        yield prober


@pytest.fixture
def impatient() -> Iterator[Prober]:
    with closing(Prober(total_timeout_s=3.0, connect_timeout_s=3.0)) as prober:
        yield prober


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_an_answer_carries_status_body_words_and_phase_timings(prober: Prober) -> None:
    with served() as port:
        (answer,) = prober.sweep([f"http://127.0.0.1:{port}/200"])
    assert (answer.status, answer.status_word, answer.region) == (200, "ok", "sa-east-1")
    timings = answer.timings
    assert timings.connect_ms is not None
    assert timings.first_byte_ms is not None
    assert timings.connect_ms <= timings.first_byte_ms <= timings.total_ms
    assert timings.tls_ms is None


def test_answers_come_in_the_order_of_the_urls(prober: Prober) -> None:
    with served() as port:
        closed = free_port()
        answers = prober.sweep([f"http://127.0.0.1:{p}" for p in (f"{port}/503", f"{closed}/", f"{port}/204")])
    assert [answer.status for answer in answers] == [503, None, 204]
    assert "onnect" in answers[1].error


def test_a_host_that_hangs_costs_its_time_limit_and_delays_nobody(impatient: Prober) -> None:
    """The good host is the first and answers when all others hang, and the last and answers while they do."""
    with ExitStack() as stack:
        hanging = [stack.enter_context(silent()) for _ in range(5)]
        first = stack.enter_context(served(begin=lambda: [stack.enter_context(one.accept()[0]) for one in hanging]))
        last = stack.enter_context(served())
        urls = [f"http://127.0.0.1:{first}/", *map(url_of, hanging), f"http://127.0.0.1:{last}/"]
        answers = impatient.sweep(urls)
    assert [answer.status for answer in answers] == [200, *[None] * 5, 200]
    assert all("timed out" in answer.error.lower() for answer in answers[1:-1])


def test_a_prober_can_sweep_again_and_from_another_thread(prober: Prober) -> None:
    found: list[int | None] = []
    with served() as port:
        url = f"http://127.0.0.1:{port}/"
        prober.sweep([url])
        thread = threading.Thread(target=lambda: found.extend(answer.status for answer in prober.sweep([url, url])))
        thread.start()
        thread.join()
    assert found == [200, 200]


def test_a_sweep_that_hangs_does_not_hold_up_another(prober: Prober) -> None:
    late: list[ProbeAnswer] = []
    with served() as port, silent() as hanging:
        thread = threading.Thread(target=lambda: late.extend(prober.sweep([url_of(hanging)])))
        thread.start()
        connection, _ = hanging.accept()
        with connection:
            (answer,) = prober.sweep([f"http://127.0.0.1:{port}/"])
            assert late == [], "the other still hangs"
        thread.join()
    assert answer.status == 200
    assert [one.status for one in late] == [None]


def test_nothing_to_probe_is_no_work(prober: Prober) -> None:
    assert prober.sweep([]) == ()


def test_connect_to_and_ca_reach_a_host_that_dns_does_not_know(tmp_path: Path) -> None:
    ca = trustme.CA()
    bundle = tmp_path / "ca.pem"
    ca.cert_pem.write_to_path(str(bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("api.nowhere.example").configure_cert(context)
    with served(context) as port:
        to = (ConnectTo("", None, "127.0.0.1", port),)
        prober = Prober(to, bundle, connect_timeout_s=PATIENCE_S, total_timeout_s=PATIENCE_S)
        trusting = prober.sweep(["https://api.nowhere.example/200"])[0]
        wrong_name = prober.sweep(["https://other.nowhere.example/200"])[0]
        prober.close()
        doubting = Prober(to, connect_timeout_s=PATIENCE_S, total_timeout_s=PATIENCE_S)
        untrusted = doubting.sweep(["https://api.nowhere.example/200"])[0]
        doubting.close()
    assert trusting.status == 200
    assert trusting.timings.tls_ms is not None
    assert wrong_name.status is None
    assert "SSL" in wrong_name.error
    assert untrusted.status is None


def answer(**values: object) -> ProbeAnswer:
    given: dict[str, object] = {
        "url": "https://x/health", "status": 200, "error": "", "timings": Timings(0, 0, 0, 0, 12), **values,
    }  # fmt: skip
    return ProbeAnswer(**given)  # type: ignore[arg-type]  # the rows below give the right types


@pytest.mark.parametrize(
    ("remark", "probed", "state"),
    [
        ("a good answer", answer(), SignalState.OK),
        ("a redirect is an answer, as for Route 53", answer(status=302), SignalState.OK),
        ("a server error", answer(status=503), SignalState.BAD),
        ("not found is not healthy", answer(status=404), SignalState.BAD),
        ("silence", answer(status=None, error="timed out"), SignalState.BAD),
        ("200 with a body that says down", answer(status_word="DOWN"), SignalState.BAD),
        ("an answer of this region", answer(region="sa-east-1"), SignalState.OK),
        ("an answer of another region says nothing of this one", answer(region="us-west-2"), SignalState.UNKNOWN),
    ],
)
def test_what_a_probe_says_of_its_region(remark: str, probed: ProbeAnswer, state: SignalState) -> None:
    signal = http_signal("sa-east-1", probed, NOW)
    assert signal.state is state, remark
    assert (signal.latency_ms is None) == (probed.status is None)
