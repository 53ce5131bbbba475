"""The bot and the worker as child processes: started with an explicit environment, kept alive, killed and paused."""

import asyncio
import http.client
import logging
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)

LEASH = Path(__file__).with_name("leash.py")
STOP_SECONDS = 8.0
LONGEST_BACKOFF = 10.0
SETTLED_SECONDS = 20.0  # a child that lived this long starts its back-off anew
TAIL_LINES = 8


class ProcessFaultKind(StrEnum):
    """What can be done to a child; the name of the child is the first word."""

    BOT_KILLED = "bot_killed"
    WORKER_KILLED = "worker_killed"
    WORKER_PAUSED = "worker_paused"


@dataclass(frozen=True)
class Program:
    """What to run: the arguments after `python`, its environment, its log and the port of its health endpoint."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    health_port: int | None = None


class Process(Protocol):
    """A process that was launched, as `asyncio.subprocess.Process` is."""

    @property
    def returncode(self) -> int | None:
        """None while it lives."""
        ...

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        ...

    def send_signal(self, which: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


Launch = Callable[[Program], Awaitable[Process]]


@dataclass
class Child:
    """A program that is kept running unless a fault holds it down."""

    program: Program
    process: Process | None = None
    ready: bool = False
    killed: bool = False  # by a fault that may be over before the death is noticed
    failures: int = 0
    last_words: str = ""
    down: set[str] = field(default_factory=set)
    paused: set[str] = field(default_factory=set)
    may_run: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def state(self) -> str:
        """One word for the page."""
        if self.down:
            return "killed"
        if self.paused:
            return "paused"
        return "ready" if self.ready else "starting"


class Processes:
    """All children. `complain` gets the last log lines of one that dies on its own."""

    def __init__(self, programs: list[Program], complain: Callable[[str], None], launch: Launch | None = None) -> None:
        self._children = {program.name: Child(program) for program in programs}
        self._complain = complain
        self._launch = launch or launched
        self._tasks: list[asyncio.Task[None]] = []
        self._faults: dict[str, tuple[ProcessFaultKind, asyncio.TimerHandle | None]] = {}
        self._stopping = False
        self._count = 0

    def start(self) -> None:
        """Start everything that no fault holds down, and keep it running."""
        for child in self._children.values():
            if not child.down:
                child.may_run.set()
            self._tasks.append(asyncio.create_task(self._keep_running(child)))
            self._tasks.append(asyncio.create_task(self._watch(child)))

    def states(self) -> dict[str, str]:
        """Each child's state: ready, starting, killed or paused."""
        return {name: child.state for name, child in self._children.items()}

    def ports(self, kind: str) -> tuple[int, ...]:
        """The health ports of the bots or of the workers, in their order."""
        programs = [child.program for name, child in self._children.items() if name.startswith(kind)]
        return tuple(one.health_port for one in programs if one.health_port is not None)

    def missing(self) -> list[str]:
        """Who does not answer 200 on /readyz at the moment."""
        return [name for name, child in self._children.items() if child.state != "ready"]

    async def stop(self) -> None:
        """End every child: politely, then not."""
        self._stopping = True
        for _, timer in self._faults.values():
            if timer is not None:
                timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._end(child) for child in self._children.values()))

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            log.warning("%s did not stop within %s s", child.program.name, STOP_SECONDS)
            process.kill()
            await process.wait()

    # -- keeping alive --------------------------------------------------------------------------------------------

    async def _keep_running(self, child: Child) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping:
            await child.may_run.wait()
            started = loop.time()
            begins = log_size(child.program.log)
            child.process = await self._launch(child.program)
            code = await child.process.wait()
            child.ready = False
            if child.killed or self._stopping:
                child.killed = False
                continue
            child.failures = 0 if loop.time() - started > SETTLED_SECONDS else child.failures + 1
            self._tell_once(child, f"{child.program.name} ended with code {code}{tail(child.program.log, begins)}")
            await asyncio.sleep(min(LONGEST_BACKOFF, 0.5 * 2**child.failures))

    def _tell_once(self, child: Child, text: str) -> None:
        """The same death over and over is told once; the log has all of them."""
        log.warning("%s", text)
        if text != child.last_words:
            child.last_words = text
            self._complain(text)

    async def _watch(self, child: Child) -> None:
        """Ask for readiness, often until it is there and seldom after."""
        while child.program.health_port is not None:
            asked = child.process
            running = asked is not None and asked.returncode is None and not child.paused
            answered = running and await asyncio.to_thread(answers_ready, child.program.health_port)
            child.ready = answered and child.process is asked and not child.killed
            await asyncio.sleep(1.0 if child.ready else 0.2)

    # -- faults ---------------------------------------------------------------------------------------------------

    def add_fault(self, kind: ProcessFaultKind, *, for_s: float | None = None) -> str:
        """Kill or pause; answers the id of the fault, whose end starts or continues the child."""
        self._count += 1
        fault_id = f"process-{self._count}"
        child = self._child(kind)
        if kind is ProcessFaultKind.WORKER_PAUSED:
            child.paused.add(fault_id)
            self._signal(child, signal.SIGSTOP)
        else:
            child.down.add(fault_id)
            child.may_run.clear()
            child.killed = self._signal(child, signal.SIGKILL) or child.killed
        child.ready = False
        timer = None
        if for_s is not None:
            timer = asyncio.get_running_loop().call_later(for_s, self.remove_fault, fault_id)
        self._faults[fault_id] = (kind, timer)
        return fault_id

    def remove_fault(self, fault_id: str | None) -> bool:
        """End one fault, or all with None; False when there is no such fault."""
        if fault_id is None:
            return all(self.remove_fault(one) for one in list(self._faults))
        if fault_id not in self._faults:
            return False
        kind, timer = self._faults.pop(fault_id)
        if timer is not None:
            timer.cancel()
        child = self._child(kind)
        child.down.discard(fault_id)
        child.paused.discard(fault_id)
        if not child.paused:
            self._signal(child, signal.SIGCONT)
        if not child.down:
            child.may_run.set()
        return True

    def faults(self) -> dict[str, ProcessFaultKind]:
        """The active faults by id."""
        return {fault_id: kind for fault_id, (kind, _) in self._faults.items()}

    def _child(self, kind: ProcessFaultKind) -> Child:
        return self._children[kind.value.split("_")[0]]

    def _signal(self, child: Child, which: signal.Signals) -> bool:
        """True when there was a living process to send it to."""
        if child.process is None or child.process.returncode is not None:
            return False
        child.process.send_signal(which)
        return True


async def launched(program: Program) -> Process:
    """Start a program in a session of its own, so that Ctrl-C reaches only the sandbox, which then stops it."""
    with program.log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-S",
            str(LEASH),
            sys.executable,
            *program.arguments,
            env=dict(program.environment),
            cwd=program.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )


def log_size(path: Path) -> int:
    """Where the next line of a log will stand."""
    return path.stat().st_size if path.exists() else 0


def tail(path: Path, begins: int = 0) -> str:
    """The last lines that a log got since `begins`, as the end of a sentence."""
    with path.open("rb") as content:
        content.seek(begins)
        lines = content.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
    return "; its last lines:" + "".join(f"\n  {line}" for line in lines) if lines else "; it wrote nothing"


def answers_ready(port: int) -> bool:
    """True when /readyz on this machine's `port` answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
