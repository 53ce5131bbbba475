"""Starts the sandbox with the options that a person would give it, waits until it is ready, and always stops it."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from tests.scenario import forked
from tests.scenario.room import Room, wait_until

START_S, STOP_S, LOG_LINES = 180, 25, 25


@contextlib.contextmanager
def running(config: Path, data: Path, speed: float, *options: str) -> Iterator[Room]:
    """`dr sandbox` with more options, from start to stop."""
    data.mkdir(parents=True, exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "HOME": str(data), "LANG": "C.UTF-8"}
    words = ["--config", str(config), "--port", "0", "--speed", str(speed), "--data", str(data), *options]
    (data / "out").touch()
    process = forked.started(forked.SANDBOX, words, environment, data / "out", data / "out")
    try:
        yield Room(_url(process, data), data, YAML(typ="safe").load(config))
    finally:
        _stop(process)


def _url(process: forked.Forked, data: Path) -> str:
    out = data / "out"

    def said() -> str:
        return out.read_text(encoding="utf-8")

    def done(text: str) -> bool:
        return re.search(r"^ready ", text, re.MULTILINE) is not None or process.poll() is not None

    found = re.search(r"^ready (http://127\.0\.0\.1:\d+)$", wait_until(said, done, START_S, "ready"), re.MULTILINE)
    assert found, f"the sandbox did not start: {said()}\n{logs(data)}"
    return found[1]


def _stop(process: forked.Forked) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()


def logs(data: Path) -> str:
    """The last lines of each log."""
    parts = []
    for path in sorted((data / "logs").glob("*.log")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
        parts.append(f"-- {path.name}\n" + "\n".join(lines))
    return "\n".join(parts)
