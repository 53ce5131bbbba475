"""The observer survives every fault of store and look, and says when it does not get through."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from dr_core.approvals.proof import AckSigner
from dr_core.aws.session import AwsSessions
from dr_core.clock import ManualClock
from dr_core.duty import Duty
from dr_core.errors import UnreachableError
from dr_core.observation.model import Observation
from dr_core.services import Services
from dr_core.settings import read_settings
from dr_core.store import observations
from dr_core.store.engine import Store
from dr_core.topology.model import Topology
from dr_core.worker.__main__ import not_ready
from dr_core.worker.duties import Duties
from dr_core.worker.observer import Observe, Observer


class Lease:
    """Ours, until the test says otherwise; calls `asked` each time."""

    def __init__(self, asked: Callable[[], None] = lambda: None) -> None:
        self.ours = True
        self.asked = asked

    def hold(self) -> bool:
        self.asked()
        return self.ours

    def release(self) -> None:
        """Nobody else wants it."""


class Away:
    """A store that nobody reaches."""

    def read(self, work: Any) -> Any:
        raise UnreachableError("The store cannot be used.")

    write = read


def look(clock: ManualClock) -> Observe:
    return lambda application, *_: Observation(application=application, observed_at=clock.now(), duration_s=0.1)


def observer(store: Any, clock: ManualClock, lease: Lease, seeing: Any = None) -> Observer:
    every = timedelta(milliseconds=1)
    return Observer(store, seeing or look(clock), ("shop",), every, lease, "me", clock)  # type: ignore[arg-type]


def rounds(made: Observer, lease: Lease, number: int) -> bool:
    """Let it run until it asked for its lease `number` times; whether its thread lived that long."""
    stop, asked = Event(), []

    def count() -> None:
        asked.append(1)
        if len(asked) == number:
            stop.set()

    lease.asked = count
    thread = Thread(target=Duty("observer", made.round, made.pause, lease).run, args=(stop,))
    thread.start()
    thread.join(timeout=120)
    return len(asked) == number


def test_a_store_that_is_away_does_not_end_the_observer(clock: ManualClock) -> None:
    lease = Lease()
    assert rounds(observer(Away(), clock, lease), lease, 2)


def test_samples_that_could_not_be_forgotten_are_forgotten_the_next_time(
    store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def forget(*_arguments: Any) -> int:
        tries.append(1)
        raise UnreachableError("The store cannot be used.")

    monkeypatch.setattr(observations, "forget_samples", forget)
    lease = Lease()
    assert rounds(observer(store, clock, lease), lease, 2)
    assert len(tries) == 2


def test_what_nobody_foresaw_does_not_end_the_observer(store: Store, clock: ManualClock) -> None:
    def broken(*_arguments: Any) -> Observation:
        raise ZeroDivisionError

    lease = Lease()
    assert rounds(observer(store, clock, lease, broken), lease, 2)


def test_an_observer_that_does_not_get_through_is_overdue(store: Store, clock: ManualClock) -> None:
    lease = Lease()
    made = observer(store, clock, lease)
    assert made.overdue() == []
    rounds(made, lease, 1)
    clock.advance(59)
    assert made.overdue() == []
    clock.advance(2)
    assert made.overdue() == ["shop was not observed for 61 s"]


def test_an_observer_that_never_got_through_is_overdue_from_when_it_took_the_lease(clock: ManualClock) -> None:
    lease = Lease()
    made = observer(Away(), clock, lease)
    clock.advance(1000)
    rounds(made, lease, 1)
    assert made.overdue() == []
    clock.advance(70)
    assert made.overdue() == ["shop was not observed for 70 s"]


def test_a_worker_without_the_lease_owes_nothing(store: Store, clock: ManualClock) -> None:
    lease = Lease()
    made = observer(store, clock, lease)
    rounds(made, lease, 1)
    lease.ours = False
    rounds(made, lease, 1)
    clock.advance(1000)
    assert made.overdue() == []


def test_a_worker_is_not_ready_when_its_observer_ended_or_hangs(
    store: Store, clock: ManualClock, shop: Topology, tmp_path: Path
) -> None:
    settings = read_settings({"DR_ACK_KEY": str(tmp_path / "ack.pem")})
    bundle = Services(shop, store, clock, settings, AwsSessions.for_topology(shop, None), None)
    lease = Lease()
    made = observer(store, clock, lease)
    duty = Duties(made, Any, Any, Any, ())  # type: ignore[arg-type]
    [keyless, unseen] = not_ready(bundle, duty)
    assert "no public key" in keyless
    assert unseen == "shop was not observed yet"
    AckSigner.load_or_create(settings.ack_key)
    rounds(made, lease, 1)
    assert not_ready(bundle, duty) == []
    duty.threads["observer"] = Thread()
    assert not_ready(bundle, duty) == ["the observer has ended; restart the worker"]
    duty.threads.clear()
    clock.advance(90)
    assert not_ready(bundle, duty) == ["shop was not observed for 90 s"]
