"""`python -m bot.sandbox`: one clear line when it cannot start, and nothing left when it stops."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.sandbox.__main__ import EXAMPLE, main

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


def test_a_wrong_configuration_is_one_located_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "dr.yaml"
    wrong.write_text(EXAMPLE.read_text(encoding="utf-8").replace("version: 1", "version: 9"), encoding="utf-8")
    assert main(["--config", str(wrong), "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "dr.yaml" in said
    assert "version" in said
    assert "Traceback" not in said


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "nowhere.yaml")]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err


def test_a_port_in_use_is_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port), "--data", str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"port {port}" in line
    assert "--port" in line


@pytest.mark.parametrize("arguments", [["--speed", "0"], ["--speed", "fast"], ["--port", "70000"], ["--colour", "red"]])
def test_a_wrong_command_line_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert arguments[0] in capsys.readouterr().err


@dataclass(frozen=True)
class Life:
    """What one sandbox said and left: while it was ready, and after SIGTERM."""

    data: Path
    url: str
    ready: tuple[int, object]
    code: int
    said: str
    left: tuple[int, ...]


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """One sandbox, from its start to its end."""
    with _started(tmp_path_factory.mktemp("sandbox")) as (process, data, url):
        ready = _get(f"{url}/api/ready")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        had = [int(pid) for pid in children.read_text(encoding="utf-8").split()] if children.exists() else []
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=120)
    left = tuple(pid for pid in had if Path(f"/proc/{pid}").exists())
    return Life(data, url, ready, code, (data / "out").read_text(encoding="utf-8"), left)


@contextlib.contextmanager
def _started(data: Path) -> Iterator[tuple[subprocess.Popen[str], Path, str]]:
    """A sandbox as a person starts it, under a proxy that leads nowhere."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(data),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "bot.sandbox", "--port", "0", "--data", str(data)]
    with (data / "out").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=out, stderr=out, text=True)
        try:
            yield process, data, _ready(process, data / "out")
        finally:
            process.kill()
            process.wait()


def _ready(process: subprocess.Popen[str], out: Path) -> str:
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"^ready (http://127\.0\.0\.1:\d+)$", out.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return found[1]
        time.sleep(0.1)
    process.kill()
    raise AssertionError(out.read_text(encoding="utf-8"))


def _get(url: str) -> tuple[int, object]:
    """The answer of a sandbox that is ready; one look of its own may take longer than it allows itself."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 60
    while True:
        try:
            with opener.open(url, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                if time.monotonic() > deadline:
                    return error.code, json.loads(error.read())
        time.sleep(0.1)


def test_it_says_ready_when_all_processes_are(life: Life) -> None:
    assert life.ready == (200, {"ready": True, "missing": []})


def test_the_files_for_terminals_are_complete_and_private(life: Life) -> None:
    data, url = life.data, life.url
    values = dict(line.split("=", 1) for line in (data / "env").read_text(encoding="utf-8").splitlines())
    assert values["DATABASE_URL"] == f"sqlite:///{data / 'dr.db'}"
    assert values["SLACK_API_URL"] == f"{url}/slack/api/"
    assert {"DR_CONFIG", "AWS_ENDPOINT_URL", "AWS_PROFILE", "DR_PROBE_CONNECT_TO", "DR_RESOLVERS"} <= set(values)
    for name in ("DR_CONFIG", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "DR_PROBE_CA"):
        assert Path(values[name]).is_absolute()
        assert Path(values[name]).exists()
    ada = dict(line.split("=", 1) for line in (data / "people" / "U0ADA.env").read_text(encoding="utf-8").splitlines())
    assert ada["AWS_PROFILE"] == "U0ADA"
    assert (data / "env").stat().st_mode & 0o077 == 0
    assert "[U0ADA]" in Path(ada["AWS_SHARED_CREDENTIALS_FILE"]).read_text(encoding="utf-8")


def test_it_stops_on_sigterm_and_leaves_no_process_behind(life: Life) -> None:
    assert life.code == 0
    assert "Traceback" not in life.said
    assert life.left == ()
