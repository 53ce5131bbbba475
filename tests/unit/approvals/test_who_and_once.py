"""The same account is the same person whatever dr.yaml calls it, and the same command has its effect once."""

import pytest

from dr_core.approvals import ack
from dr_core.approvals.authority import Role, roles
from dr_core.approvals.model import Actor, Face, RequestState
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.errors import ConflictError, RefusedError
from dr_core.plan.step import Mode
from dr_core.services import Services
from dr_core.store import requests, roster

from .conftest import actor, approve, ask

RENAMED = Actor(person="person:Ada L.", display="Ada L.", face=Face.SLACK, slack_user="U0ADA", team="T0HOME")


def test_a_requester_who_got_another_name_since_cannot_approve(services: Services) -> None:
    request = ask(services, requester="U0ADA")
    with pytest.raises(RefusedError, match="somebody else must approve"):
        ack.approve(services, request.id, round=1, actor=RENAMED, typed_limit="3600", evidence={})


def test_a_requester_who_got_another_name_since_may_cancel(services: Services) -> None:
    request = ask(services, requester="U0REQUESTER")
    renamed = RENAMED.model_copy(update={"slack_user": "U0REQUESTER"})
    assert ack.cancel(services, request.id, actor=renamed).state is RequestState.CANCELLED


def test_an_approver_who_got_another_name_since_counts_once(services: Services) -> None:
    request = ask(services)
    approve(services, request, "U0ADA")
    with pytest.raises(ConflictError, match="You already approved"):
        ack.approve(services, request.id, round=1, actor=RENAMED, typed_limit="3600", evidence={})


def test_an_account_that_was_not_looked_up_yet_may_nothing(services: Services) -> None:
    known = services.store.read(roster.load)
    assert known is not None
    new = known.model_copy(update={"incident_members": known.incident_members | {"U0NEW"}})
    newcomer = actor(services.topology, "U0NEW")
    assert roles(services.topology, new, newcomer, services.clock.now()) == {Role.VIEWER}


def test_an_approver_who_was_not_looked_up_yet_is_told_to_try_again(services: Services) -> None:
    request = ask(services)
    known = services.store.read(roster.load)
    assert known is not None
    services.clock.advance(1)  # type: ignore[attr-defined]
    others = {user: about for user, about in known.users.items() if user != "U0ADA"}
    unread = known.model_copy(update={"at": services.clock.now(), "users": others, "approvers": frozenset({"U0ADA"})})
    services.store.write(lambda tx: tx.conn.exec_driver_sql("DELETE FROM roster"))
    services.store.write(lambda tx: roster.save(tx, unread, actor(services.topology, "U0GRACE")))
    with pytest.raises(RefusedError, match="not read from Slack yet; try again in a minute"):
        approve(services, request, "U0ADA")


def test_the_same_delivery_twice_acknowledges_once(services: Services) -> None:
    request = ask(services)
    first = approve(services, request, "U0ADA", cmd_id="slack:t1")
    assert approve(services, request, "U0ADA", cmd_id="slack:t1").missing == first.missing == 1


def test_an_id_that_another_event_has_is_no_acknowledgement(services: Services) -> None:
    """Before, a refusal under the same id made `approve` say yes and record nothing."""
    request = ask(services)
    ada = actor(services.topology, "U0ADA")
    services.store.write(lambda tx: append_ops(tx, EventKind.COMMAND_REFUSED, ada, {}, cmd_id="slack:t1"))
    assert approve(services, request, "U0ADA", cmd_id="slack:t1").missing == 1
    assert len(services.store.read(lambda tx: requests.get(tx, request.id)).acks) == 1


def test_an_acknowledgement_of_another_request_is_none_of_this_one(services: Services) -> None:
    first, second = ask(services), ask(services, Mode.PLANNED, cmd_id="c-2")
    approve(services, first, "U0ADA", cmd_id="slack:t1")
    assert approve(services, second, "U0ADA", None, cmd_id="slack:t1").run_id is not None


def test_an_id_that_another_event_has_opens_a_request_all_the_same(services: Services) -> None:
    ada = actor(services.topology, "U0ADA")
    services.store.write(lambda tx: append_ops(tx, EventKind.COMMAND_REFUSED, ada, {}, cmd_id="c-1"))
    assert ask(services).state is RequestState.OPEN


@pytest.mark.parametrize("verb", ["deny", "cancel"])
def test_an_ending_whose_answer_was_lost_is_not_refused_the_second_time(services: Services, verb: str) -> None:
    request = ask(services)
    ada = actor(services.topology, "U0ADA")

    def end() -> RequestState:
        if verb == "deny":
            return ack.deny(services, request.id, actor=ada, reason="no", cmd_id="slack:t2").state
        return ack.cancel(services, request.id, actor=ada, cmd_id="slack:t2").state

    assert end() is end()
    kinds = [event.kind for event in services.store.read(lambda tx: trail.listing(tx, chain=request.id))]
    assert kinds == ["request.opened", "request.denied" if verb == "deny" else "request.cancelled"]
