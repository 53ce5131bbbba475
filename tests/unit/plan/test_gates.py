"""The last questions before fencing."""

from datetime import timedelta

import pytest

from dr_core.plan.failover import build
from dr_core.plan.gates import check, over_limit
from dr_core.plan.step import Mode

HOME, AWAY = "ap-south-1", "ap-south-2"


@pytest.fixture
def closed(clock, topology, observe):
    """`closed(mode, observation, limit)`: the reasons."""

    def make(mode=Mode.FORCED, seen=None, limit=60, overrides=(), within=None):
        within = within or topology
        plan = build(within, "pay", source=HOME, target=AWAY, mode=mode, overrides=overrides)
        over = over_limit(within, plan, seen, clock.now(), limit)
        return ((over.reason,) if over else ()) + check(within, plan, seen, clock.now())

    return make


def ready(observe, **given):
    """The target runs what it needs."""
    seen = observe(**given)
    full = tuple(c.model_copy(update={"desired": 3, "running": 3}) if c.region == AWAY else c for c in seen.capacity)
    return seen.model_copy(update={"capacity": full})


def with_lag(seen, seconds, **changes):
    update = {"seconds": seconds, "measured_at": seen.observed_at if seconds is not None else None, **changes}
    return seen.model_copy(update={"readings": (seen.readings[0].model_copy(update=update),)})


def test_gates_open_for_a_prepared_target(closed, observe):
    assert closed(Mode.PLANNED, ready(observe)) == ()
    assert closed(Mode.FORCED, ready(observe, down=HOME)) == ()


def test_an_exposure_over_the_accepted_limit_closes_and_tells_value_threshold_and_age(closed, observe):
    (reason,) = closed(Mode.FORCED, with_lag(ready(observe), 75.0))
    assert reason.startswith("75 s would be lost, and at most 60 s were accepted")
    assert "measured 0 s ago" in reason


def test_an_exposure_at_the_limit_is_within_it(closed, observe):
    assert closed(Mode.FORCED, with_lag(ready(observe), 60.0)) == ()


def test_an_unknown_exposure_closes_unless_an_unknown_loss_was_accepted(closed, observe):
    seen = with_lag(ready(observe), None)
    assert "not known" in closed(Mode.FORCED, seen)[0]
    assert closed(Mode.FORCED, seen, limit=None) == ()


def test_in_an_outage_the_time_since_the_last_lag_counts(closed, observe, clock):
    seen = with_lag(ready(observe, down=HOME), 5.0, measured_at=clock.now() - timedelta(seconds=100))
    assert "105 s would be lost" in closed(Mode.FORCED, seen)[0]


def test_a_switchover_asks_for_no_accepted_loss(closed, observe):
    assert closed(Mode.PLANNED, with_lag(ready(observe), 75.0), limit=0) == ()


def test_an_application_without_a_measured_store_gives_up_nothing(closed, observe, make_topology):
    stateless = make_topology(database=None)
    assert closed(Mode.FORCED, ready(observe, readings=()), within=stateless) == ()


def test_too_little_capacity_closes_unless_it_was_overridden(closed, observe):
    (reason,) = closed(Mode.PLANNED, observe())
    assert "1 of 3 of pay/web run" in reason
    assert "2 short" in reason
    assert closed(Mode.PLANNED, observe(), overrides=("capacity-short",)) == ()


@pytest.mark.parametrize(("mode", "running", "is_open"), [
    (Mode.PLANNED, 2, False), (Mode.PLANNED, 3, True), (Mode.FORCED, 0, False), (Mode.FORCED, 1, True),
])  # fmt: skip
def test_a_forced_run_waits_for_one_instance_and_a_planned_one_for_all_readers(
    closed, observe, make_topology, mode, running, is_open
):
    clusters = {"ap-south-1": "ledger-1", "ap-south-2": "ledger-2"}
    within = make_topology(capacity=[{"aurora_readers": {"clusters": clusters, "active": 2, "standby": 1}}])
    seen = ready(observe, down=HOME) if mode is Mode.FORCED else ready(observe)
    state = seen.capacity[-1].model_copy(
        update={
            "region": AWAY,
            "name": "readers of ledger-1, ledger-2",
            "running": running,
            "reason": "one is creating",
        }
    )
    reasons = closed(mode, seen.model_copy(update={"capacity": (state,)}), within=within)
    assert (reasons == ()) is is_open
    assert all("one is creating" in reason for reason in reasons)


def test_an_old_or_missing_observation_closes(closed, observe, clock):
    assert "never" in closed(Mode.PLANNED, None)[0]
    old = ready(observe).model_copy(update={"observed_at": clock.now() - timedelta(seconds=100)})
    assert "100 s ago" in closed(Mode.PLANNED, old)[0]


def test_one_region_must_stay_on(closed, observe):
    reasons = closed(Mode.PLANNED, ready(observe, down=AWAY))
    assert any("no region would stay on" in reason for reason in reasons)


def test_a_switchover_wants_the_source_to_be_the_writer(closed, observe):
    seen = ready(observe)
    nobody = tuple(m.model_copy(update={"is_writer": False}) for m in seen.database.members)
    seen = seen.model_copy(update={"database": seen.database.model_copy(update={"members": nobody})})
    assert "the writer of global cluster ledger is nobody" in closed(Mode.PLANNED, seen)[0]


def test_a_forced_run_does_not_fence_a_source_while_a_third_region_writes(closed, observe):
    """Roles moved after the request was opened: what would be fenced is no longer what was active."""
    seen = ready(observe)
    elsewhere = tuple(
        m.model_copy(update={"region": "eu-north-1"}) if m.is_writer else m for m in seen.database.members
    )
    moved = seen.model_copy(update={"database": seen.database.model_copy(update={"members": elsewhere})})
    (reason,) = closed(Mode.FORCED, moved)
    assert "the writer of global cluster" in reason
    assert "eu-north-1" in reason


def test_a_target_that_writes_already_does_not_close(closed, observe):
    seen = ready(observe)
    swapped = tuple(m.model_copy(update={"is_writer": m.region == AWAY}) for m in seen.database.members)
    seen = seen.model_copy(update={"database": seen.database.model_copy(update={"members": swapped})})
    assert closed(Mode.PLANNED, seen) == ()
