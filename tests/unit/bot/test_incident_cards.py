"""One card an incident: pinned, kept at its latest state, its notes in the thread, unpinned at the end, once."""

from collections.abc import Callable
from typing import Any

import pytest

from bot import incident_cards
from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from bot.posting import CONSUMER, Mark
from bot.slack import SlackRefusedError
from bot.views.incident import answer, card
from bot.views.message import lines, message
from dr_core.approvals.model import Actor, Face, Request
from dr_core.clock import ManualClock
from dr_core.errors import UnreachableError
from dr_core.incidents import book, closing, notes
from dr_core.incidents.model import Incident
from dr_core.reports.incidents import incident_view
from dr_core.services import Services
from dr_core.store import cards, events
from dr_core.store.cards import Carded
from dr_core.store.cards import Place as Stands
from dr_core.store.incidents import SETTLED
from tests.unit.bot.conftest import FakeSlack
from tests.unit.bot.lint import message_problems
from tests.unit.bot.place import Place

DETECTION = Actor(person="detection", display="detection", face=Face.DETECTION)
NOTHING = "nothing is told twice"


@pytest.fixture
def announcer(services: Services, slack: FakeSlack, clock: ManualClock) -> Announcer:
    metrics = Metrics()
    return Announcer(services, slack, Election(services.store, clock, "announcer", "me", metrics), metrics)


@pytest.fixture
def opened(services: Services, approver: Actor) -> Incident:
    return book.declare(services, application="shop", title="checkout <fails>\nbadly", actor=approver, cmd_id="i")


def texts(slack: FakeSlack) -> list[tuple[str | None, str]]:
    return [(thread, message.text) for _, message, thread, _ in slack.posts]


async def test_it_is_posted_and_pinned_once(announcer: Announcer, slack: FakeSlack, opened: Incident) -> None:
    await announcer.follow()
    await announcer.follow()
    [(channel, made, thread, _)] = slack.posts
    assert (channel, thread, slack.pins) == ("C0INCIDENT", None, [("1.000", True)])
    assert opened.id in str(made.blocks)
    assert "checkout &lt;fails&gt; badly" in made.text
    assert "<@U0ADA>" not in made.text, "a person's incident pages nobody"
    assert slack.marks == [Mark(opened.id, 0)]


async def test_notes_and_requests_change_the_card_and_notes_stand_in_its_thread(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: Incident, approver: Actor, clock: ManualClock,
    open_planned: Callable[[], Request],
) -> None:  # fmt: skip
    await announcer.follow()
    notes.add(services, "called the <provider>", named=None, actor=approver, cmd_id="n")
    await announcer.follow()
    assert texts(slack)[-1][0] == "1.000"
    assert "Ada noted: called the &lt;provider&gt;" in texts(slack)[-1][1]
    assert "called the <provider>" in str(slack.updates[-1][2].blocks), "as plain text"
    request = open_planned()
    clock.advance(5)
    await announcer.follow()
    own = [made for _, ts, made in slack.updates if ts == "1.000"]
    assert request.id in str(own[-1].blocks)
    before = (len(slack.posts), len(slack.updates))
    clock.advance(60)
    await announcer.follow()
    assert (len(slack.posts), len(slack.updates)) == before, NOTHING
    assert slack.pins == [("1.000", True)], "Slack takes few such calls"


async def test_the_end_is_told_to_all_and_the_card_is_unpinned_and_left_alone(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: Incident, approver: Actor, clock: ManualClock
) -> None:
    await announcer.follow()
    closing.close(services, None, reason="taken back", actor=approver, cmd_id="c")
    await announcer.follow()
    _, made, thread, broadcast = slack.posts[-1]
    assert (thread, broadcast) == ("1.000", True)
    assert "Ada closed the incident" in made.text
    assert "taken back" in made.text
    assert slack.pins[-1] == ("1.000", False)
    assert "closed" in str(slack.updates[-1][2].blocks[1])
    place = services.store.read(lambda tx: cards.place(tx, Carded.INCIDENT, opened.id))
    assert place == Stands("C0INCIDENT", "1.000", SETTLED)
    told = len(slack.posts) + len(slack.updates)
    clock.advance(60)
    await announcer.follow()
    assert len(slack.posts) + len(slack.updates) == told, NOTHING


