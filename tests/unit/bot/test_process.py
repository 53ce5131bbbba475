"""The bot as a process: it starts while Slack is down and says so, ends all the same, and names what is missing."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.loopback import unasked_port

ROOT = Path(__file__).parents[3]
TOPOLOGY = ROOT / "tests" / "topologies" / "shop.yaml"
AT_MOST_S = 300
"""Who waits for Slack waits for ever; a cold Python on a busy machine is allowed its time."""


def environment(**given: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DR_CONFIG": str(TOPOLOGY), **given}


@contextmanager
def started(cwd: Path, **given: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bot"]
    process = subprocess.Popen(
        command, cwd=cwd, env=environment(**given), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.process
def test_what_is_missing_ends_the_process_with_one_line(tmp_path: Path) -> None:
    with started(tmp_path) as process:
        said, told = process.communicate(timeout=AT_MOST_S)
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
def test_it_starts_while_slack_is_down_says_so_and_ends_when_told(sqlite_url: str, tmp_path: Path) -> None:
    port = unasked_port()
    with started(
        tmp_path,
        SLACK_BOT_TOKEN="xoxb-secret-token",
        SLACK_APP_TOKEN="xapp-secret-token",
        SLACK_API_URL="http://127.0.0.1:9/api/",
        DATABASE_URL=sqlite_url,
        DR_HEALTH_PORT=str(port),
    ) as process:
        status, reasons = _once_it_has_its_store(port, process)
        assert status == 503
        assert any("slack" in reason for reason in reasons)
        process.send_signal(signal.SIGTERM)
        _, logs = process.communicate(timeout=AT_MOST_S)
        assert process.returncode == 0
        assert "secret-token" not in logs
        assert all(isinstance(json.loads(line), dict) for line in logs.splitlines())


def _once_it_has_its_store(port: int, process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Readiness's status and reasons, as soon as its look at the store was through in time."""
    told, deadline = "nothing yet", time.monotonic() + AT_MOST_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as answer:
                status, body = answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                status, body = answer.code, json.load(answer)
        except OSError as error:
            told = str(error)
            time.sleep(0.05)
            continue
        if body["store"] == "ok":
            return status, body["reasons"]
        told = str(body)
    raise AssertionError(f"readiness never saw the store; last: {told}")
