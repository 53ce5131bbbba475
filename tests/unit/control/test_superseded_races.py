"""A planned run goes on until the forced one takes its place: whatever happens in that moment, one of them acts."""

from typing import Any

import pytest

from dr_core.approvals.escalation import escalate
from dr_core.approvals.model import Request
from dr_core.audit import trail
from dr_core.execution.model import RunState, StepState
from dr_core.execution.runner import Runner
from dr_core.plan.step import Mode
from dr_core.store import events, runs
from tests.unit.approvals.conftest import approve
from tests.unit.execution.meanwhile import meanwhile

from .test_races import promoting

pytestmark = pytest.mark.races


@pytest.fixture
def escalated(room: Any) -> tuple[Request, Runner]:
    """A forced request with one of two approvals that takes the place of a planned run; and that one's worker."""
    room.down = False
    room.see()
    room.world.takes_s = 5
    run_id, worker = room.approved(Mode.PLANNED), room.worker()
    room.until(worker, run_id, promoting)
    room.world.done_at["promote"] = float("inf")
    room.down = True
    room.see()
    request = escalate(room.services, run_id, actor=room.person("U0REQUESTER"), reason="it died", cmd_id="e1")
    approve(room.services, request, "U0ADA")
    return request, worker


def test_a_step_that_settles_as_its_run_is_superseded_breaks_neither(
    room: Any, escalated: tuple[Request, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, worker = escalated
    old_id = str(request.supersedes)
    room.world.done_at["promote"] = 0.0

    def moves() -> None:
        worker.tick()
        room.clock.advance(1)
        worker.tick()

    told = meanwhile(monkeypatch, runs, "claim", lambda: approve(room.services, request, "U0GRACE"), moves)
    assert told.one.run_id is not None
    old = room.run(old_id)
    assert old.state is RunState.ABORTED
    assert old.record("promote").state in (StepState.UNCERTAIN, StepState.DONE)
    assert room.services.store.read(trail.verify).ok


def test_a_run_that_is_taken_as_it_is_superseded_does_nothing_more(
    room: Any, escalated: tuple[Request, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = escalated
    room.rest(21)
    room.see()
    taker, before = room.worker(), room.effects()
    told = meanwhile(monkeypatch, runs, "command", lambda: approve(room.services, request, "U0GRACE"), taker._take)
    assert told.one.run_id is not None
    taker.tick()
    assert request.supersedes not in taker.owned
    assert [name for name in room.effects() if name == "promote"] == [name for name in before if name == "promote"]


def test_a_run_that_is_superseded_as_it_is_taken_is_waited_for(
    room: Any, escalated: tuple[Request, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its new owner may act for the rest of the lease that it has just got."""
    request, _ = escalated
    room.rest(21)
    room.see()
    taker = room.worker()
    told = meanwhile(monkeypatch, events, "put", taker._take, lambda: approve(room.services, request, "U0GRACE"))
    old, new = room.run(str(request.supersedes)), room.run(told.other.run_id)
    assert taker._hands[old.id].lease.epoch < old.epoch
    assert new.lease_until == old.lease_until
    assert new.lease_until is not None
    assert new.lease_until > room.clock.now()
