"""A report is posted by itself when a run or an incident has ended, once; and to whoever asks, into its thread."""

import asyncio

import pytest

from bot.after_actions import AfterActions
from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from commands.dispatch import dispatch
from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing
from dr_core.clock import ManualClock
from dr_core.errors import UnreachableError
from dr_core.incidents import book, closing
from dr_core.services import Services
from tests.unit.bot.conftest import REQUESTER, FakeSlack
from tests.unit.bot.place import ANSWER_S, Place


@pytest.fixture
def lease(services: Services, clock: ManualClock) -> Election:
    return Election(services.store, clock, "announcer", "me", Metrics())


@pytest.fixture
def announcer(services: Services, slack: FakeSlack, lease: Election) -> Announcer:
    return Announcer(services, slack, lease, Metrics())


@pytest.fixture
def reports(services: Services, slack: FakeSlack, lease: Election) -> AfterActions:
    return AfterActions(services, slack, lease, asyncio.Lock())


@pytest.fixture
def closed(services: Services, approver: Actor) -> str:
    """An incident that is over."""
    opened = book.declare(services, application="shop", title="checkout fails", actor=approver, cmd_id="i")
    closing.close(services, None, reason="", actor=approver, cmd_id="c")
    return opened.id


def posted(services: Services) -> list[str]:
    found = services.store.read(lambda tx: listing(tx, limit=200))
    return [str(event.data["subject"]) for event in found if event.kind == EventKind.REPORT_POSTED]


async def test_the_report_of_an_incident_follows_its_end_once(
    announcer: Announcer, reports: AfterActions, services: Services, slack: FakeSlack, clock: ManualClock, closed: str
) -> None:
    await announcer.follow()
    await reports.post()
    assert slack.uploads == [], "the end itself is told first"
    clock.advance(5)
    await reports.post()
    await reports.post()
    [(thread, files, said)] = slack.uploads
    assert thread == "1.000"
    assert [one.name for one in files] == [f"after-action-{closed}.md", f"after-action-{closed}.html"]
    assert "After-action report: checkout fails" in said
    assert "<!doctype html>" in files[1].text
    assert posted(services) == [closed]
    other = AfterActions(services, slack, reports._lease, asyncio.Lock())
    await other.post()
    assert len(slack.uploads) == 1, "another process does not post it again"


async def test_it_waits_for_its_card_and_for_slack(
    announcer: Announcer, reports: AfterActions, services: Services, slack: FakeSlack, clock: ManualClock, closed: str
) -> None:
    clock.advance(5)
    await reports.post()
    assert slack.uploads == []
    await announcer.follow()
    slack.down = True
    with pytest.raises(UnreachableError):
        await reports.post()
    assert posted(services) == []
    slack.down = False
    clock.advance(61)
    await reports.post()
    assert posted(services) == [closed]


async def test_what_slack_refuses_is_tried_again_a_minute_later(
    announcer: Announcer, reports: AfterActions, services: Services, slack: FakeSlack, clock: ManualClock, closed: str
) -> None:
    await announcer.follow()
    clock.advance(5)
    slack.refuse = "missing_scope"
    await reports.post()
    slack.refuse = None
    await reports.post()
    assert slack.uploads == []
    clock.advance(61)
    await reports.post()
    assert posted(services) == [closed]


async def test_what_ended_long_ago_is_not_posted_by_itself(
    announcer: Announcer, reports: AfterActions, slack: FakeSlack, clock: ManualClock, closed: str
) -> None:
    await announcer.follow()
    clock.advance(25 * 3600)
    await reports.post()
    assert slack.uploads == []


async def test_who_asks_in_slack_gets_the_files_in_the_thread(
    announcer: Announcer, reports: AfterActions, services: Services, slack: FakeSlack, approver: Actor, closed: str,
    clock: ManualClock,
) -> None:  # fmt: skip
    await announcer.follow()
    clock.advance(5)
    await reports.post()
    for cmd_id in ("a1", "a1", "a2"):
        dispatch(services, approver, f"report after-action {closed}", cmd_id=cmd_id)
    stranger = replace_user(REQUESTER, "U0STRANGER")
    dispatch(services, stranger, f"report after-action {closed}", cmd_id="a3")
    await reports.post()
    await reports.post()
    assert len(slack.uploads) == 3, "one by itself, one for each time it was asked for by somebody of the channel"


def replace_user(actor: Actor, user: str) -> Actor:
    return actor.model_copy(update={"slack_user": user, "person": f"slack:{user}", "display": user})


async def test_only_the_process_with_the_lease_posts(
    services: Services, slack: FakeSlack, clock: ManualClock, announcer: Announcer, closed: str
) -> None:
    await announcer.follow()
    clock.advance(5)
    mine = Election(services.store, clock, "announcer", "another", Metrics())
    await AfterActions(services, slack, mine, asyncio.Lock()).post()
    assert slack.uploads == []


async def test_announcing_waits_for_no_upload_and_the_end_of_the_process_does(place: Place) -> None:
    bot = place.bot
    async with bot.after_actions._uploading:
        await asyncio.wait_for(bot.announce(), ANSWER_S)
        ending = asyncio.create_task(bot.hand_over())
        while not ending.done() and "waiters:1" not in repr(bot.after_actions._uploading):
            await asyncio.sleep(0)
        assert not ending.done()
    await asyncio.wait_for(ending, ANSWER_S)
