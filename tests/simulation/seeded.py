"""What one simulation shares with the next, and what makes all that happens in it follow from its seed."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures._base import DoneAndNotDoneFutures
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from dr_core.approvals import names
from dr_core.approvals.proof import AckSigner, AckVerifier
from dr_core.aws.session import AwsSessions
from dr_core.plan.failover import build
from dr_core.plan.step import Plan
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import engine
from dr_core.topology.load import load_checked
from dr_core.topology.model import Topology

from .store import StoreFile
from .virtual import VirtualTime, present

TOPOLOGY = load_checked(Path(__file__).with_name("topology.yaml"))
SHORTER, LEAST_S = 20.0, 8.0
"""Deadlines are shortened by this, so that they are met; nobody acknowledges a deadline."""


@dataclass
class Room:
    """What all simulations of a test process share."""

    file: StoreFile
    services: Services
    verifier: AckVerifier

    @classmethod
    def make(cls, file: StoreFile, folder: Path) -> "Room":
        key = folder / "ack.pem"
        signer = AckSigner.load_or_create(key)
        aws = AwsSessions.for_topology(TOPOLOGY)
        services = Services(TOPOLOGY, file.store, file.clock, read_settings({"DR_ACK_KEY": str(key)}), aws, signer)
        return cls(file, services, AckVerifier(key.with_suffix(".pub")))


@cache
def _shorter(application: str, **more: Any) -> Plan:
    """The plan that the planner makes of the same question each time, with shorter deadlines."""
    plan = build(TOPOLOGY, application, **more)
    steps = tuple(
        step.model_copy(update={"deadline_s": max(LEAST_S, step.deadline_s / SHORTER)}) for step in plan.steps
    )
    return plan.model_copy(update={"steps": steps})


@contextmanager
def deterministic(seed: int, time: VirtualTime) -> Iterator[None]:
    """Names, ids and jitter follow from the seed; deadlines are short; nothing waits in real time."""
    random = Random(f"names of {seed}")
    numbers = iter(range(10**9))

    def shorter(topology: Topology, application: str, **more: Any) -> Plan:
        assert topology is TOPOLOGY
        return _shorter(application, **more)

    class Secrets:
        choice = staticmethod(random.choice)

        @staticmethod
        def token_urlsafe(length: int) -> str:
            return f"{random.getrandbits(8 * length):x}"

    class Clock:
        monotonic = staticmethod(time.monotonic)

        @staticmethod
        def sleep(_seconds: float) -> None:
            """No need."""

    def number() -> str:
        return f"{next(numbers):026d}"

    def waited(futures: Sequence[Future[Any]], timeout: float) -> DoneAndNotDoneFutures[Any]:
        """A process that ends lets its calls return, in virtual time."""
        task, until = present(), time.t + timeout
        while task is not None and time.t < until and not all(future.done() for future in futures):
            task.process.sleep(0.25)
        done = {future for future in futures if future.done()}
        return DoneAndNotDoneFutures(done, set(futures) - done)

    with (
        mock.patch("dr_core.execution.hand.wait", waited),
        mock.patch.object(names, "secrets", Secrets),
        mock.patch.object(engine, "time", Clock),
        mock.patch("dr_core.store.events.ULID", number),
        mock.patch("dr_core.approvals.planning.build", shorter),
    ):
        yield
