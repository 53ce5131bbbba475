"""Members have no card before their runs: what happens to them until then is told in the evacuation's thread."""

from dataclasses import replace

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from bot.views import evacuation as drawn
from dr_core.approvals import ack, renewal
from dr_core.approvals.break_glass import Typed, break_glass
from dr_core.approvals.lapse import expire_due
from dr_core.approvals.model import Actor, Face
from dr_core.evacuation import deciding
from dr_core.execution.model import RunState
from dr_core.execution.quorum import LASTS
from dr_core.reports.evacuation import evacuation_view
from dr_core.store import evacuations
from dr_core.topology.approval import Group
from tests.unit.bot.conftest import FakeSlack
from tests.unit.evacuation.conftest import INES, JONAS, MARA, Region

pytestmark = pytest.mark.races  # the announcer reads in threads of its own


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def slack() -> FakeSlack:
    return FakeSlack()


@pytest.fixture
def announcer(region: Region, slack: FakeSlack) -> Announcer:
    metrics = Metrics()
    election = Election(region.services.store, region.clock, "announcer", "me", metrics)
    return Announcer(region.services, slack, election, metrics)


async def heard(announcer: Announcer, slack: FakeSlack) -> list[tuple[str, bool]]:
    """What is told now in threads, and whether the channel sees it."""
    before = len(slack.posts)
    await announcer.follow()
    return [(message.text, loud) for _, message, thread, loud in slack.posts[before:] if thread is not None]


async def test_a_new_round_and_the_end_of_one_member_are_told(
    region: Region, announcer: Announcer, slack: FakeSlack
) -> None:
    members = region.requests(region.ask())
    await announcer.follow()
    renewal.renew(region.services, members["payments"].id, actor=region.actor(INES), cmd_id="r")
    ack.cancel(region.services, members["letters"].id, actor=region.actor(INES), cmd_id="c")
    [(text, loud)] = await heard(announcer, slack)
    assert "payments: " in text
    assert "opened round 2" in text
    assert "letters: " in text
    assert "cancelled by" in text
    assert text.startswith("<"), "a new round pages whoever may approve"
    assert loud
    region.clock.advance(6)
    assert await heard(announcer, slack) == []


async def test_what_was_decided_for_all_is_told_once(region: Region, announcer: Announcer, slack: FakeSlack) -> None:
    evacuation = region.ask()
    await announcer.follow()
    deciding.deny(region.services, evacuation.id, actor=region.actor(INES), reason="it is back", cmd_id="d")
    [(text, _)] = await heard(announcer, slack)
    assert text.count("it is back") == 1
    assert "identity, mail, letters, payments" in text


async def test_what_expires_together_is_one_message(region: Region, announcer: Announcer, slack: FakeSlack) -> None:
    region.ask()
    await announcer.follow()
    region.clock.advance(1201)
    assert expire_due(region.services) == 4
    [(text, loud)] = await heard(announcer, slack)
    assert text.count("the quorum was not complete in time") == 4
    assert loud


async def test_what_lapses_pages_the_approvers(region: Region, announcer: Announcer, slack: FakeSlack) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    region.finish(evacuation, "identity", RunState.FAILED)
    region.finish(evacuation, "mail")
    region.advance()
    await announcer.follow()
    region.clock.advance(LASTS.total_seconds() + 1)
    region.advance()
    told = [(text, loud) for text, loud in await heard(announcer, slack) if "payments does not go" in text]
    [(text, loud)] = told
    assert text.startswith("<")
    assert text.count("it was held for 30 minutes") == 1
    assert loud


async def test_the_words_for_whoever_approves_tell_what_begins(region: Region) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)
    assert (
        drawn.recorded(evacuation_view(region.services, evacuation.id)) == "Your approval is recorded, 1 more needed."
    )
    region.approve(evacuation, JONAS)
    told = drawn.recorded(evacuation_view(region.services, evacuation.id))
    assert "Under way: identity, mail; approved, and in line: letters, payments" in told


async def test_a_broken_glass_is_told_to_everybody_and_stands_on_the_card(
    region: Region, announcer: Announcer, slack: FakeSlack
) -> None:
    topology = region.services.topology
    approval = topology.approval.model_copy(update={"break_glass": Group(users=(MARA,))})
    region.services = replace(region.services, topology=topology.model_copy(update={"approval": approval}))
    evacuation = region.ask()
    region.approve(evacuation, INES)
    await announcer.follow()
    region.clock.advance(200)
    region.see()
    payments = region.requests(evacuation)["payments"]
    holder = Actor(**{**region.actor(MARA).model_dump(), "face": Face.TERMINAL})
    break_glass(
        region.services, payments.id, round=1, actor=holder, typed=Typed("nobody answers", "payments", "3600"),
        evidence={}, cmd_id="glass",
    )  # fmt: skip
    assert region.states(evacuation)["payments"] == "queued"
    told = [(text, loud) for text, loud in await heard(announcer, slack) if "broke the glass" in text]
    [(text, loud)] = told
    assert "payments: " in text
    assert "a review is open" in text
    assert text.startswith("<")
    assert loud
    tokens = region.read(lambda tx: evacuations.tokens(tx, evacuation.id))
    card = drawn.card(evacuation_view(region.services, evacuation.id), tokens)
    assert "payments: *glass broken by" in str(card.blocks)