async def test_what_detection_opens_without_a_request_pages_the_approvers(
    announcer: Announcer, services: Services, slack: FakeSlack
) -> None:
    for application, request in (("shop", None), (None, "r-1")):
        services.store.write(
            lambda tx, name=application, asked=request: book.open_incident(
                tx, application=name, title="down", actor=DETECTION, signals=("http is bad",), request=asked,
                cmd_id=f"d{name}",
            )
        )  # fmt: skip
    await announcer.follow()
    paged = [made.text.startswith("<@U0ADA>") for _, made, thread, _ in slack.posts if thread is None]
    assert paged == [True, False], "where there is a request, its card pages"
    assert "http is bad" in str(slack.posts[0][1].blocks)


async def test_a_crash_between_post_and_record_is_looked_up_where_it_can_be(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: Incident
) -> None:
    slack.readable, slack.loses = True, 1
    with pytest.raises(UnreachableError):
        await announcer.follow()
    await announcer.follow()
    assert sum(thread is None for thread, _ in texts(slack)) == 1
    assert slack.pins == [("1.000", True)]


async def test_a_card_that_cannot_be_pinned_is_a_card_all_the_same(
    announcer: Announcer, services: Services, slack: Any, opened: Incident
) -> None:
    async def refused(channel: str, ts: str, *, pinned: bool) -> None:
        slack.refuse = "too_many_pins"
        try:
            slack._answer("pins.add")
        finally:
            slack.refuse = None

    slack.pin = refused
    await announcer.follow()
    place = services.store.read(lambda tx: cards.place(tx, Carded.INCIDENT, opened.id))
    assert place is not None
    assert place.ts == "1.000"
    assert place.fingerprint


async def test_a_card_that_somebody_deleted_is_posted_anew(
    announcer: Announcer, services: Services, slack: Any, opened: Incident, approver: Actor
) -> None:
    await announcer.follow()
    notes.add(services, "seen", named=None, actor=approver, cmd_id="n")
    update = slack.update

    async def gone(*arguments: Any) -> None:
        slack.refuse = "message_not_found"
        try:
            await update(*arguments)
        finally:
            slack.refuse = None

    slack.update = gone
    await announcer.follow()
    place = services.store.read(lambda tx: cards.place(tx, Carded.INCIDENT, opened.id))
    assert place is not None
    assert place.ts == "2.000"
    assert slack.posts[-1][2] == "2.000", "the note is in the new thread"


def test_every_state_fits_into_a_message(services: Services, opened: Incident, approver: Actor) -> None:
    signals = tuple(f"signal {number} <x> {'y' * 400}" for number in range(60))
    services.store.write(
        lambda tx: book.open_incident(
            tx, application="shop", title="t" * 200, actor=DETECTION, signals=signals, request=None, cmd_id="many"
        )
    )
    for number in range(12):
        notes.add(services, f"{number} <b> " + "z" * 1900, named=None, actor=approver, cmd_id=f"n{number}")
    for whole in (False, True):
        view = incident_view(services, opened, whole=whole)
        for made in (card(view), answer(view)):
            assert message_problems(made) == ()
    shown = str(card(incident_view(services, opened)).blocks)
    assert "7 earlier" in shown
    assert "more" in shown


async def test_what_slack_refuses_elsewhere_does_not_tell_a_note_again(
    announcer: Announcer, services: Services, slack: Any, opened: Incident, approver: Actor, monkeypatch: Any
) -> None:
    await announcer.follow()
    notes.add(services, "once", named=None, actor=approver, cmd_id="n")
    monkeypatch.setattr(announcer, "_tell_at_large", refused("msg_too_long"))
    for _ in range(3):
        with pytest.raises(SlackRefusedError):
            await announcer.follow()
    assert sum("Ada noted: once" in text for _, text in texts(slack)) == 1


async def test_a_long_note_is_shown_to_its_end(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: Incident, approver: Actor
) -> None:
    await announcer.follow()
    for number in range(7):
        notes.add(services, "n" * 480 + f" end-{number}", named=None, actor=approver, cmd_id=f"n{number}")
    await announcer.follow()
    shown = [str(made.blocks) for _, made, thread, _ in slack.posts if thread]
    assert len(shown) == 2
    assert all(any(f"end-{number}" in text for text in shown) for number in range(7))


