"""A decision about all of an evacuation is about what the person was shown, and about no other round."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dr_core.approvals import ack
from dr_core.approvals.lapse import BOT, expire_due
from dr_core.approvals.model import RequestState
from dr_core.approvals.renewal import ask_again, renew
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError, UsageError
from dr_core.evacuation import deciding, renewing
from dr_core.evacuation.model import Evacuation
from dr_core.store import observations, runs
from tests.unit.commands.conftest import observation
from tests.unit.evacuation.conftest import INES, JONAS, MARA, B, Region


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


def move(region: Region, name: str, to: str) -> None:
    """Somebody has moved it by hand, as is seen."""
    topology = region.services.topology
    app = topology.applications[name]
    others = tuple(one for one in app.regions if one != to)
    turned = app.model_copy(update={"primary": to, "standby": others})
    there = topology.model_copy(update={"applications": {**topology.applications, name: turned}})
    seen = observation(there, name, region.clock, down=("eu-west-1",))
    region.services.store.write(lambda tx: observations.save(tx, seen))


def press(region: Region, evacuation: Evacuation, seen: deciding.Review, typed: str | None) -> None:
    deciding.approve(
        region.services, evacuation.id, round=seen.round, digest=seen.digest, only=[one.id for one in seen.waiting],
        actor=region.actor(INES), typed_limit=typed, evidence={}, cmd_id="press",
    )  # fmt: skip


def test_what_was_not_shown_is_not_acknowledged(region: Region) -> None:
    evacuation = region.ask()
    region.clock.advance(5)
    region.see()
    move(region, "payments", B)
    seen = deciding.review(region.services, evacuation.id, region.actor(INES))
    assert [one.application for one in seen.waiting] == ["identity", "mail", "letters"]
    region.clock.advance(5)
    region.see()  # and back again, while the window was open
    press(region, evacuation, seen, seen.must_type)
    acked = {name: len(request.acks) for name, request in region.requests(evacuation).items()}
    assert acked == {"identity": 1, "mail": 1, "letters": 1, "payments": 0}


def test_the_window_asks_for_the_loss_of_what_it_shows(region: Region) -> None:
    evacuation = region.ask()
    mail = region.requests(evacuation)["mail"]
    seen = deciding.review(region.services, evacuation.id, region.actor(INES), None, [mail.id])
    assert [one.application for one in seen.waiting] == ["mail"]
    ack.cancel(region.services, mail.id, actor=region.actor(MARA))
    with pytest.raises(ConflictError, match="waits for approvals"):
        deciding.review(region.services, evacuation.id, region.actor(INES), None, [mail.id])


def test_a_terminal_may_type_the_worst_loss_of_all_that_waits(region: Region) -> None:
    """It does not know whose approval it will be: that person may have approved the worst one already."""
    evacuation = region.ask()
    members = region.requests(evacuation)
    less = members["mail"].model_copy(update={"loss_limit_s": 900})
    looked = deciding._Looked((), tuple(members.values()), (less,), (), ())
    assert deciding._to_type(looked, 60.0, "3600") == "3600"
    assert deciding._to_type(looked, 60.0, "1800") == "900"
    assert deciding._to_type(looked, 60.0, None) == "900"
    with pytest.raises(UsageError, match="type exactly: 900"):
        ack.check_typed(deciding._to_type(looked, 60.0, "1800"), "1800")


def test_where_no_plan_fits_any_more_all_of_it_is_void_as_soon_as_somebody_wants_to_approve(region: Region) -> None:
    evacuation = region.ask()
    topology = region.services.topology
    fewer = {name: app.model_copy(update={"capacity": ()}) for name, app in topology.applications.items()}
    region.services = replace(region.services, topology=topology.model_copy(update={"applications": fewer}))
    with pytest.raises(ConflictError, match="is void"):
        deciding.review(region.services, evacuation.id, region.actor(INES))
    assert set(region.states(evacuation).values()) == {"void"}


Act = Callable[[Region, Evacuation, int], object]
ACTS: list[Act] = [
    lambda region, ev, round_: deciding.deny(
        region.services, ev.id, actor=region.actor(INES), reason="no", cmd_id="act", round_=round_
    ),
    lambda region, ev, round_: deciding.cancel(
        region.services, ev.id, actor=region.actor(INES), cmd_id="act", round_=round_
    ),
]


@pytest.mark.parametrize("act", ACTS, ids=["deny", "cancel"])
def test_an_end_is_bound_to_the_round_that_was_shown(region: Region, act: Act) -> None:
    evacuation = region.ask()
    mail = region.requests(evacuation)["mail"]
    renew(region.services, mail.id, actor=region.actor(INES), cmd_id="new")
    with pytest.raises(ConflictError, match="round 2 is the present one"):
        act(region, evacuation, 1)
    assert set(region.states(evacuation).values()) == {"open"}
    act(region, evacuation, 2)
    assert "open" not in region.states(evacuation).values()


def test_a_renewal_is_bound_to_the_round_that_was_shown(region: Region) -> None:
    evacuation = region.ask()
    region.clock.advance(1201)
    expire_due(region.services)
    region.see()
    renew_it = lambda cmd_id, round_: renewing.renew(  # noqa: E731
        region.services, evacuation.id, actor=region.actor(INES), cmd_id=cmd_id, round_=round_
    )
    renew_it("one", 1)
    region.clock.advance(1201)
    expire_due(region.services)
    region.see()
    renew_it("one", 1)  # the same delivery again
    with pytest.raises(ConflictError, match="round 5 is the present one"):
        renew_it("two", 1)


def test_a_single_request_is_ended_in_the_round_that_was_shown(region: Region) -> None:
    mail = region.requests(region.ask())["mail"]
    renew(region.services, mail.id, actor=region.actor(INES), cmd_id="new")
    for act in (
        lambda round_: ack.cancel(region.services, mail.id, actor=region.actor(INES), round=round_),
        lambda round_: ack.deny(region.services, mail.id, actor=region.actor(INES), reason="no", round=round_),
    ):
        with pytest.raises(ConflictError, match="Round 2 of"):
            act(1)


def test_what_had_asked_again_is_aborted_and_named_and_other_runs_go_on(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    mail = region.requests(evacuation)["mail"]
    region.services.store.write(lambda tx: ask_again(tx, region.services, f"run-{mail.id[2:]}", BOT, "more lost"))
    deciding.deny(region.services, evacuation.id, actor=region.actor(MARA), reason="it is back", cmd_id="d")
    own = region.read(lambda tx: runs.of_request(tx, mail.id))
    other = region.read(lambda tx: runs.of_request(tx, region.requests(evacuation)["identity"].id))
    assert own is not None
    assert other is not None
    assert (own.ending is not None, other.ending) == (True, None)
    [told] = [event for event in region.read(trail.listing) if event.kind == EventKind.EVACUATION_DENIED]
    assert told.data["aborted"] == [own.id]
    assert region.requests(evacuation)["mail"].state is RequestState.DENIED
