"""What a worker that is asked to stop gives away, and what it does not."""

import pytest

from dr_core.store import run_leases

from .conftest import Stage


@pytest.mark.parametrize("acting", [True, False], ids=["a call that may act", "a look"])
def test_a_stopped_worker_keeps_a_lease_under_which_a_call_may_be_on_its_way(lite: Stage, acting: bool) -> None:
    """Another one would not see its effect yet, and act again; a look that only observes keeps nobody waiting."""
    lite.begin()
    lite.executor.hanging.add("scale")
    runner = lite.runner()
    for _ in range(3):
        runner.tick()
        lite.clock.advance(0.1)
    [hand] = runner._hands.values()
    pursuit = hand.pursuits["scale"]
    assert pursuit.acting
    assert pursuit.future is not None
    assert pursuit.future.set_running_or_notify_cancel()
    pursuit.acting = acting
    runner.stop()
    assert lite.store.read(run_leases.takeable) == (() if acting else (lite.run_id,))
    lite.clock.advance(21)
    assert lite.store.read(run_leases.takeable) == (lite.run_id,)
