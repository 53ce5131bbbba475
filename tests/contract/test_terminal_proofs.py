"""A terminal's signature over HTTP at an STS that recomputes it; without a network at all; and with none there."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from bot.sandbox.world.world import World
from dr_core.aws.caller import Caller, Endpoint, Signer, ask, endpoints
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.errors import ConfigError, DeniedError, UnreachableError
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store.engine import Store
from dr_core.terminal.clerk import own_arn
from dr_core.topology.load import load_topology

ADA = "arn:aws:iam::111122223333:user/ada"
SHOP = Path(__file__).parent.parent / "topologies" / "shop.yaml"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(
        load_topology(SHOP),
        data_dir=tmp_path_factory.mktemp("world"),
        clock=ManualClock(datetime.now(UTC)),
        speed=1.0,
    )
    yield made
    made.stop()


@pytest.fixture(scope="module")
def sts(world: World) -> Endpoint:
    return endpoints(["eu-west-1"], world.start().aws_url)[0]


def log_in(monkeypatch: pytest.MonkeyPatch, key: str, secret: str, token: str | None = None) -> Signer:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    return Signer()


def test_sts_names_whose_credentials_signed(world: World, sts: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    headers = log_in(monkeypatch, *world.credentials(ADA)).sign(sts, {"X-DR-Claim": "ab"})
    assert ask(sts, headers) == Caller(ADA, "111122223333")
    lower = {name.lower(): value for name, value in headers.items()}
    assert ask(sts, lower) == Caller(ADA, "111122223333"), "as the worker rebuilds it"


@pytest.mark.parametrize(
    "changed", [{"x-dr-claim": "cd"}, {"host": "sts.example.com"}, {"x-amz-date": "20260101T000000Z"}]
)
def test_a_header_that_was_changed_breaks_the_signature(
    world: World, sts: Endpoint, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    headers = log_in(monkeypatch, *world.credentials(ADA)).sign(sts, {"X-DR-Claim": "ab"})
    with pytest.raises(DeniedError, match="STS refuses the signature"):
        ask(sts, {name.lower(): value for name, value in headers.items()} | changed)


def test_a_guessed_secret_is_refused(world: World, sts: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _ = world.credentials(ADA)
    with pytest.raises(DeniedError, match="SignatureDoesNotMatch"):
        ask(sts, log_in(monkeypatch, key, "guessed").sign(sts, {}))


def test_an_sts_that_is_not_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = endpoints(["eu-west-1"], "http://127.0.0.1:9")[0]
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9"):
        ask(nowhere, log_in(monkeypatch, "AKIA0000000000000000", "x").sign(nowhere, {}))


def test_something_that_is_no_sts_names_nobody(world: World, monkeypatch: pytest.MonkeyPatch, web_page: str) -> None:
    page = endpoints(["eu-west-1"], web_page)[0]
    with pytest.raises(UnreachableError):
        ask(page, log_in(monkeypatch, *world.credentials(ADA)).sign(page, {}))


@pytest.fixture
def web_page() -> Iterator[str]:
    """A web page that answers 200 to everything."""

    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", "13")
            self.end_headers()
            self.wfile.write(b"<html></html>")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_terminal_without_credentials_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(DeniedError, match="no AWS credentials"):
        Signer()
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(ConfigError, match="AWS_PROFILE"):
        Signer()


def test_a_worker_learns_its_own_identity_from_the_same_sts(
    world: World, sts: Endpoint, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker = "arn:aws:iam::111122223333:user/dr-bot"
    log_in(monkeypatch, *world.credentials(worker))
    topology = load_topology(SHOP)
    settings = read_settings({"AWS_ENDPOINT_URL": sts.url.rstrip("/")})
    sessions = AwsSessions.for_topology(topology, settings.aws_endpoint_url)
    store = Store(f"sqlite:///{tmp_path}/dr.db")
    assert own_arn(Services(topology, store, ManualClock(), settings, sessions)) == worker
    store.dispose()
