"""The gates: asked again and again before the first step that takes something away, and never after it."""

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from dr_core.audit.events import EventKind
from dr_core.clock import Clock
from dr_core.execution import quorum
from dr_core.execution.hand import Hand
from dr_core.execution.judge import Judge
from dr_core.execution.model import Run, RunState
from dr_core.execution.recovery import has_taken
from dr_core.failpoints import Point
from dr_core.store import requests, runs
from dr_core.store.engine import Store, Tx
from dr_core.store.runs import Change, HeldError

PATIENCE_S = 60.0
"""How long closed gates are asked again: capacity arrives, an observation gets fresh. Then the run ends unharmed."""
PASS_LASTS_S = 5.0
"""How long a pass holds until the first step that takes something away; then the gates are asked again."""
UNKNOWN_PATIENCE_S = 15.0
"""How long a loss that cannot be measured is measured again before people are asked to accept it."""

Finish = Callable[[Hand, Run, RunState, EventKind, str], None]
AskAgain = Callable[[Hand, Run, str], None]


class GateKeeper:
    """Asks the gates until they are open, records that they were, and asks again where what follows came late."""

    def __init__(self, store: Store, judge: Judge, clock: Clock, actor: Mapping[str, JsonValue]) -> None:
        self._store = store
        self._judge = judge
        self._clock = clock
        self._actor = actor

    def passed(self, hand: Hand, run: Run) -> bool:
        """Whether the run passed its gates just now, or has taken something away: then nobody asks again."""
        just = hand.gated_at is not None and self._clock.monotonic() - hand.gated_at <= PASS_LASTS_S
        return just or has_taken(run)

    def try_pass(self, hand: Hand, run: Run, finish: Finish, ask_again: AskAgain) -> bool:
        """Record that the gates are open. True when the run has changed: it passed, ended, or asks people again.

        More loss than anybody accepted asks for a new round; other gates that stay closed end the run: nothing was
        fenced, nothing is lost.
        """
        now = self._clock.monotonic()
        if now < hand.next_gate:
            return False
        hand.next_gate = now + 1.0
        request, at = self._store.read(lambda tx: (requests.get(tx, run.request), tx.now()))
        idle = quorum.stale(run, request, quorum.moved_at(run), at)
        if idle is not None:
            ask_again(hand, run, idle)
            return True
        loss, reasons = self._judge.over_limit(run, request), self._judge.closed_gates(run)
        if loss is None and not reasons:
            return self._open(hand, run)
        hand.gate_since = now if hand.gate_since is None else hand.gate_since
        closed_s = now - hand.gate_since
        if loss is not None and (loss.seconds is not None or closed_s >= UNKNOWN_PATIENCE_S):
            ask_again(hand, run, loss.reason)
            return True
        if reasons and closed_s >= PATIENCE_S:
            text = "Refused at the gates, before anything was fenced: " + "; ".join(reasons)
            finish(hand, run, RunState.FAILED, EventKind.RUN_GATES_REFUSED, text)
            return True
        return False

    def _open(self, hand: Hand, run: Run) -> bool:
        cmd_id = f"{run.id}:gates:{hand.lease.epoch}:{hand.passes}"
        entry = (EventKind.RUN_GATES_PASSED, self._actor, {"run": run.id}, cmd_id)

        def passing(tx: Tx) -> None:
            change = Change([entry], {"gated_at": tx.now()}, intent=True)
            runs.transition(tx, run.id, hand.lease.epoch, change)

        try:
            self._store.write(passing, Point.RUN_GATES)
        except HeldError:
            return False
        hand.passes += 1
        hand.gated_at = self._clock.monotonic()
        hand.gate_since = None
        return True
