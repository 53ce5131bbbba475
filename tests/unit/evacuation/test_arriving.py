"""What has arrived counts as arrived, whoever moved it; what somebody had asked for before is waited for."""

import pytest

from dr_core.approvals import ack
from dr_core.approvals.open import open_request
from dr_core.evacuation.model import Evacuation
from dr_core.evacuation.turn import Stage, Standing
from dr_core.execution.model import RunState
from dr_core.execution.quorum import LASTS
from dr_core.plan.step import Mode
from dr_core.reports.evacuation import _sentence, evacuation_view
from dr_core.store import observations, runs
from tests.unit.commands.conftest import observation
from tests.unit.evacuation.conftest import INES, JONAS, REQUESTER, A, B, C, Region, end


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is written is the same on each database: test_deciding.py."""
    return sqlite_url


def moved(region: Region, name: str) -> None:
    """It is seen in the target, and writes there."""
    topology = region.services.topology
    turned = topology.applications[name].model_copy(update={"primary": B, "standby": (A,)})
    there = topology.model_copy(update={"applications": {**topology.applications, name: turned}})
    seen = observation(there, name, region.clock, down=(A,))
    region.services.store.write(lambda tx: observations.save(tx, seen))


def approved(region: Region) -> Evacuation:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    return evacuation


def test_the_rto_of_a_run_that_led_elsewhere_is_not_that_of_the_move(region: Region) -> None:
    evacuation = approved(region)
    run = region.finish(evacuation, "identity").model_copy(update={"rto_s": 312.0})
    request, there = region.requests(evacuation)["identity"], Standing("identity", 1, (), Stage.ARRIVED, "it is seen")
    elsewhere = run.model_copy(update={"plan": run.plan.model_copy(update={"target": C})})
    told = [_sentence(there, request, one, "", "") for one in (run, elsewhere)]
    assert told == ["arrived, RTO 5 m 12 s", "arrived: it is seen"]


def said(region: Region, evacuation: Evacuation, name: str) -> str:
    view = evacuation_view(region.services, evacuation.id)
    return next(one.sentence for one in view.members if one.application == name)


def test_whose_run_failed_late_has_arrived_once_it_is_seen_there(region: Region) -> None:
    evacuation = approved(region)
    region.finish(evacuation, "identity", RunState.FAILED)
    region.finish(evacuation, "mail")
    region.advance()
    assert region.states(evacuation)["payments"] == "queued"
    region.clock.advance(60)
    region.see()
    moved(region, "identity")
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"
    assert said(region, evacuation, "identity").startswith(f"arrived: it is seen in {B}")


def test_what_was_seen_there_before_its_run_ended_is_no_proof(region: Region) -> None:
    evacuation = approved(region)
    moved(region, "identity")
    region.clock.advance(60)
    region.finish(evacuation, "identity", RunState.FAILED)
    region.finish(evacuation, "mail")
    region.advance()
    assert region.states(evacuation)["payments"] == "queued"


def test_who_was_moved_before_the_quorum_was_complete_holds_nobody(region: Region) -> None:
    """DNS moved it, or somebody by hand: its own request is void, and what needs it goes on."""
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.clock.advance(30)
    region.see()
    moved(region, "identity")
    region.approve(evacuation, JONAS)
    assert region.states(evacuation)["identity"] == "void"
    region.finish(evacuation, "mail")
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"
    region.clock.advance(LASTS.total_seconds() + 1)
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"


def test_what_somebody_had_asked_for_before_is_waited_for(region: Region) -> None:
    """One of two has approved identity by itself: payments does not overtake it."""
    single = open_request(
        region.services, application="identity", target=B, mode=Mode.FORCED, actor=region.actor(REQUESTER),
        reason="first", cmd_id="single",
    )  # fmt: skip
    press = {"round": 1, "typed_limit": "3600"}
    ack.approve(region.services, single.id, actor=region.actor(INES), evidence={"n": INES}, **press)  # type: ignore[arg-type]
    region.clock.advance(1)
    evacuation = approved(region)
    assert "identity" not in region.states(evacuation)
    assert region.states(evacuation)["payments"] == "queued"
    assert f"{single.id} waits for approvals" in said(region, evacuation, "payments")
    region.finish(evacuation, "mail")
    region.advance()
    assert region.states(evacuation)["payments"] == "queued"
    assert region.states(evacuation)["letters"] == "run pending", "nobody else waits for it"

    ack.approve(region.services, single.id, actor=region.actor(JONAS), evidence={"n": JONAS}, **press)  # type: ignore[arg-type]
    run = region.read(lambda tx: runs.of_request(tx, single.id))
    region.advance()
    assert region.states(evacuation)["payments"] == "queued"
    end(region.services.store, run, RunState.SUCCEEDED)
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"


def test_what_was_asked_for_before_and_taken_back_holds_who_was_approved_to_follow_it(region: Region) -> None:
    single = open_request(
        region.services, application="identity", target=B, mode=Mode.FORCED, actor=region.actor(REQUESTER),
        reason="first", cmd_id="single",
    )  # fmt: skip
    evacuation = approved(region)
    region.clock.advance(1)
    ack.cancel(region.services, single.id, actor=region.actor(REQUESTER))
    region.finish(evacuation, "mail")
    region.advance()
    assert "its request was cancelled" in region.get(evacuation).member("payments").told


def test_an_approval_of_a_later_wave_waits_for_no_stranger_that_nobody_approves(region: Region) -> None:
    """mail and letters are not decided; identity and payments are: payments has no reason to wait for mail."""
    evacuation = region.ask()
    found = region.requests(evacuation)
    for name in ("identity", "payments"):
        for user in (INES, JONAS):
            ack.approve(
                region.services, found[name].id, round=1, actor=region.actor(user), typed_limit="3600",
                evidence={"n": user}, cmd_id=f"{name}-{user}",
            )  # fmt: skip
    assert region.states(evacuation)["payments"] == "queued"
    region.finish(evacuation, "identity")
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"


def test_one_press_starts_the_earlier_wave_first(region: Region) -> None:
    """identity is there; mail and payments are approved by the same press: payments waits for the wave before it."""
    evacuation = region.ask()
    found = region.requests(evacuation)
    for user in (INES, JONAS):
        ack.approve(
            region.services, found["identity"].id, round=1, actor=region.actor(user), typed_limit="3600",
            evidence={"n": user}, cmd_id=f"identity-{user}",
        )  # fmt: skip
    region.finish(evacuation, "identity")
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    assert region.states(evacuation)["mail"] == "run pending"
    assert region.states(evacuation)["payments"] == "queued"
