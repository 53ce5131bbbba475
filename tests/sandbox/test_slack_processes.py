"""Real child processes: started again when they die, held down and paused by faults, all gone at the end."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.sandbox.environment import child_environment, free_ports
from bot.sandbox.processes import Processes, ProcessFaultKind, Program

pytestmark = pytest.mark.process

SERVER = """
import http.server, os, sys
open(sys.argv[2], "a").write(f"{os.getpid()}\\n")
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


class Worker:
    """One supervised child called worker, with what it wrote down: the process id of each of its lives."""

    def __init__(self, folder: Path, arguments: tuple[str, ...] | None = None) -> None:
        [port] = free_ports(1)
        self.lives_file = folder / "lives"
        self.words: list[str] = []
        script = arguments or ("-c", SERVER, str(port), str(self.lives_file))
        environment = child_environment({}, {}, folder / "ack.pem", port)
        program = Program("worker", script, environment, folder, folder / "worker.log", port)
        self.processes = Processes([program], self.words.append)

    def lives(self) -> list[int]:
        return [int(line) for line in self.lives_file.read_text().split()] if self.lives_file.exists() else []

    def state(self) -> str:
        return self.processes.states()["worker"]

    async def until(self, state: str, lives: int) -> None:
        async with asyncio.timeout(120):
            while self.state() != state or len(self.lives()) != lives:
                await asyncio.sleep(0.02)


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_child_stays_down_until_the_fault_ends_and_a_dead_one_comes_back(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.processes.start()
    await worker.until("ready", 1)
    fault = worker.processes.add_fault(ProcessFaultKind.WORKER_KILLED)
    assert (worker.state(), worker.processes.missing()) == ("killed", ["worker"])
    assert worker.processes.remove_fault(fault)
    await worker.until("ready", 2)
    assert worker.words == [], "a fault is no news"
    os.kill(worker.lives()[-1], signal.SIGTERM)
    await worker.until("ready", 3)
    assert "worker ended with code" in worker.words[0]
    await worker.processes.stop()
    assert not exists(worker.lives()[-1])


async def test_a_fault_with_a_time_ends_by_itself(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.processes.start()
    await worker.until("ready", 1)
    worker.processes.add_fault(ProcessFaultKind.WORKER_KILLED, for_s=0.2)
    await worker.until("ready", 2)
    assert worker.processes.faults() == {}
    await worker.processes.stop()


async def test_a_paused_child_lives_and_goes_on_and_can_be_stopped_while_paused(tmp_path: Path) -> None:
    worker = Worker(tmp_path)
    worker.processes.start()
    await worker.until("ready", 1)
    worker.processes.add_fault(ProcessFaultKind.WORKER_PAUSED)
    await worker.until("paused", 1)
    worker.processes.remove_fault(None)
    await worker.until("ready", 1)
    worker.processes.add_fault(ProcessFaultKind.WORKER_PAUSED)
    await worker.processes.stop()
    assert not exists(worker.lives()[0])


async def test_a_child_that_dies_at_start_shows_its_last_lines_once(tmp_path: Path) -> None:
    worker = Worker(tmp_path, ("-c", "import sys; sys.exit('SLACK_BOT_TOKEN is missing')"))
    worker.processes.start()
    async with asyncio.timeout(120):
        while not worker.words:
            await asyncio.sleep(0.02)
    await worker.processes.stop()
    assert worker.words == ["worker ended with code 1; its last lines:\n  SLACK_BOT_TOKEN is missing"]


def test_a_child_gets_nothing_of_the_callers_environment_but_what_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    made = child_environment({"DR_CONFIG": "/x/dr.yaml"}, {}, Path("/x/ack.pem"), 4000)
    assert "HTTPS_PROXY" not in made
    assert "AWS_SECRET_ACCESS_KEY" not in made
    assert made["DR_CONFIG"] == "/x/dr.yaml"
