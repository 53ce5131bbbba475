"""Starts the local world in order (AWS, Slack, the store, the bot, the worker) and stops it in reverse."""

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.api import SandboxApi
from bot.sandbox.environment import (
    BOT_PROFILE,
    TERMINAL_PROFILE,
    WORKER_PROFILE,
    Addresses,
    Layout,
    child_environment,
    common_environment,
    free_ports,
    store_in,
    worker_key,
    write_environment,
    write_profiles,
)
from bot.sandbox.faults import Faults
from bot.sandbox.http_server import serving
from bot.sandbox.people import population_of
from bot.sandbox.processes import Launch, Processes, ProcessFaultKind, Program, launched, log_size, tail
from bot.sandbox.slack.manifest import read_manifest
from bot.sandbox.slack.server import LocalSlack
from bot.sandbox.told import Told
from bot.sandbox.world.guard import Policies
from bot.sandbox.world.world import Endpoints, World
from dr_core.clock import SystemClock
from dr_core.errors import DrError
from dr_core.topology.model import Topology

PROJECT = Path(__file__).resolve().parents[2]
MANIFEST = PROJECT / "bot" / "slack_manifest.yaml"


class LaunchError(DrError):
    """The sandbox cannot start; the message says why."""

    code, exit_code = "launch", 1


@dataclass(frozen=True)
class Options:
    """What the command line says; paths are absolute, `topology` is what `config` holds.

    Without a `store` (an SQLAlchemy URL) it is a file in `data`. `launch` starts the bots and workers. `policies`, by
    the ARN of whom they hold, are enforced. Not `built`: nothing stands in the account yet, and
    bot and worker are killed until somebody ends that.
    """

    config: Path
    topology: Topology
    port: int
    speed: float
    data: Path
    store: str | None = None
    bots: int = 1
    workers: int = 1
    launch: Launch = launched
    policies: Policies | None = None
    built: bool = True


