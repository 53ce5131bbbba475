"""A request whose plan starts in a region that is no longer the active one is void; nothing else that is seen voids."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import update

from dr_core.approvals import ack, lapse
from dr_core.approvals.lapse import _shifted_since, expire_due
from dr_core.approvals.model import Request, RequestState
from dr_core.approvals.renewal import renew
from dr_core.errors import ConflictError
from dr_core.observation.active import serving
from dr_core.observation.model import Observation, TrafficState
from dr_core.plan.step import Finding, Mode, Plan, Policy, Purpose, Severity
from dr_core.services import Services
from dr_core.store import observations, requests, scope
from dr_core.store.tables import run
from dr_core.topology.load import load_checked

from .conftest import CENTRAL, WEST, actor, approve, ask, enrol, observed

Act = Callable[[Services, Request], Any]


def review_it(services: Services, request: Request) -> None:
    ack.review(services, request.id, actor(services.topology, "U0ADA"))


def approve_it(services: Services, request: Request) -> None:
    approve(services, request, "U0ADA")


def renew_it(services: Services, request: Request) -> None:
    renew(services, request.id, actor=actor(services.topology, "U0ADA"))


def look(services: Services, *, writers: tuple[str, ...] | None, answers: tuple[str, ...] | None) -> None:
    """Observe now that these regions write, and that DNS answers so; None: nobody could be asked."""
    seen = observed(services.clock.now())
    traffic = tuple(state.model_copy(update={"answers": answers}) for state in seen.traffic)
    changed = seen.model_copy(update={"writers": writers, "traffic": traffic})
    services.store.write(lambda tx: observations.save(tx, changed))


def state(services: Services, request: Request) -> RequestState:
    return services.store.read(lambda tx: requests.get(tx, request.id)).state


@pytest.mark.parametrize("act", [review_it, approve_it, renew_it])
@pytest.mark.parametrize(
    ("writers", "answers"), [((WEST,), (CENTRAL,)), (None, (WEST,))], ids=["the writer moved", "DNS moved"]
)
def test_a_request_from_a_region_that_is_active_no_more_is_void(
    services: Services, act: Act, writers: tuple[str, ...] | None, answers: tuple[str, ...]
) -> None:
    request = ask(services)
    look(services, writers=writers, answers=answers)
    with pytest.raises(ConflictError, match=f"void: shop is active in {WEST} now .* starts in {CENTRAL}") as caught:
        act(services, request)
    assert caught.value.hint == "Open a new one."
    assert state(services, request) is RequestState.VOID
    with pytest.raises(ConflictError, match=f"is void, because .*active in {WEST} now"):
        act(services, request)


@pytest.mark.parametrize(
    ("writers", "answers"),
    [(None, None), ((), ()), ((CENTRAL, WEST), (WEST,)), (None, (CENTRAL, WEST))],
    ids=["nobody answers", "nobody writes", "two write", "DNS says both"],
)
def test_what_cannot_be_observed_never_voids(
    services: Services, writers: tuple[str, ...] | None, answers: tuple[str, ...] | None
) -> None:
    request = ask(services)
    look(services, writers=writers, answers=answers)
    review_it(services, request)
    approve_it(services, request)
    assert state(services, request) is RequestState.OPEN


def test_what_is_only_recorded_never_voids(services: Services) -> None:
    """A run ended in the other region, and since then nobody could be asked where the application is."""
    planned = ask(services, Mode.PLANNED, cmd_id="a")
    waiting = ask(services, cmd_id="b")
    finish(services, approve(services, planned, "U0ADA", None).run_id)
    look(services, writers=None, answers=None)
    review_it(services, waiting)
    assert state(services, waiting) is RequestState.OPEN


def test_a_second_request_is_void_after_the_first_one_ran(services: Services) -> None:
    planned = ask(services, Mode.PLANNED, cmd_id="a")
    waiting = ask(services, cmd_id="b")
    finish(services, approve(services, planned, "U0ADA", None).run_id)
    look(services, writers=(WEST,), answers=(WEST,))
    with pytest.raises(ConflictError, match="void"):
        approve(services, waiting, "U0ADA")


def test_a_run_that_is_between_two_regions_voids_nothing(services: Services) -> None:
    planned = ask(services, Mode.PLANNED, cmd_id="a")
    waiting = ask(services, cmd_id="b")
    approve(services, planned, "U0ADA", None)
    look(services, writers=(WEST,), answers=(CENTRAL,))
    with pytest.raises(ConflictError, match="is not finished"):
        approve(services, waiting, "U0ADA")
    assert state(services, waiting) is RequestState.OPEN


def test_an_expired_request_that_no_longer_fits_is_not_renewed(services: Services) -> None:
    request = ask(services)
    services.clock.advance(3600)  # type: ignore[attr-defined]
    expire_due(services)
    enrol(services)
    look(services, writers=(WEST,), answers=(WEST,))
    with pytest.raises(ConflictError, match="void"):
        renew_it(services, request)
    assert state(services, request) is RequestState.VOID


FRA, DUB = CENTRAL, WEST
ACTIVE = load_checked(Path(__file__).parents[2] / "topologies" / "active.yaml")


def shift(source: str, target: str, *known: str, purpose: Purpose = Purpose.FAILOVER, returning: bool = False) -> Any:
    """A request to shift users, and what its round was opened with."""
    policy = Policy(required=1, expires_after_s=900)
    plan = Plan(
        application="catalog",
        mode=Mode.PLANNED,
        source=source,
        target=target,
        steps=(),
        policy=policy,
        purpose=purpose,
        returning=returning,
    )
    findings = tuple(Finding(code=code, severity=Severity.WARNING, message="") for code in known)
    return SimpleNamespace(plan=plan, findings=findings)


@pytest.mark.parametrize(
    ("request_", "weights", "void"),
    [
        (shift(DUB, FRA), {FRA: 70, DUB: 30}, False),
        (shift(DUB, FRA), {FRA: 0, DUB: 30}, True),
        (shift(FRA, DUB), {FRA: 0, DUB: 30}, True),
        (shift(DUB, FRA), None, False),
        (shift(DUB, FRA, "target-serves-nobody"), {FRA: 0, DUB: 30}, False),
        (shift(DUB, FRA, "target-serves-nobody"), {FRA: 70, DUB: 0}, True),
        (shift(DUB, FRA, "serving-unknown"), {FRA: 0, DUB: 30}, False),
        (shift(DUB, FRA, "not-observed"), {FRA: 0, DUB: 30}, False),
        (shift(DUB, FRA, returning=True), {FRA: 0, DUB: 30}, False),
        (shift(DUB, FRA, returning=True), {FRA: 70, DUB: 30}, True),
        (shift(DUB, FRA, purpose=Purpose.ROLLBACK), {FRA: 0, DUB: 30}, False),
    ],
)
def test_a_shift_is_void_when_others_serve_than_when_its_round_was_opened(
    request_: Any, weights: dict[str, int] | None, void: bool
) -> None:
    assert (_shifted_since(request_, serving(ACTIVE.applications["catalog"], led(weights))) is not None) is void


def led(weights: dict[str, int] | None) -> Observation:
    """Users as led by these weights."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    traffic = TrafficState(name="catalog", answers=None, weights=weights, ttl_s=30, observed_at=at)
    return Observation(application="catalog", observed_at=at, duration_s=0, traffic=(traffic,))


