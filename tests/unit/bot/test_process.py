"""The bot as a process: it starts while Slack is down and says so, ends at once, and names what is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from bot.__main__ import main

ROOT = Path(__file__).parents[3]
TOPOLOGY = ROOT / "tests" / "topologies" / "shop.yaml"


def environment(**given: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DR_CONFIG": str(TOPOLOGY), **given}


def start(cwd: Path, **given: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bot"]
    return subprocess.Popen(
        command, cwd=cwd, env=environment(**given), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.process
def test_what_is_missing_ends_the_process_with_one_line(tmp_path: Path) -> None:
    process = start(tmp_path)
    said, told = process.communicate(timeout=20)
    assert process.returncode == 2
    assert said == ""
    assert "SLACK_BOT_TOKEN" in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_APP_TOKEN"),
        ({"SLACK_BOT_TOKEN": "nonsense", "SLACK_APP_TOKEN": "xapp-1"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "DR_CONFIG": "missing.yaml"}, "missing.yaml"),
    ],
)
def test_what_is_missing_is_named_in_one_line(
    given: dict[str, str],
    named: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", environment(**given))
    assert main() == 2
    told = capsys.readouterr().err
    assert named in told
    assert len(told.strip().splitlines()) == 1


@pytest.mark.process
def test_it_starts_while_slack_is_down_says_so_and_ends_at_once(sqlite_url: str, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(
        tmp_path,
        SLACK_BOT_TOKEN="xoxb-secret-token",
        SLACK_APP_TOKEN="xapp-secret-token",
        SLACK_API_URL="http://127.0.0.1:9/api/",
        DATABASE_URL=sqlite_url,
        DR_HEALTH_PORT=str(port),
    )
    try:
        status, body = _ready(port)
        assert status == 503
        assert body["store"] == "ok"
        assert any("slack" in reason for reason in body["reasons"])
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=10)
        assert process.returncode == 0
        assert time.monotonic() - began < 4
        assert "secret-token" not in logs
        assert all(isinstance(json.loads(line), dict) for line in logs.splitlines())
    finally:
        process.kill()
        process.communicate()


def _ready(port: int) -> tuple[int, dict[str, object]]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, json.load(answer)
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the health port never opened")