def listening(port: int) -> socket.socket:
    """A socket on loopback; LaunchError when the port is taken."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        one.bind(("127.0.0.1", port))
    except OSError as error:
        one.close()
        refused = LaunchError(
            f"port {port} on 127.0.0.1 cannot be used ({error.strerror}); choose another with --port."
        )
        refused.exit_code = 2
        raise refused from error
    return one


def _names(kind: str, count: int) -> tuple[str, ...]:
    """`bot`, `bot2`, `bot3`: the first has the plain name, which faults and logs go by."""
    return (kind, *(f"{kind}{number}" for number in range(2, count + 1)))


def say(text: str) -> None:
    """To the terminal, at once, also through a pipe."""
    print(text, flush=True)


class Sandbox:
    """One local world, from start to stop."""

    def __init__(self, options: Options, listener: socket.socket) -> None:
        self._options = options
        self._listener = listener
        self._layout = Layout(options.data)
        self._url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._stop = asyncio.Event()
        clock = SystemClock()
        self._world = World(
            options.topology, data_dir=options.data / "world", clock=clock, speed=options.speed,
            policies=options.policies, built=options.built,
        )  # fmt: skip
        manifest = read_manifest(MANIFEST)
        self._slack = LocalSlack(self._url, population_of(options.topology, manifest.name), manifest, clock)

    async def run(self) -> int:
        """Until a signal; answers the exit code."""
        self._layout.logs.mkdir(parents=True, exist_ok=True)
        with self._signals():
            upgrading = asyncio.create_task(self._upgrade())
            try:
                endpoints = await asyncio.to_thread(self._world.start)
                processes = Processes(self._programs(endpoints), say, self._options.launch)
                async with self._serving(processes):
                    await upgrading
                    await self._until_stopped(processes)
            finally:
                upgrading.cancel()
                await asyncio.to_thread(self._world.stop)
        return 0

    async def _until_stopped(self, processes: Processes) -> None:
        if self._stop.is_set():
            return
        for kind in () if self._options.built else (ProcessFaultKind.BOT_KILLED, ProcessFaultKind.WORKER_KILLED):
            processes.add_fault(kind)
        processes.start()
        announcing = asyncio.create_task(self._announce(processes))
        try:
            await self._stop.wait()
            say("stopping")
        finally:
            announcing.cancel()
            await processes.stop()

    async def _announce(self, processes: Processes) -> None:
        say(f"{self._url}  (data in {self._layout.data})")
        say("  1. Open that address: an incident channel, and beside it the world. Type /dr status.")
        say("  2. Take a region down with its switch, then /dr failover, and approve as another person.")
        say(f"  3. In another terminal: set -a; . {self._layout.data / 'env'}; set +a; dr status")
        while self._options.built and processes.missing():
            await asyncio.sleep(0.05)
        say(f"ready {self._url}")

    # -- parts ----------------------------------------------------------------------------------------------------

    def _common(self, endpoints: Endpoints, profile: str) -> dict[str, str]:
        addresses = Addresses(
            slack_api_url=self._slack.desk.api_url,
            aws_url=endpoints.aws_url,
            probe_connect_to=endpoints.connect_to,
            probe_ca=Path(endpoints.ca_path).resolve(),
            resolvers=endpoints.resolver,
        )
        common = common_environment(self._options.config, self._layout, addresses, profile)
        return common | self._store()

    def _store(self) -> dict[str, str]:
        return {"DATABASE_URL": self._options.store} if self._options.store else store_in(self._layout)

    def _programs(self, endpoints: Endpoints) -> list[Program]:
        """The bots and the workers; writes the files for terminals on the way, as they hold the same values."""
        people = write_profiles(self._options.topology, self._layout, self._world.credentials)
        tokens = {"SLACK_BOT_TOKEN": self._slack.desk.tokens.bot, "SLACK_APP_TOKEN": self._slack.desk.tokens.app}
        bots, workers = _names("bot", self._options.bots), _names("worker", self._options.workers)
        ports = dict(zip((*bots, *workers), free_ports(len(bots) + len(workers)), strict=True))
        ack_key = self._layout.data / "ack.pem"
        keys = {"DR_ACK_KEY": str(ack_key), "DR_WORKER_KEY": str(worker_key(ack_key))}
        terminal = {**keys, "DR_HEALTH_PORT": str(ports[bots[0]])}
        write_environment(self._layout.data / "env", self._common(endpoints, TERMINAL_PROFILE) | terminal)
        for slack_id in people:
            path = self._layout.data / "people" / f"{slack_id}.env"
            write_environment(path, self._common(endpoints, slack_id) | terminal)

        def program(name: str, module: str, profile: str, secrets: dict[str, str]) -> Program:
            environment = child_environment(self._common(endpoints, profile), secrets, ack_key, ports[name])
            return self._program(name, ("-m", module), environment, ports[name])

        return [
            *(program(name, "bot", BOT_PROFILE, tokens) for name in bots),
            *(program(name, "dr_core.worker", WORKER_PROFILE, {}) for name in workers),
        ]

    def _program(self, name: str, arguments: tuple[str, ...], environment: dict[str, str], port: int | None) -> Program:
        return Program(name, arguments, environment, PROJECT, self._layout.logs / f"{name}.log", port)

    async def _upgrade(self) -> None:
        """Bring the store's tables up to date, before anybody uses it and while the world is made."""
        environment = child_environment(self._store(), {}, self._layout.data / "ack.pem", 0)
        program = self._program("upgrade", ("-m", "commands.cli", "db", "upgrade"), environment, None)
        begins = log_size(program.log)
        process = await self._options.launch(program)
        code = await process.wait()
        if code != 0 and not self._stop.is_set():
            raise LaunchError(f"dr db upgrade ended with code {code}{tail(program.log, begins)}")

    def _serving(self, processes: Processes) -> contextlib.AbstractAsyncContextManager[None]:
        faults = Faults(self._world, self._slack, processes)
        api = SandboxApi(
            self._slack,
            self._world,
            faults,
            missing=processes.missing,
            states=processes.states,
            speed=self._options.speed,
            told=Told(processes.ports("worker")),
        )
        return serving(self._slack, api, self._listener)

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop the sandbox; outside the main thread nobody can send them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        caught = (signal.SIGINT, signal.SIGTERM)
        for one in caught:
            loop.add_signal_handler(one, self._stop.set)
        try:
            yield
        finally:
            for one in caught:
                loop.remove_signal_handler(one)


def start(options: Options) -> int:
    """Run a sandbox until it is stopped; DrError when it cannot start."""
    if sys.platform == "win32":
        raise LaunchError("the sandbox needs Linux or macOS.")
    listener = listening(options.port)

    async def work() -> int:
        return await Sandbox(options, listener).run()

    with contextlib.closing(listener):
        return asyncio.run(work())
