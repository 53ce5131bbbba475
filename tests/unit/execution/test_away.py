"""Where an application lives, to a run that has left it: by what was seen after its end, and lately."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dr_core.execution.away import Sight, sight_of
from dr_core.execution.model import Run, RunState
from dr_core.observation.model import ControlsState, Observation, TrafficState
from dr_core.plan.step import Mode, Plan, Policy
from dr_core.topology.load import load_checked

FRA, DUB = "eu-central-1", "eu-west-1"
NOW = datetime(2026, 1, 5, tzinfo=UTC)
TOPOLOGIES = Path(__file__).parents[2] / "topologies"
SHOP = load_checked(TOPOLOGIES / "shop.yaml").applications["shop"]
CATALOG = load_checked(TOPOLOGIES / "active.yaml").applications["catalog"]
STATELESS = SHOP.model_copy(update={"database": None})
RUN = Run(
    id="run-1",
    request="r-1",
    application="shop",
    plan=Plan(
        application="shop",
        mode=Mode.FORCED,
        source=FRA,
        target=DUB,
        steps=(),
        policy=Policy(required=2, expires_after_s=900),
    ),
    state=RunState.SUCCEEDED,
    epoch=1,
    owner=None,
    lease_until=None,
    hold=None,
    created_at=NOW - timedelta(hours=2),
    started_at=NOW - timedelta(hours=2),
    ended_at=NOW - timedelta(hours=1),
)


def seen(
    writers: tuple[str, ...] | None = None,
    answers: tuple[str, ...] | None = None,
    on: tuple[str, ...] | None = None,
    weights: dict[str, int] | None = None,
    ago_s: float = 5,
) -> Observation:
    at = NOW - timedelta(seconds=ago_s)
    return Observation(
        application="shop",
        observed_at=at,
        duration_s=0.1,
        writers=writers,
        traffic=(TrafficState(name="shop", answers=answers, weights=weights, ttl_s=30, observed_at=at),),
        controls=(ControlsState(name="panel", on=on, observed_at=at),) if on is not None else (),
    )


@pytest.mark.parametrize(
    ("entry", "observation", "expected"),
    [
        (SHOP, seen((DUB,), (FRA,)), Sight.AWAY),
        (SHOP, seen((FRA,), (DUB,)), Sight.BACK),
        (SHOP, seen((FRA, DUB), (DUB,)), Sight.AWAY),
        (SHOP, seen((FRA, DUB), (FRA,)), Sight.AWAY),
        (SHOP, seen(None, (FRA,)), Sight.BACK),
        (SHOP, seen((), (FRA,)), Sight.BACK),
        (SHOP, seen(None, (DUB,)), Sight.AWAY),
        (SHOP, seen(), Sight.STALE),
        (SHOP, seen(None, (FRA, DUB)), Sight.STALE),
        (SHOP, None, Sight.STALE),
        (SHOP, seen((FRA,), ago_s=-600), Sight.BACK),
        (SHOP, seen((DUB,), ago_s=-6), Sight.AWAY),
        (SHOP, seen((DUB,), ago_s=600), Sight.STALE),
        (SHOP, seen((FRA,), ago_s=600), Sight.STALE),
        (SHOP, seen((FRA,), ago_s=7000), Sight.STALE),
        (None, seen((FRA,)), Sight.STALE),
        (STATELESS, seen(None, (FRA,)), Sight.BACK),
        (STATELESS, seen(None, (DUB,)), Sight.AWAY),
        (STATELESS, seen(None, (FRA, DUB)), Sight.BACK),
        (STATELESS, seen(None, (DUB,), (FRA, DUB)), Sight.BACK),
        (STATELESS, seen(), Sight.STALE),
        (STATELESS, seen(None, None, (FRA,)), Sight.BACK),
        (STATELESS, seen(None, None, (DUB,)), Sight.AWAY),
        (CATALOG, seen(weights={FRA: 70, DUB: 30}), Sight.BACK),
        (CATALOG, seen(weights={FRA: 0, DUB: 30}), Sight.AWAY),
        (CATALOG, seen(), Sight.STALE),
    ],
)
def test_where_it_lives(entry, observation, expected):
    assert sight_of(entry, RUN, observation, NOW, timedelta(seconds=10))[0] is expected


def test_what_was_seen_before_the_run_ended_tells_nothing():
    just_ended = RUN.model_copy(update={"ended_at": NOW - timedelta(seconds=2)})
    assert sight_of(SHOP, just_ended, seen((FRA,), ago_s=5), NOW, timedelta(seconds=10))[0] is Sight.STALE
