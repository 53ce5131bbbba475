"""HTTP mode: the same bot behind signed requests; a wrongly signed or old one is turned away."""

import hashlib
import hmac
import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.sandbox.environment import free_ports
from dr_core.store import migrate
from tests.scenario.conftest import TOPOLOGIES
from tests.scenario.room import PATIENCE_S, PROJECT, wait_until

pytestmark = pytest.mark.process
SECRET = "signing-secret-of-a-slack-that-exists-only-here"
HOOK = "/hooks/1"


@dataclass
class Slack:
    """Says yes to everything, and keeps what it was told: (path, body). Its hook waits for the acknowledgement."""

    url: str = ""
    told: list[tuple[str, str]] = field(default_factory=list)
    acknowledged: threading.Event = field(default_factory=threading.Event)

    def answers(self) -> list[str]:
        return [body for path, body in self.told if path == HOOK]


@pytest.fixture
def slack() -> Iterator[Slack]:
    slack = Slack()

    class Yes(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            slack.told.append((self.path, self.rfile.read(int(self.headers.get("content-length", 0))).decode()))
            if self.path == HOOK:
                slack.acknowledged.wait(PATIENCE_S)
            answer = {
                "ok": True,
                "team_id": "T0HTTP",
                "user_id": "U0BOT",
                "bot_id": "B0BOT",
                "members": [],
                "users": [],
            }
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        do_GET = do_POST  # noqa: N815 - as above

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Yes)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    slack.url = f"http://127.0.0.1:{server.server_port}"
    yield slack
    slack.acknowledged.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bot(slack: Slack, tmp_path: Path) -> Iterator[str]:
    """`python -m bot` with a signing secret and no app token; the address that Slack would call."""
    port, health, nobody = free_ports(3)
    store = f"sqlite:///{tmp_path / 'dr.db'}"
    migrate.upgrade(store)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "DR_CONFIG": str(TOPOLOGIES / "shop.yaml"),
        "DATABASE_URL": store, "DR_ACK_KEY": str(tmp_path / "ack.pem"), "DR_HEALTH_PORT": str(health),
        "SLACK_API_URL": f"{slack.url}/api/", "SLACK_BOT_TOKEN": "xoxb-http", "SLACK_SIGNING_SECRET": SECRET,
        "PORT": str(port), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{nobody}",
    }  # fmt: skip
    with (tmp_path / "log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen([sys.executable, "-m", "bot"], cwd=PROJECT, env=environment, stdout=log, stderr=log)
        url = f"http://127.0.0.1:{port}/slack/events"
        try:
            wait_until(lambda: post(url, b"", {}) or process.poll() is not None, bool, 30, "the bot to listen")
            assert process.poll() is None, (tmp_path / "log").read_text(encoding="utf-8")
            yield url
            process.terminate()
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()
            process.wait()


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The status; 0: nobody answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, body, headers), timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, http.client.HTTPException, OSError):
        return 0


def signed(body: bytes, secret: str, at: float) -> dict[str, str]:
    """The headers of https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    stamp = str(int(at))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return {**kind, "x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def test_a_signed_command_is_acknowledged_before_its_work_is_done_and_a_wrong_signature_is_refused(
    slack: Slack, bot: str
) -> None:
    fields = {
        "command": "/dr", "text": "help", "user_id": "U0ADA", "user_name": "ada", "team_id": "T0HTTP",
        "channel_id": "C0INCIDENT", "channel_name": "dr-incident", "api_app_id": "A0HTTP", "token": "unused",
        "trigger_id": "1.2.3", "response_url": slack.url + HOOK,
    }  # fmt: skip
    body = urllib.parse.urlencode(fields).encode()
    wrong = post(bot, body, signed(body, "another secret", time.time()))
    old = post(bot, body, signed(body, SECRET, time.time() - 600))
    assert (wrong, old) == (401, 401)
    assert slack.answers() == []
    assert post(bot, body, signed(body, SECRET, time.time())) == 200
    slack.acknowledged.set()
    [answer] = wait_until(slack.answers, bool, 10, "the answer")
    assert "/dr status" in answer
