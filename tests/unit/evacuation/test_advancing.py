"""The duty that starts the next wave: in order, whatever fails, and never with an approval that is too old."""

import pytest

from dr_core.approvals import ack
from dr_core.approvals.lapse import BOT
from dr_core.approvals.model import RequestState
from dr_core.approvals.open import open_request
from dr_core.approvals.renewal import ask_again
from dr_core.audit import trail
from dr_core.audit.events import EventKind
from dr_core.drills.standing_back import why_not
from dr_core.evacuation.model import Evacuation
from dr_core.execution.model import HoldKind, RunState
from dr_core.execution.quorum import LASTS
from dr_core.plan.step import Mode
from dr_core.store import observations, runs
from tests.unit.commands.conftest import observation
from tests.unit.evacuation.conftest import INES, JONAS, Region, end


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """On one database: what two workers do at once is tried on both in test_deciding.py."""
    return sqlite_url


def approved(region: Region) -> Evacuation:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    return evacuation


def told(region: Region, kind: EventKind) -> list[object]:
    found = region.read(lambda tx: trail.listing(tx, limit=500, chain="ops"))
    return [event.data.get("application") for event in found if event.kind == kind]


def test_the_second_wave_starts_when_the_first_is_over(region: Region) -> None:
    evacuation = approved(region)
    region.advance()
    assert region.states(evacuation)["payments"] == "queued"
    region.finish(evacuation, "identity")
    region.advance()
    assert region.states(evacuation)["payments"] == "queued", "mail is of the first wave, too"
    region.finish(evacuation, "mail")
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"
    assert region.states(evacuation)["letters"] == "run pending"
    region.advance()
    assert sorted(map(str, told(region, EventKind.EVACUATION_STARTED))) == ["letters", "payments"]
    assert region.read(trail.verify).ok


def test_what_fails_holds_those_that_need_it_and_nobody_else(region: Region) -> None:
    evacuation = approved(region)
    region.finish(evacuation, "identity", RunState.FAILED)
    region.finish(evacuation, "mail")
    region.advance()
    region.advance()
    assert region.states(evacuation)["letters"] == "run pending"
    assert region.states(evacuation)["payments"] == "queued"
    assert told(region, EventKind.EVACUATION_HELD) == ["payments"], "said once"
    assert "has not arrived: run-" in region.get(evacuation).member("payments").told


def test_what_is_held_follows_by_itself_when_what_it_needs_was_moved_after_all(region: Region) -> None:
    evacuation = approved(region)
    region.finish(evacuation, "identity", RunState.FAILED)
    region.finish(evacuation, "mail")
    region.advance()
    region.clock.advance(60)
    region.see()

    again = open_request(
        region.services, application="identity", target=evacuation.target, mode=Mode.FORCED,
        actor=region.actor("U0ASKS"), reason="once more", cmd_id="again",
    )  # fmt: skip
    for user in (INES, JONAS):
        ack.approve(
            region.services, again.id, round=1, actor=region.actor(user), typed_limit="3600", evidence={"n": user}
        )
    region.advance()
    member = region.get(evacuation).member("payments")
    assert (member.told, member.held_at) == ("", None), "it waits for that run now"
    assert told(region, EventKind.EVACUATION_FREED) == ["payments"]
    run = region.read(lambda tx: runs.of_request(tx, again.id))
    end(region.services.store, run, RunState.SUCCEEDED)
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"


def test_what_is_held_lapses_when_its_approval_is_too_old(region: Region) -> None:
    evacuation = approved(region)
    region.finish(evacuation, "identity", RunState.ABORTED)
    region.finish(evacuation, "mail")
    region.advance()
    region.finish(evacuation, "letters")
    region.clock.advance(LASTS.total_seconds() + 1)
    region.advance()
    assert region.states(evacuation)["payments"] == "void"
    assert told(region, EventKind.EVACUATION_LAPSED) == ["payments"]
    assert region.get(evacuation).ended_at is not None
    assert region.read(trail.verify).ok


def test_the_time_to_lapse_begins_when_people_were_told_that_it_is_held(region: Region) -> None:
    """Whoever learns of it has time to mend it, however long the waves before have taken."""
    evacuation = approved(region)
    region.finish(evacuation, "mail")
    region.clock.advance(LASTS.total_seconds() + 60)
    region.see()
    region.finish(evacuation, "identity", RunState.FAILED)
    region.advance()
    assert told(region, EventKind.EVACUATION_HELD) == ["payments"]
    held_at = region.get(evacuation).member("payments").held_at
    assert held_at == region.clock.now()
    region.clock.advance(LASTS.total_seconds() - 1)
    region.advance()
    assert region.states(evacuation)["payments"] == "queued"
    region.clock.advance(2)
    region.advance()
    assert region.states(evacuation)["payments"] == "void"
    assert told(region, EventKind.EVACUATION_LAPSED) == ["payments"]


def test_a_drill_stands_back_for_what_waits_for_its_turn(region: Region) -> None:
    """Also long after its request would have expired, and beside one that has."""
    evacuation = approved(region)
    topology = region.services.topology
    auto = topology.model_copy(update={"approval": topology.approval.model_copy(update={"prepare": "auto"})})
    for name in ("identity", "mail"):
        region.finish(evacuation, name, RunState.FAILED)
    region.clock.advance(3600)
    why = region.read(lambda tx: why_not(tx, auto, "payments"))
    assert why == f"request {region.requests(evacuation)['payments'].id} waits, and its target is being prepared"


def test_a_wave_that_comes_late_asks_its_people_again_before_it_begins(region: Region) -> None:
    evacuation = approved(region)
    region.clock.advance(LASTS.total_seconds() + 1)
    region.see()
    region.finish(evacuation, "identity")
    region.finish(evacuation, "mail")
    region.advance()
    request = region.requests(evacuation)["payments"]
    assert (request.state, request.round) == (RequestState.OPEN, 2)
    run = region.read(lambda tx: runs.of_request(tx, request.id))
    assert run is not None
    assert [hold.kind for hold in run.holds] == [HoldKind.ROUND]
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    assert region.states(evacuation)["payments"] == "run pending"


def test_a_member_that_was_moved_by_hand_meanwhile_is_void_and_the_rest_goes_on(region: Region) -> None:
    evacuation = approved(region)
    region.finish(evacuation, "identity")
    region.finish(evacuation, "mail")

    topology = region.services.topology
    app = topology.applications["payments"]
    turned = topology.model_copy(
        update={
            "applications": {"payments": app.model_copy(update={"primary": "eu-central-1", "standby": ("eu-west-1",)})}
        }
    )
    seen = observation(turned, "payments", region.clock)
    region.services.store.write(lambda tx: observations.save(tx, seen))
    region.advance()
    assert region.states(evacuation)["payments"] == "void"
    assert region.states(evacuation)["letters"] == "run pending"


def test_one_that_waits_for_a_person_keeps_nobody_who_does_not_need_it(region: Region) -> None:
    evacuation = approved(region)
    mail = region.requests(evacuation)["mail"]
    region.services.store.write(lambda tx: ask_again(tx, region.services, f"run-{mail.id[2:]}", BOT, "more lost"))
    region.finish(evacuation, "identity")
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"
    assert region.states(evacuation)["letters"] == "queued"
