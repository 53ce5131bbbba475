"""One person cannot block: a second denial within the hour needs a second person."""

import pytest

from dr_core.approvals import ack
from dr_core.approvals.model import RequestState
from dr_core.approvals.objection import Weight, weigh
from dr_core.audit import trail
from dr_core.errors import ConflictError
from dr_core.services import Services
from dr_core.store import requests

from .conftest import actor
from .test_requests import ask


@pytest.mark.parametrize(
    ("denied_lately", "objectors", "weight"),
    [
        (False, frozenset(), Weight.ENDS),  # the first denial of the hour
        (True, frozenset(), Weight.OBJECTS),  # the second one alone
        (True, frozenset({"me"}), Weight.OBJECTED),  # pressing again adds nothing
        (True, frozenset({"you"}), Weight.ENDS),  # two who object carry it
        (False, frozenset({"you"}), Weight.ENDS),
    ],
)
def test_what_a_denial_does(denied_lately: bool, objectors: frozenset[str], weight: Weight) -> None:
    assert weigh(denied_lately=denied_lately, objectors=objectors, person="me") is weight


def test_a_second_denial_within_the_hour_waits_for_a_second_person(services: Services) -> None:
    ada, grace = (actor(services.topology, user) for user in ("U0ADA", "U0GRACE"))
    first = ask(services)
    ack.deny(services, first.id, actor=ada, reason="false alarm")
    second = ask(services, cmd_id="c-2")
    for _ in range(2):
        with pytest.raises(ConflictError, match="objection"):
            ack.deny(services, second.id, actor=ada, reason="still false")
    assert services.store.read(lambda tx: requests.get(tx, second.id)).state is RequestState.OPEN
    kinds = [event.kind for event in services.store.read(lambda tx: trail.listing(tx, chain=second.id))]
    assert kinds.count("request.objected") == 1
    assert ack.deny(services, second.id, actor=grace, reason="I agree").state is RequestState.DENIED


def test_after_an_hour_one_person_may_deny_again(services: Services) -> None:
    ada = actor(services.topology, "U0ADA")
    ack.deny(services, ask(services).id, actor=ada, reason="false alarm")
    services.clock.advance(3700)  # type: ignore[attr-defined]
    later = ask(services, cmd_id="c-2", overrides=("not-observed",))
    assert ack.deny(services, later.id, actor=ada, reason="false again").state is RequestState.DENIED
