"""The product's programs as processes of their own, forked from one that has imported them: no story waits for imports.

Two fork servers a test run: one has moto and the sandbox, the other the bot, the worker and the terminal without it.
"""

import atexit
import contextlib
import hashlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.scenario.fork_server import MEMBER, Order

PROJECT = Path(__file__).parents[2]
SANDBOX, TERMINAL = "tests.scenario.forking_sandbox", "commands.cli"
START_S = 120
# What uvicorn imports when it begins to serve.
_SERVING = (
    "uvicorn.lifespan.off",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
# What every worker and every bot import late, when they first need it.
LATE_IN_WORKERS = (
    "_strptime",
    "boto3.s3.inject",
    "boto3.session",
    "dns.rdtypes.IN.A",
    "dr_core.ports",
    "dr_core.terminal.clerk",
    "dr_core.verify.dns",
)
_LATE_IN_BOTS = ("apscheduler.executors.asyncio", "slack_bolt.listener_matcher.async_builtins")
_WORLDS = (SANDBOX, "tests.scenario.preloaded", *_SERVING)
_COMMANDS = sorted(Path(PROJECT, "commands").rglob("[!_]*.py"))
_PRODUCT = (
    "tests.scenario.preloaded_clients",
    *_SERVING,
    *LATE_IN_WORKERS,
    *_LATE_IN_BOTS,
    "bot.__main__",
    "dr_core.worker.__main__",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    *(".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in _COMMANDS),
)


class Forked:
    """A forked program: the little of `Popen` that the stories need."""

    def __init__(self, server: Path, order: Order) -> None:
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(server))
        self._line.sendall(order.line())
        self._heard = b""
        self._read_until(1, None)
        self.pid = int(self._heard.split()[0])

    def poll(self) -> int | None:
        """The exit code once it has one."""
        self._read_until(2, 0.0)
        return self._code()

    def wait(self, timeout: float) -> int:
        """The exit code; TimeoutExpired when there is none by then."""
        self._read_until(2, timeout)
        code = self._code()
        if code is None:
            raise subprocess.TimeoutExpired([str(self.pid)], timeout)
        return code

    def send_signal(self, which: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, which)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _code(self) -> int | None:
        return int(self._heard.split()[1]) if self._heard.count(b"\n") == 2 else None

    def _read_until(self, lines: int, timeout: float | None) -> None:
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._heard.count(b"\n") < lines:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._line], [], [], left)[0]:
                return
            got = self._line.recv(64)
            assert got, "the fork server ended"
            self._heard += got
        if lines == 2:
            self._line.close()


def started(program: str, words: Sequence[str], environment: Mapping[str, str], out: Path, err: Path) -> Forked:
    """The program's `main` with these words; its exit code is `main`'s."""
    given = [str(_server(_PRODUCT)), *words] if program == SANDBOX else list(words)
    home = _server(_PRODUCT if program == TERMINAL else _WORLDS)
    return Forked(home, Order(program, given, dict(environment), str(PROJECT), str(out), str(err)))


def ran(
    program: str, words: Sequence[str], environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, as `subprocess.run` does."""
    with tempfile.NamedTemporaryFile("w+") as out, tempfile.NamedTemporaryFile("w+") as err:
        process = started(program, words, environment, Path(out.name), Path(err.name))
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return subprocess.CompletedProcess([program, *words], code, out.read(), err.read())


@cache
def _server(modules: tuple[str, ...]) -> Path:
    """The socket of the fork server that has these modules; all test processes of a run share it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    key = hashlib.sha256("\n".join([run, str(PROJECT), *modules]).encode()).hexdigest()[:16]
    door = Path(tempfile.gettempdir(), f"dr-h-{key}")
    first = door.with_suffix(".first")
    with contextlib.suppress(FileExistsError):
        os.close(os.open(first, os.O_CREAT | os.O_EXCL))
        try:
            command = [sys.executable, "-m", "tests.scenario.fork_server", str(door), *modules]
            subprocess.run(command, cwd=PROJECT, stdin=subprocess.DEVNULL, check=True)
        except subprocess.CalledProcessError:
            first.unlink()
            raise
    member = _connected(door, first)
    member.sendall(MEMBER)
    atexit.register(member.close)
    return door


def _connected(door: Path, first: Path) -> socket.socket:
    """Wait for the test process that is the first to start it."""
    deadline = time.monotonic() + START_S
    while True:
        member = socket.socket(socket.AF_UNIX)
        try:
            member.connect(str(door))
        except (FileNotFoundError, ConnectionRefusedError):
            member.close()
            assert first.exists(), "the fork server could not start"
            assert time.monotonic() < deadline, "the fork server did not start"
            time.sleep(0.05)
        else:
            return member
