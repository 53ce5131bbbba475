"""A new round is opened once, by those whose request it is, and with what is known now."""

import pytest

from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Request, RequestState, RosterUser
from dr_core.approvals.open import BlockedError
from dr_core.approvals.renewal import renew
from dr_core.audit import trail
from dr_core.errors import ConflictError, RefusedError, UsageError
from dr_core.plan.step import Mode, Severity
from dr_core.readiness.examination import About
from dr_core.readiness.model import Sheet
from dr_core.services import Services
from dr_core.store import readiness, requests

from .conftest import actor, approve, ask, enrol, see

STRANGER = RosterUser(name="n", team="T0HOME")


def stored(services: Services, request: Request) -> Request:
    return services.store.read(lambda tx: requests.get(tx, request.id))


def expired(services: Services, *, after_s: float = 3600) -> Request:
    """A forced request that nobody decided, with the outage still seen."""
    see(services, down=True)
    request = ask(services)
    services.clock.advance(after_s)  # type: ignore[attr-defined]
    expire_due(services)
    enrol(services, U0STRANGER=STRANGER)
    see(services, down=True)
    return request


def test_a_double_click_opens_one_round(services: Services) -> None:
    request = expired(services)
    ada = actor(services.topology, "U0ADA")
    renew(services, request.id, actor=ada, round=1, cmd_id="first")
    with pytest.raises(ConflictError, match=r"Round 2 of .* is open already"):
        renew(services, request.id, actor=ada, round=1, cmd_id="second")
    assert stored(services, request).round == 2


def test_the_same_delivery_twice_opens_one_round(services: Services) -> None:
    request = expired(services)
    ada = actor(services.topology, "U0ADA")
    first = renew(services, request.id, actor=ada, round=1, cmd_id="same")
    assert renew(services, request.id, actor=ada, round=1, cmd_id="same") == first
    assert stored(services, request).round == 2


def test_only_requester_or_approver_take_away_acknowledgements_that_still_count(services: Services) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    enrol(services, U0STRANGER=STRANGER)
    with pytest.raises(RefusedError, match="Only its requester or an approver"):
        renew(services, request.id, actor=actor(services.topology, "U0STRANGER"))
    assert len(stored(services, request).round_acks) == 1
    assert renew(services, request.id, actor=actor(services.topology, "U0REQUESTER")).round == 2


@pytest.mark.parametrize("swept", [True, False])
def test_anybody_who_may_request_renews_what_is_over(services: Services, swept: bool) -> None:
    see(services)
    request = ask(services)
    services.clock.advance(901)  # type: ignore[attr-defined]
    if swept:
        expire_due(services)
    enrol(services, U0STRANGER=STRANGER)
    see(services)
    assert renew(services, request.id, actor=actor(services.topology, "U0STRANGER"), round=1).round == 2


def test_a_new_round_has_the_loss_limit_of_now_and_says_it_in_the_trail(services: Services) -> None:
    """An outage that went on for two hours is more than any limit, so that it is unknown."""
    request = expired(services)
    see(services, down=True, measured_ago_s=7200)
    renewed = renew(services, request.id, actor=actor(services.topology, "U0ADA"))
    assert (request.loss_limit_s, renewed.loss_limit_s) == (3600, None)
    assert renewed.stores != request.stores
    event = services.store.read(lambda tx: trail.listing(tx, chain=request.id))[-1]
    assert (event.kind, event.data["loss_limit_s"]) == ("request.renewed", None)
    with pytest.raises(UsageError, match="type exactly: unknown"):
        approve(services, renewed, "U0ADA", "3600")


def test_what_a_preflight_found_meanwhile_is_shown_in_a_new_round_and_does_not_stop_it(services: Services) -> None:
    """A request, or a run that waits for its round, must not end because something is found behind its back."""
    request = expired(services)
    at, target = services.clock.now(), request.plan.target
    about = About("database", "shop", target, "RDS DescribeDBClusters", at)
    found = (about.blocking("global-db-rpo", "It would pause every commit.", way_out="Reset it."),)
    sheet = Sheet(application=request.plan.application, at=at, duration_s=1, complete=True, checks=found)
    services.store.write(lambda tx: readiness.put(tx, sheet))
    renewed = renew(services, request.id, actor=actor(services.topology, "U0ADA"))
    told = {finding.code: finding.severity for finding in renewed.findings}
    assert told["global-db-rpo"] is Severity.WARNING


def test_a_new_round_shows_the_findings_of_now(services: Services) -> None:
    request = expired(services)
    see(services, lag_s=120)
    renewed = renew(services, request.id, actor=actor(services.topology, "U0ADA"))
    assert {finding.code for finding in renewed.findings} != {finding.code for finding in request.findings}


def test_a_finding_that_was_not_overridden_refuses_the_new_round(services: Services) -> None:
    """Asked as planned in health; meanwhile the source is down, for which a request must be forced or overridden."""
    request = ask(services, Mode.PLANNED)
    see(services, down=True)
    with pytest.raises(BlockedError, match="A new request may override it"):
        renew(services, request.id, actor=actor(services.topology, "U0REQUESTER"))
    assert stored(services, request).round == 1


def test_an_expired_request_is_not_renewed_beside_another_that_asks_the_same(services: Services) -> None:
    first = expired(services)
    second = ask(services, cmd_id="c-2")
    assert first.digest == second.digest
    with pytest.raises(ConflictError, match=second.id):
        renew(services, first.id, actor=actor(services.topology, "U0ADA"))
    assert stored(services, first).state is RequestState.EXPIRED


def test_a_second_round_has_no_acknowledgement_of_the_first(services: Services) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    renewed = renew(services, request.id, actor=actor(services.topology, "U0REQUESTER"))
    assert renewed.round_acks == ()
    assert approve(services, renewed, "U0ADA").missing == 1
