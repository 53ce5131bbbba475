"""The gates: asked again and again before the first step that takes something away, and never after it."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.clock import Clock
from dr_core.execution.judge import Judge
from dr_core.execution.model import Run, RunState
from dr_core.execution.recovery import has_taken
from dr_core.execution.steps import Hand
from dr_core.store import requests, runs
from dr_core.store.engine import Store
from dr_core.store.runs import Change, HeldError

PATIENCE_S = 60.0
"""How long closed gates are asked again: capacity arrives, an observation gets fresh. Then the run ends unharmed."""

Finish = Callable[[Hand, Run, RunState, EventKind, str], None]


class GateKeeper:
    """Lets a run pass once, and records that it did."""

    def __init__(self, store: Store, judge: Judge, clock: Clock, actor: Mapping[str, JsonValue]) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._actor = actor

    def passed(self, hand: Hand, run: Run) -> bool:
        """Whether the run has passed its gates in this life, or had taken something away in an earlier one."""
        hand.gated = hand.gated or has_taken(run)
        return hand.gated

    def try_pass(self, hand: Hand, run: Run, finish: Finish) -> bool:
        """Record that the gates are open; when they stay closed, end the run: nothing was fenced, nothing is lost.

        True when the run has changed, by passing or by ending.
        """
        now = self._clock.monotonic()
        if now < hand.next_gate:
            return False
        hand.next_gate = now + 1.0
        request = self._store.read(lambda tx: requests.get(tx, run.request))
        reasons = self._judge.closed_gates(run, request)
        if reasons:
            hand.gate_since = hand.gate_since or now
            if now - hand.gate_since >= PATIENCE_S:
                text = "Refused at the gates, before anything was fenced: " + "; ".join(reasons)
                finish(hand, run, RunState.FAILED, EventKind.RUN_GATES_REFUSED, text)
                return True
            return False
        entry = (EventKind.RUN_GATES_PASSED, self._actor, {"run": run.id}, f"{run.id}:gates:{hand.lease.epoch}")
        try:
            self._store.write(
                lambda tx: runs.transition(
                    tx, run.id, hand.lease.epoch, Change([entry], {"gated_at": tx.now()}, intent=True)
                )
            )
        except HeldError:
            return False
        hand.gated = True
        return True
