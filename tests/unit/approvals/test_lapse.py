"""A request whose plan starts in a region that is no longer the active one is void; nothing else that is seen voids."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from dr_core.approvals import ack
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Request, RequestState
from dr_core.approvals.renewal import renew
from dr_core.errors import ConflictError
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import observations, requests, scope
from dr_core.store.tables import run

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


def finish(services: Services, run_id: str | None) -> None:
    """The run has succeeded."""
    assert run_id is not None

    def work(tx: Any) -> None:
        ended = update(run).where(run.c.id == run_id).values(state="succeeded", ended_at=tx.now())
        tx.conn.execute(ended)
        scope.free(tx, run_id)

    services.store.write(work)