async def test_a_note_that_slack_refuses_keeps_nothing_back_and_is_told_later(
    announcer: Announcer, services: Services, slack: Any, opened: Incident, approver: Actor, clock: ManualClock
) -> None:
    await announcer.follow()
    other = book.declare(services, application=None, title="all of it", actor=approver, cmd_id="i2")
    await announcer.follow()
    notes.add(services, "refused", named=opened.id, actor=approver, cmd_id="n1")
    notes.add(services, "told", named=other.id, actor=approver, cmd_id="n2")
    post = slack.post
    slack.post = refused("msg_too_long", when=lambda thread: thread == "1.000", otherwise=post)
    with pytest.raises(SlackRefusedError):
        await announcer.follow()
    slack.post = post
    assert [thread for thread, text in texts(slack) if "noted: told" in text] == ["2.000"]
    for _ in range(3):
        clock.advance(5)
        await announcer.follow()
    assert [(thread, text.split(": ")[-1]) for thread, text in texts(slack) if thread] == [
        ("2.000", "told"),
        ("1.000", "refused"),
    ]


@pytest.mark.parametrize("handed_back", [False, True])
async def test_what_slack_refuses_is_told_by_whoever_announces_next(
    announcer: Announcer, services: Services, slack: Any, opened: Incident, approver: Actor, clock: ManualClock,
    handed_back: bool,
) -> None:  # fmt: skip
    """Also when the first one announces again afterwards: it has nothing left to tell, and forgets nothing."""
    await announcer.follow()
    notes.add(services, "refused", named=opened.id, actor=approver, cmd_id="n1")
    post = slack.post
    slack.post = refused("restricted_action", when=lambda thread: thread == "1.000", otherwise=post)
    with pytest.raises(SlackRefusedError):
        await announcer.follow()
    other = Announcer(services, slack, Election(services.store, clock, "announcer", "other", Metrics()), Metrics())
    clock.advance(60)
    if handed_back:
        assert await other._read(lambda tx: other._lease.hold())
        await announcer.follow()  # it hears that another one has the lease
        other._lease.release()
        clock.advance(60)
    slack.post = post
    following = announcer if handed_back else other
    for text in ("refused", "next"):
        for _ in range(3):
            clock.advance(5)
            await following.follow()
        assert [said.split(": ")[-1] for thread, said in texts(slack) if thread][-1] == text
        notes.add(services, "next", named=opened.id, actor=approver, cmd_id="n2")
    assert [said.split(": ")[-1] for thread, said in texts(slack) if thread] == ["refused", "next"]
    assert services.store.read(lambda tx: events.passed_over(tx, CONSUMER, incident_cards.IN_THREAD, "incident")) == ()


async def test_a_card_that_is_gone_when_a_note_comes_is_posted_anew(
    announcer: Announcer, services: Services, slack: Any, opened: Incident, approver: Actor, monkeypatch: Any
) -> None:
    await announcer.follow()
    notes.add(services, "seen", named=None, actor=approver, cmd_id="n")
    monkeypatch.setattr(announcer._incidents, "show", nothing)
    slack.post = refused("thread_not_found", when=lambda thread: thread == "1.000", otherwise=slack.post)
    await announcer.follow()
    assert [thread for thread, _ in texts(slack)] == [None, None, "2.000"]
    assert slack.pins == [("1.000", True), ("2.000", True)]


async def test_an_incident_that_is_closed_while_its_card_is_drawn_is_unpinned(
    announcer: Announcer, services: Services, slack: FakeSlack, opened: Incident, approver: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await announcer.follow()

    def closed_meanwhile(made: Services, found: Incident, **more: Any) -> Any:
        if found.open:
            closing.close(services, None, reason="", actor=approver, cmd_id="c")
        return incident_view(made, found, **more)

    monkeypatch.setattr(incident_cards, "incident_view", closed_meanwhile)
    announcer._incidents.stirred = True
    await announcer._incidents.refresh()
    assert slack.pins[-1] == ("1.000", False)


async def test_what_is_pinned_already_is_no_problem_of_slack_s(place: Place) -> None:
    slack, channel = place.bot.slack, place.services.topology.slack.incident_channel
    ts = await slack.post(channel, message("hello", lines(["hello"])))
    for pinned in (True, True, False, False):
        await slack.pin(channel, ts, pinned=pinned)
        assert slack.contact.problem == ""


def refused(word: str, *, when: Callable[[Any], bool] = lambda _: True, otherwise: Any = None) -> Any:
    """Slack refuses, in some threads; elsewhere it does as before."""

    async def call(*arguments: Any, **more: Any) -> Any:
        if when(more.get("thread")):
            raise SlackRefusedError("chat.postMessage", word)
        return await otherwise(*arguments, **more)

    return call


async def nothing() -> list[Any]:
    return []
