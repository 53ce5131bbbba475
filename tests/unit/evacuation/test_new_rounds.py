"""New rounds of members: after a store was rolled back, and while others of the evacuation are under way."""

import pytest

from dr_core.approvals import ack
from dr_core.approvals.lapse import BOT
from dr_core.approvals.model import RequestState
from dr_core.audit import rollback, trail
from dr_core.audit.trail import actor_data
from dr_core.evacuation import renewing
from dr_core.store import anchors
from tests.unit.evacuation.conftest import INES, JONAS, Region

EXPIRED_S = 1201


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    """What is written is the same on each database: test_deciding.py."""
    return sqlite_url


def test_after_a_rollback_of_the_store_what_is_queued_is_asked_again_too(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    payments = region.requests(evacuation)["payments"]
    assert payments.state is RequestState.QUEUED
    assert payments.id in region.read(anchors.to_cover)
    asked = region.services.store.write(lambda tx: rollback._ask_again(tx, actor_data(BOT)))
    found = region.requests(evacuation)
    assert sorted(asked) == sorted(request.id for request in found.values())
    assert {(request.state, request.round) for request in found.values()} == {(RequestState.OPEN, 2)}

    region.advance()
    assert region.states(evacuation)["payments"] == "open", "nobody has approved the second round"
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    assert region.states(evacuation)["payments"] == "queued"
    for name in ("identity", "mail"):
        region.finish(evacuation, name)
    region.advance()
    assert region.states(evacuation)["payments"] == "run pending"
    assert region.read(trail.verify).ok


def test_a_queued_chain_stays_covered_by_each_anchor(region: Region) -> None:
    """The next anchor names it although it has not grown, as it names every request that waits."""
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    waiting = region.requests(evacuation)["payments"].id
    assert waiting in region.read(lambda tx: list(anchors._under_way(tx)))


def test_a_later_wave_is_renewed_while_the_first_one_runs(region: Region) -> None:
    evacuation = region.ask()
    identity = region.requests(evacuation)["identity"]
    for user in (INES, JONAS):
        ack.approve(
            region.services, identity.id, round=1, actor=region.actor(user), typed_limit="3600", evidence={"n": user}
        )
    region.clock.advance(EXPIRED_S)
    region.see()
    renewing.renew(region.services, evacuation.id, actor=region.actor(INES), cmd_id="again")
    assert region.requests(evacuation)["payments"].round == 2
    assert region.states(evacuation)["identity"] == "run pending"


def test_what_was_taken_out_makes_nobody_wait_longer(region: Region) -> None:
    """The loss limits of a later wave count the waves before it: those that still go."""
    evacuation = region.ask()
    region.clock.advance(1)
    found = region.requests(evacuation)
    for name in ("identity", "mail"):
        ack.cancel(region.services, found[name].id, actor=region.actor(INES), cmd_id=f"out-{name}")
    members = tuple(region.requests(evacuation).values())
    assert list(region.read(lambda tx: renewing._longest(tx, evacuation, members))) == [2]
