"""One card an evacuation: posted once, paging whoever may approve, kept at its latest state; members have none yet."""

import json
from typing import Any

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from bot.posting import Mark
from bot.slack import SlackRefusedError
from bot.views import evacuation, evacuation_lines, evacuation_modals
from commands.dispatch import dispatch
from dr_core.approvals.model import Actor
from dr_core.approvals.renewal import renew
from dr_core.clock import ManualClock
from dr_core.reports.evacuation import EvacuationView, evacuation_view
from dr_core.services import Services
from dr_core.store import cards, evacuations
from dr_core.store.cards import Carded
from tests.unit.bot.conftest import REQUESTER, FakeSlack
from tests.unit.bot.lint import message_problems, view_problems
from tests.unit.bot.place import ADA, INCIDENT, Place


@pytest.fixture
def announcer(services: Services, slack: FakeSlack, clock: ManualClock) -> Announcer:
    metrics = Metrics()
    return Announcer(services, slack, Election(services.store, clock, "announcer", "me", metrics), metrics)


@pytest.fixture
def opened(services: Services) -> EvacuationView:
    result = dispatch(services, REQUESTER, "failover eu-west-1 --all", cmd_id="f").result
    assert isinstance(result, EvacuationView)
    return result


def at_top(slack: FakeSlack) -> list[str]:
    return [message.text for _, message, thread, _ in slack.posts if thread is None]


async def test_the_card_is_posted_once_and_its_members_have_none(
    announcer: Announcer, slack: FakeSlack, opened: EvacuationView
) -> None:
    await announcer.follow()
    await announcer.follow()
    [text] = at_top(slack)
    assert "<@U0ADA>" in text, "whoever may approve is paged"
    assert slack.marks[0] == Mark(opened.id, 0)
    assert "waits for approvals, 0 of 1" in str(slack.posts[0][1].blocks)


async def test_from_its_run_on_a_member_has_a_card_of_its_own_and_the_other_shows_how_it_goes(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: EvacuationView, approver: Actor
) -> None:
    await announcer.follow()
    dispatch(services, approver, f"approve {opened.id}", cmd_id="a")
    await announcer.follow()
    assert len(at_top(slack)) == 2
    told = [message.text for _, message, thread, _ in slack.posts if thread is not None]
    assert any("approved by Ada" in text for text in told)
    card = slack.updates[-1][2]
    assert "0 of 1 application arrived" in str(card.blocks)
    assert [button["action_id"] for button in buttons(card.blocks)] == ["details"]


async def test_its_buttons_count_for_the_round_that_the_card_shows(place: Place, approver: Actor) -> None:
    """Also for whoever may not see the newest one: the card of a phone that was asleep."""
    opened = dispatch(place.services, REQUESTER, "failover eu-west-1 --all", cmd_id="f").result
    assert isinstance(opened, EvacuationView)
    await place.bot.announcer.follow()
    at, tokens = place.services.store.read(
        lambda tx: (cards.place(tx, Carded.EVACUATION, opened.id), evacuations.tokens(tx, opened.id))
    )
    assert at is not None
    renew(place.services, opened.members[0].request, actor=approver, cmd_id="again")

    async def press(action: str, value: str) -> tuple[Any, list[Any]]:
        return await place.said(place.slack.people.press(ADA, INCIDENT, str(at and at.ts), action, value))

    for action in ("approve", "deny", "cancel"):
        view, said = await press(action, f"{tokens[action]}:1")
        assert view is None
        assert "round 2 is the present one" in str(said), action
    assert evacuation_view(place.services, opened.id).state == "open"
    await place.bot.announcer.follow()
    view, _ = await press("approve", f"{tokens['approve']}:2")
    assert json.loads(view.body["private_metadata"])["only"] == [opened.members[0].request]
    await place.said(place.slack.people.submit(ADA, view.id, {}))
    assert evacuation_view(place.services, opened.id).members[0].stage == "under_way"


async def test_a_card_that_somebody_deleted_is_posted_anew(
    announcer: Announcer,
    services: Services,
    slack: FakeSlack,
    opened: EvacuationView,
    approver: Actor,
    clock: ManualClock,
) -> None:
    await announcer.follow()
    dispatch(services, approver, f'deny {opened.id} --reason "no"', cmd_id="d")
    slack.refuse = "message_not_found"
    with pytest.raises(SlackRefusedError):
        await announcer.follow()
    slack.refuse = None
    clock.advance(6)
    await announcer.follow()
    assert "denied" in str(slack.updates[-1][2].blocks[0] if slack.updates else slack.posts[-1][1].blocks[0])


async def test_a_page_and_the_end_that_slack_refused_are_told_by_the_next_process(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: EvacuationView, approver: Actor,
    clock: ManualClock,
) -> None:  # fmt: skip
    """A token was revoked meanwhile: the new one needs a restart, and what was owed in memory would be lost."""
    await announcer.follow()
    renew(services, opened.members[0].request, actor=approver, cmd_id="again")
    dispatch(services, approver, f'deny {opened.id} --reason "no"', cmd_id="d")
    slack.refuse = "token_revoked"
    with pytest.raises(SlackRefusedError):
        await announcer.follow()
    slack.refuse = None
    clock.advance(60)
    other = Announcer(services, slack, Election(services.store, clock, "announcer", "other", Metrics()), Metrics())
    await other.follow()
    assert "denied" in str(slack.updates[-1][2].blocks[0]), "no card with live buttons is left behind"
    told = [message.text for _, message, thread, _ in slack.posts if thread is not None]
    assert sum("opened round 2" in text for text in told) == 1
    assert any(text.startswith("<@U0ADA>") for text in told), "a new round pages"
    assert sum("denied by Ada" in text for text in told) == 1


def buttons(blocks: object) -> list[dict[str, object]]:
    assert isinstance(blocks, tuple)
    return [one for block in blocks if block["type"] == "actions" for one in block["elements"]]


def test_everything_that_is_drawn_fits_slack(services: Services, opened: EvacuationView) -> None:
    """Also with forty applications, in a dozen waves, with the longest reasons."""
    tokens = services.store.read(lambda tx: evacuations.tokens(tx, opened.id))
    one = opened.members[0].model_copy(update={"sentence": "w" * 400, "held": "h" * 400, "after": ("x" * 60,) * 9})
    many = tuple(one.model_copy(update={"application": f"app-{n}", "wave": n // 4 + 1}) for n in range(40))
    large = opened.model_copy(update={"members": many, "reason": "r" * 2000})
    for view in (opened, large):
        assert message_problems(evacuation.card(view, tokens, mention="<!subteam^S0>", paging=True)) == ()
        assert message_problems(evacuation_modals.answer(view)) == ()
        names = [member.application for member in view.members]
        assert view_problems(evacuation_modals.approve(view, names, "3600", "C1")) == ()
        assert view_problems(evacuation_modals.approve(view, names, "unknown", "C1")) == ()
        assert view_problems(evacuation_modals.deny(view, "C1")) == ()
        assert view_problems(evacuation_modals.details(view)) == ()


def test_the_status_shows_every_application_of_it(services: Services, opened: EvacuationView) -> None:
    status = dispatch(services, REQUESTER, "status").result
    found = status.evacuations  # type: ignore[attr-defined]
    assert [line.id for line in found] == [opened.id]
    assert "shop: waits for approvals" in str(evacuation_lines.lines(found))
    assert evacuation_view(services, opened.id).state == "open"
