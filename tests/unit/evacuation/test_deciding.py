"""One decision for a whole region: every member or none in one commit, each quorum counted as its own."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from commands.rendering.evacuation import acks_of
from dr_core.approvals import ack
from dr_core.approvals.lapse import BOT, expire_due
from dr_core.approvals.model import RequestState
from dr_core.approvals.proof import AckVerifier
from dr_core.approvals.renewal import ask_again
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.errors import ConflictError, DrError, RefusedError, UsageError
from dr_core.evacuation import deciding, renewing
from dr_core.execution.model import RunState
from dr_core.plan.step import Mode
from dr_core.reports.evacuation import evacuation_view
from tests.unit.evacuation.conftest import INES, JONAS, MARA, REQUESTER, Region


def test_one_press_acknowledges_every_member_and_the_last_one_starts_the_first_wave(region: Region) -> None:
    evacuation = region.ask()
    assert [(member.application, member.wave) for member in evacuation.members] == [
        ("identity", 1), ("mail", 1), ("letters", 2), ("payments", 2),
    ]  # fmt: skip
    region.approve(evacuation, INES)
    assert {len(request.acks) for request in region.requests(evacuation).values()} == {1}
    assert set(region.states(evacuation).values()) == {"open"}
    region.approve(evacuation, JONAS)
    assert region.states(evacuation) == {
        "identity": "run pending", "mail": "run pending", "letters": "queued", "payments": "queued",
    }  # fmt: skip
    assert region.read(trail.verify).ok


def test_each_proof_signs_the_digest_of_its_own_member(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    verifier = AckVerifier(region.services.settings.ack_public_key)
    members = list(region.requests(evacuation).values())
    for request in members:
        assert verifier.fault(request, request.acks[0]) is None
    assert "signed for something else" in str(verifier.fault(members[0], members[1].acks[0]))


def test_a_double_click_counts_once(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES, cmd_id="one", round=1)
    region.approve(evacuation, INES, cmd_id="one", round=1)  # the same delivery again
    with pytest.raises(ConflictError, match="already approved"):
        region.approve(evacuation, INES, cmd_id="two", round=1)
    assert {len(request.acks) for request in region.requests(evacuation).values()} == {1}


def test_the_requester_may_not_approve(region: Region) -> None:
    evacuation = region.ask(by=INES)
    with pytest.raises(RefusedError, match="somebody else must approve it"):
        region.approve(evacuation, INES, round=1)
    assert region.read(lambda tx: trail.listing(tx, chain="ops"))[-1].kind == "command.refused"


def test_somebody_outside_the_group_may_not_approve(region: Region) -> None:
    with pytest.raises(RefusedError, match="not in the group of approvers"):
        region.approve(region.ask(by=INES), REQUESTER, round=1)


@pytest.mark.races
def test_two_approvers_in_the_same_second_complete_it_once(region: Region) -> None:
    evacuation = region.ask()
    people = (INES, JONAS, MARA)

    def press(user: str) -> str:
        try:
            region.approve(evacuation, user, cmd_id=f"press {user}", round=1)
        except DrError as error:
            return error.message
        return "counted"

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(press, people))
    assert told.count("counted") == 2, told
    assert {len(request.acks) for request in region.requests(evacuation).values()} == {2}
    assert region.states(evacuation)["identity"] == "run pending"
    assert region.read(trail.verify).ok


@pytest.mark.parametrize("typed", [None, "60", "900", "unknown"])
def test_the_worst_loss_must_be_typed_exactly(region: Region, typed: str | None) -> None:
    evacuation = region.ask()
    with pytest.raises(UsageError, match="type exactly: 3600"):
        region.approve(evacuation, INES, typed)
    assert {len(request.acks) for request in region.requests(evacuation).values()} == {0}


def test_a_planned_one_loses_nothing_and_needs_nothing_typed(region: Region) -> None:
    region.see(down=())
    evacuation = region.ask(mode=Mode.PLANNED)
    region.approve(evacuation, INES, None)
    assert region.states(evacuation)["mail"] == "run pending"


def test_an_approval_is_bound_to_the_rounds_and_plans_that_were_looked_at(region: Region) -> None:
    evacuation = region.ask()
    with pytest.raises(ConflictError, match="round 1 is the present one"):
        region.approve(evacuation, INES, round=2)
    with pytest.raises(ConflictError, match="other plans"):
        region.approve(evacuation, INES, digest="0" * 64)


def test_a_member_that_no_longer_fits_is_void_alone(region: Region) -> None:
    evacuation = region.ask()
    topology = region.services.topology
    fewer = topology.applications["mail"].model_copy(update={"capacity": ()})
    changed = topology.model_copy(update={"applications": {**topology.applications, "mail": fewer}})
    region.services = replace(region.services, topology=changed)
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    assert region.states(evacuation) == {
        "identity": "run pending", "mail": "void", "letters": "queued", "payments": "queued",
    }  # fmt: skip


def test_denying_ends_all_that_has_no_run(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    with pytest.raises(RefusedError, match="approver"):
        deciding.deny(region.services, evacuation.id, actor=region.actor(REQUESTER), reason="no", cmd_id="d0")
    deciding.deny(region.services, evacuation.id, actor=region.actor(MARA), reason="it is back", cmd_id="d1")
    deciding.deny(region.services, evacuation.id, actor=region.actor(MARA), reason="it is back", cmd_id="d1")
    assert region.states(evacuation) == {
        "identity": "run pending", "mail": "run pending", "letters": "denied", "payments": "denied",
    }  # fmt: skip
    with pytest.raises(ConflictError, match="Nothing of"):
        deciding.cancel(region.services, evacuation.id, actor=region.actor(MARA), cmd_id="c1")


def test_the_requester_takes_all_of_it_back(region: Region) -> None:
    evacuation = region.ask()
    deciding.cancel(region.services, evacuation.id, actor=region.actor(REQUESTER), cmd_id="c1")
    assert set(region.states(evacuation).values()) == {"cancelled"}


def test_one_application_is_taken_out_by_its_own_request(region: Region) -> None:
    evacuation = region.ask()
    mail = region.requests(evacuation)["mail"]
    ack.deny(region.services, mail.id, actor=region.actor(INES), reason="it stays")
    region.clock.advance(1)
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    assert region.states(evacuation)["mail"] == "denied"
    # whoever approved knew that letters goes without it; it still waits for the wave
    region.finish(evacuation, "identity")
    region.advance()
    assert region.states(evacuation)["letters"] == "run pending"


def test_what_expired_is_asked_for_again_in_one_press_with_a_round_of_its_own(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.clock.advance(1201)
    with pytest.raises(ConflictError, match="expired"):
        region.approve(evacuation, JONAS, round=1)
    expire_due(region.services)
    assert set(region.states(evacuation).values()) == {"expired"}
    region.advance()
    assert region.get(evacuation).ended_at is not None
    region.see()
    renewing.renew(region.services, evacuation.id, actor=region.actor(REQUESTER), cmd_id="again")
    renewing.renew(region.services, evacuation.id, actor=region.actor(REQUESTER), cmd_id="again")
    assert {request.round for request in region.requests(evacuation).values()} == {2}
    region.advance()
    assert region.get(evacuation).ended_at is None
    with pytest.raises(ConflictError, match="round 5 is the present one"):
        region.approve(evacuation, JONAS, round=1)
    region.approve(evacuation, JONAS)
    assert set(region.states(evacuation).values()) == {"open"}, "the approval of the first round does not count"
    region.approve(evacuation, MARA)
    assert region.states(evacuation)["mail"] == "run pending"
    with pytest.raises(ConflictError, match="has expired"):
        renewing.renew(region.services, evacuation.id, actor=region.actor(REQUESTER), cmd_id="once more")


def test_a_member_whose_run_asks_again_is_approved_on_the_same_card(region: Region) -> None:
    """Its exposure has grown: the others are not asked a second time."""
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    mail = region.requests(evacuation)["mail"]
    region.services.store.write(
        lambda tx: ask_again(tx, region.services, f"run-{mail.id[2:]}", BOT, "more would be lost")
    )
    seen = deciding.review(region.services, evacuation.id, region.actor(INES))
    assert [request.application for request in seen.waiting] == ["mail"]
    region.approve(evacuation, INES)
    told = {ack.person: about for ack, about in acks_of(evacuation_view(region.services, evacuation.id))}
    assert list(told.values()) == ["", " for identity, letters, payments"], "Jonas has not approved the new round"
    region.approve(evacuation, MARA)
    assert region.requests(evacuation)["mail"].state is RequestState.APPROVED
    assert len(region.requests(evacuation)["identity"].acks) == 2


def test_it_is_over_when_every_wave_is(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    for name in ("identity", "mail"):
        region.finish(evacuation, name)
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"
    assert region.states(evacuation)["letters"] == "run pending"
    for name in ("payments", "letters"):
        region.finish(evacuation, name, RunState.SUCCEEDED if name == "letters" else RunState.FAILED)
    region.advance()
    assert region.get(evacuation).ended_at is not None
    assert region.read(trail.verify).ok


@pytest.mark.races
def test_two_workers_at_once_start_it_once(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    region.finish(evacuation, "identity")
    region.finish(evacuation, "mail")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: region.advance(), range(2)))
    assert [event.kind for event in region.read(trail.listing)].count(EventKind.EVACUATION_STARTED) == 2
    assert region.read(trail.verify).ok
