"""The sandbox as `python -m bot.sandbox` runs it, but for its children: a fork server forks them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from unittest.mock import patch

from bot.sandbox import launch
from bot.sandbox.__main__ import main as sandbox
from bot.sandbox.processes import Program
from bot.sandbox.slack import gestures
from bot.sandbox.slack.server import LocalSlack
from tests.scenario.fork_server import Order

_MAINS = {"bot": "bot.__main__", "dr_core.worker": "dr_core.worker.__main__"}
_SERVER_GONE = -9
_PATIENT_S = 60.0
"""Slack's own three seconds are proven in tests/sandbox; here the bot of a busy machine is as good as any other."""


class ForkedChild:
    """A forked child, watched as `asyncio.subprocess.Process` watches an executed one."""

    def __init__(self, pid: int, line: asyncio.StreamReader, held: asyncio.StreamWriter) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._held = held
        self._end = asyncio.create_task(self._watch(line))

    async def wait(self) -> int:
        return await asyncio.shield(self._end)

    def send_signal(self, which: int, /) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, which)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def _watch(self, line: asyncio.StreamReader) -> int:
        told = await line.readline()
        self._held.close()
        self.returncode = int(told) if told else _SERVER_GONE
        return self.returncode


@dataclass(frozen=True)
class ForkLaunch:
    """Launches the sandbox's children; when the sandbox ends, the fork server ends what is left of them.

    `/proc` has the fork server's environment for them, so the port of each stands in `PID.port` beside its log.
    """

    server: str

    async def __call__(self, program: Program) -> ForkedChild:
        flag, module, *words = program.arguments
        assert flag == "-m"
        log = str(program.log)
        order = Order(_MAINS.get(module, module), words, dict(program.environment), str(program.folder), log, log)
        line, held = await asyncio.open_unix_connection(self.server)
        held.write(order.line())
        pid = int(await line.readline())
        program.log.with_name(f"{pid}.port").write_text(str(program.health_port), encoding="utf-8")
        return ForkedChild(pid, line, held)


def main(words: Sequence[str]) -> int:
    """The first word is the fork server's door, the others are the sandbox's."""
    patient = partial(LocalSlack, ack_seconds=_PATIENT_S)
    with patch.object(gestures, "TRIGGER_SECONDS", _PATIENT_S), patch.object(launch, "LocalSlack", patient):
        return sandbox(list(words[1:]), launch=ForkLaunch(words[0]))
