"""A simulated AWS, a PostgreSQL of its own that can be restarted, and real worker processes with short leases."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.world.world import World
from dr_core import bootstrap
from dr_core.approvals import ack
from dr_core.approvals.model import Actor, Face, Request, Roster, RosterUser
from dr_core.approvals.open import open_request
from dr_core.clock import SystemClock
from dr_core.errors import DrError
from dr_core.execution.model import Run
from dr_core.failpoints import Point
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import migrate, requests, roster, runs
from dr_core.topology.load import load_checked
from tests.postgres import own_server

PROJECT = Path(__file__).resolve().parents[2]
TOPOLOGY = PROJECT / "tests" / "topologies" / "shop.yaml"
SELDOM = ("interval: 1s", "interval: 4s")
"""A worker observes when it starts, which is all the time here; in between it has runs to carry out."""
PEOPLE = ("U0ADA", "U0GRACE", "U0LINUS", "U0REQUESTER")
SPEED = 600.0


@dataclass
class Workers:
    """Worker processes by pid; `kills` and `naps` are counted as they happen."""

    host: subprocess.Popen[str]
    pids: list[int] = field(default_factory=list)
    kills: int = 0
    naps: int = 0

    def start(self) -> None:
        assert self.host.stdin is not None
        assert self.host.stdout is not None
        self.host.stdin.write("start\n")
        self.host.stdin.flush()
        self.pids.append(int(self.host.stdout.readline()))

    def kill(self, dice: random.Random) -> None:
        """SIGKILL one, and start another in its place."""
        pid = self.pids.pop(dice.randrange(len(self.pids)))
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        self.start()

    def nap(self, dice: random.Random, seconds: float) -> None:
        """SIGSTOP one for longer than its lease, then let it go on as if nothing had been."""
        pid = dice.choice(self.pids)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(seconds)
            finally:
                os.kill(pid, signal.SIGCONT)
                self.naps += 1

    def stop(self) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.host.kill()
        for pipe in (self.host.stdin, self.host.stdout):
            if pipe is not None:
                pipe.close()
        self.host.wait()


@dataclass
class Arena:
    """What a process test moves. The harness is the bot: it opens requests and signs acknowledgements."""

    world: World
    services: Services
    workers: Workers
    restart_store: Callable[[], None]

    def actor(self, user: str) -> Actor:
        person = next((p for p in self.services.topology.people if p.slack == user), None)
        key = f"person:{person.name}" if person else f"slack:{user}"
        return Actor(person=key, display=user, face=Face.SLACK, slack_user=user, team="T0HOME")

    def enrol(self) -> None:
        def work(tx: Any) -> None:
            users = {user: RosterUser(name=user, team="T0HOME") for user in PEOPLE}
            members = frozenset(PEOPLE)
            new = Roster(at=tx.now(), team="T0HOME", incident_members=members, approvers=frozenset(), users=users)
            roster.save(tx, new, self.actor("U0ADA"))

        self.services.store.write(work, Point.ROSTER_KEEP)

    def ask(self, target: str, number: int) -> Request:
        return open_request(
            self.services,
            application="shop",
            target=target,
            mode=Mode.PLANNED,
            actor=self.actor("U0REQUESTER"),
            reason="there and back",
            cmd_id=f"process:{number}",
        )

    def approve(self, request: Request, number: int) -> str:
        outcome = ack.approve(
            self.services,
            request.id,
            round=1,
            actor=self.actor("U0ADA"),
            typed_limit=None,
            evidence={"test": "process"},
            cmd_id=f"process:{number}:ack",
        )
        assert outcome.run_id is not None
        return outcome.run_id

    def run(self, run_id: str) -> Run:
        return self.services.store.read(lambda tx: runs.get(tx, run_id))

    def request(self, run_id: str) -> Request:
        return self.services.store.read(lambda tx: requests.get(tx, self.run(run_id).request))

    def applied(self) -> list[dict[str, Any]]:
        """Every call of the product that had an effect, by the simulated AWS's own record."""
        return [call for call in self.world.calls() if call["effect"] == "applied" and call["purpose"] == "run"]


def eventually(what: str, attempt: Callable[[], Any], within_s: float = 180.0) -> Any:
    """Try until `attempt` answers something; the store and the world may be away meanwhile."""
    end, last = time.monotonic() + within_s, ""
    while time.monotonic() < end:
        try:
            found = attempt()
            if found:
                return found
        except DrError as error:
            last = str(error)
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come about within {within_s:g} s; last: {last}")


@pytest.fixture
def server() -> Iterator[Any]:
    with own_server() as made:
        yield made


@pytest.fixture
def arena(server: Any, tmp_path: Path) -> Iterator[Arena]:
    config = tmp_path / "dr.yaml"
    config.write_text(TOPOLOGY.read_text(encoding="utf-8").replace(*SELDOM), encoding="utf-8")
    topology = load_checked(config)
    url = server.get_uri()
    migrate.upgrade(url)
    world = World(topology, data_dir=tmp_path / "world", clock=SystemClock(), speed=SPEED)
    (tmp_path / "world").mkdir(exist_ok=True)
    endpoints = world.start()
    key, secret = world.credentials("arn:aws:iam::123456789012:user/dr-bot")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "DR_CONFIG": str(config),
        "DATABASE_URL": url,
        "AWS_ENDPOINT_URL": endpoints.aws_url,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_EC2_METADATA_DISABLED": "true",
        "DR_PROBE_CONNECT_TO": endpoints.connect_to,
        "DR_PROBE_CA": str(endpoints.ca_path),
        "DR_RESOLVERS": endpoints.resolver,
        "DR_ACK_KEY": str(tmp_path / "ack.pem"),
        "DR_WORKER_KEY": str(tmp_path / "worker.pem"),
        "DR_HEALTH_PORT": "0",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    services = bootstrap.services(read_settings(environment), signer=True)
    with (tmp_path / "workers.log").open("w", encoding="utf-8") as log:
        host = subprocess.Popen(
            [sys.executable, "-m", "tests.process.host"],
            cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        workers = Workers(host)
        try:
            yield Arena(world, services, workers, lambda: _restart(server))
        finally:
            workers.stop()
            services.store.dispose()
            world.stop()


def _restart(server: Any) -> None:
    """Stopped in the middle of whatever it does, and started again."""
    server.stop()
    server.start()
