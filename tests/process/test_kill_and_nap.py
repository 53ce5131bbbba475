"""Real workers are killed and put to sleep all the time, and the store restarts; the world counts what they did.

These tests, and only these, wait in real time: leases last two seconds here.
"""

import json
import os
import random
import threading
from collections import Counter
from typing import Any

import pytest

from dr_core.audit import trail
from dr_core.audit.chain import OPS
from dr_core.audit.events import EventKind
from dr_core.execution.model import RunState, StepState
from dr_core.store import events, scope
from tests.process.conftest import Arena, eventually
from tests.process.host import SHORT

pytestmark = [pytest.mark.process, pytest.mark.timeout(900)]
SCALE = int(os.environ.get("DR_TEST_SCALE", "1"))
KILLS, NAPS, RESTARTS = 100 * SCALE, 20 * SCALE, 4
# The same desired count twice is the same state of the service: ECS has no conditional call (docs/fencing.md).
REPEATABLE = {"UpdateService"}


def test_no_kill_no_nap_and_no_restart_makes_anything_happen_twice_or_unasked(arena: Arena) -> None:
    arena.enrol()
    for _ in range(2):
        arena.workers.start()
    fury = Fury(arena, random.Random(20261122))
    fury.start()
    finished: list[str] = []
    target = "eu-west-1"
    while not fury.done() or len(finished) < 3:
        finished.append(there(arena, target, len(finished)))
        target = "eu-central-1" if target == "eu-west-1" else "eu-west-1"
    fury.join()
    assert fury.problems == []
    assert arena.workers.kills >= KILLS
    assert arena.workers.naps >= NAPS
    assert fury.restarts >= RESTARTS
    states = {run_id: arena.run(run_id).state for run_id in finished}
    assert set(states.values()) == {RunState.SUCCEEDED}, states
    nothing_twice(arena, finished)
    nothing_unasked(arena, finished)
    assert arena.services.store.read(trail.verify).ok
    ops: list[Any] = arena.services.store.read(lambda tx: list(events.of_chain(tx, OPS)))
    assert [event.data for event in ops if event.kind == EventKind.CALL_UNEXPLAINED] == []
    assert arena.services.store.read(lambda tx: scope.holder(tx, ("shop",))) is None


def there(arena: Arena, target: str, number: int) -> str:
    """One planned failover, from the request to its end; its run."""
    request = eventually("the request", lambda: arena.ask(target, number))
    run_id = str(eventually("the approval", lambda: arena.approve(request, number)))
    # As long as the fury lasts, which on a slow machine kills a worker before it has got anywhere.
    eventually("the end of the run", lambda: arena.run(run_id).state.finished, 600)
    return run_id


class Fury(threading.Thread):
    """Kills every second or so, puts to sleep past the lease, restarts the store now and then."""

    def __init__(self, arena: Arena, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self.arena, self.dice = arena, dice
        self.restarts = 0
        self.problems: list[str] = []

    def done(self) -> bool:
        workers = self.arena.workers
        return workers.kills >= KILLS and workers.naps >= NAPS and self.restarts >= RESTARTS

    def run(self) -> None:
        try:
            while not self.done():
                self._blow()
        except Exception as error:  # told by the test, which fails on it
            self.problems.append(repr(error))

    def _blow(self) -> None:
        workers = self.arena.workers
        pause = threading.Event()
        pause.wait(self.dice.uniform(0.2, 1.4))
        if workers.kills < KILLS:
            workers.kill(self.dice)
        if workers.naps < NAPS and self.dice.random() < 0.35:
            workers.nap(self.dice, SHORT.ttl_s + 0.7)
        due = (self.restarts + 1) * KILLS / (RESTARTS + 1)
        if self.restarts < RESTARTS and workers.kills >= due:
            self.arena.restart_store()
            self.restarts += 1


def nothing_twice(arena: Arena, finished: list[str]) -> None:
    """Between two runs' beginnings every effect stands once, but those that a service cannot refuse."""
    begins = sorted(arena.run(run_id).created_at for run_id in finished)
    counts: Counter[tuple[int, str]] = Counter()
    for call in arena.applied():
        number = sum(begun.isoformat() <= call["time"] for begun in begins)
        what = f"{call['operation']} {call['region']} {json.dumps(call['parameters'], sort_keys=True)}"
        counts[number, what] += 1
    twice = {key: count for key, count in counts.items() if count > 1}
    assert {key: n for key, n in twice.items() if key[1].split()[0] not in REPEATABLE} == {}


def nothing_unasked(arena: Arena, finished: list[str]) -> None:
    """Every effect lies after the approval of a run that was not over yet, and every step of it has its intent."""
    spans = [(arena.request(run_id), arena.run(run_id)) for run_id in finished]
    for call in arena.applied():
        inside = [
            run.id
            for request, run in spans
            if request.decided_at is not None
            and run.ended_at is not None
            and request.decided_at.isoformat() <= call["time"] <= run.ended_at.isoformat()
        ]
        assert inside, f"nobody asked for {call}"
    for request, run in spans:
        kinds: list[Any] = arena.services.store.read(
            lambda tx, chain=request.id: [(e.kind, e.data.get("step")) for e in events.of_chain(tx, chain)]
        )
        for record in run.steps:
            assert record.state in (StepState.DONE, StepState.NOT_REACHED), (run.id, record)
            assert ("step.intent", record.name) in kinds
