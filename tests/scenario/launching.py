"""Starts `python -m bot.sandbox` as a person does, waits until it is ready, and always stops it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from tests.scenario.room import PROJECT, Room, wait_until

START_S, STOP_S, LOG_LINES = 90, 25, 25


def running(config: Path, data: Path, speed: float) -> Iterator[Room]:
    """`python -m bot.sandbox` from start to stop."""
    data.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "LANG": "C.UTF-8"}
    command = [sys.executable, "-m", "bot.sandbox", "--config", str(config), "--port", "0"]
    with (data / "out").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(
            [*command, "--speed", str(speed), "--data", str(data)],
            cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        try:
            yield Room(_url(process, data), data, YAML(typ="safe").load(config))
        finally:
            _stop(process)


def _url(process: subprocess.Popen[bytes], data: Path) -> str:
    out = data / "out"

    def said() -> str:
        return out.read_text(encoding="utf-8")

    def done(text: str) -> bool:
        return re.search(r"^ready ", text, re.MULTILINE) is not None or process.poll() is not None

    found = re.search(r"^ready (http://127\.0\.0\.1:\d+)$", wait_until(said, done, START_S, "ready"), re.MULTILINE)
    assert found, f"the sandbox did not start: {said()}\n{logs(data)}"
    return found[1]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def logs(data: Path) -> str:
    """The last lines of each log."""
    parts = []
    for path in sorted((data / "logs").glob("*.log")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        parts.append(f"-- {path.name}\n" + "\n".join(lines))
    return "\n".join(parts)