def test_where_every_region_serves_it_is_void_by_what_was_seen_last(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lapse, "misfit_of_plan", lambda *_: None)
    edge, asked = replace(services, topology=ACTIVE), shift(DUB, FRA)
    asked.state = RequestState.OPEN
    services.store.write(lambda tx: observations.save(tx, led({FRA: 0, DUB: 30})))
    found = services.store.read(lambda tx: lapse.misfit(tx, edge, asked))
    assert found is not None
    assert found.startswith(f"Users were shifted away from {FRA}, where this sends everybody (eu-west-1 serves")


@pytest.mark.parametrize(
    ("weights", "since_s", "refused"), [({FRA: 0, DUB: 30}, -5, True), (None, 5, True), ({FRA: 0, DUB: 30}, 5, False)]
)
def test_a_shift_waits_until_it_was_seen_what_a_run_since_its_round_has_shifted(
    services: Services, weights: dict[str, int] | None, since_s: float, refused: bool
) -> None:
    first, second = ask(services, Mode.PLANNED, cmd_id="a"), ask(services, cmd_id="b")
    entry = services.topology.applications["shop"].model_copy(update={"active_active": True, "database": None})
    edge = replace(services, topology=services.topology.model_copy(update={"applications": {"shop": entry}}))
    assert services.store.read(lambda tx: lapse.unseen(tx, edge, second)) is None
    services.clock.advance(10)  # type: ignore[attr-defined]
    run_id = approve(services, first, "U0ADA", None).run_id
    finish(services, run_id)
    at = services.clock.now() + timedelta(seconds=since_s)
    look_ = led(weights).model_copy(update={"application": "shop", "observed_at": at})
    services.store.write(lambda tx: observations.save(tx, look_))
    found = services.store.read(lambda tx: ack.refused(tx, edge, second, actor(services.topology, "U0ADA"), 1))
    assert (found is not None) is refused
    assert found is None or (found.conflict and f"not seen since {run_id}" in found.message)


def finish(services: Services, run_id: str | None) -> None:
    """The run has succeeded."""
    assert run_id is not None

    def work(tx: Any) -> None:
        ended = update(run).where(run.c.id == run_id).values(state="succeeded", ended_at=tx.now())
        tx.conn.execute(ended)
        scope.free(tx, run_id)

    services.store.write(work)
