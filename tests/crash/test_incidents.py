"""The bot killed around each write for an incident's card and for reports: nothing is left out, little comes twice."""

import asyncio

import pytest

from bot.after_actions import AfterActions
from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from commands.dispatch import dispatch
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.clock import ManualClock
from dr_core.failpoints import Point, When, armed
from dr_core.incidents import book, closing, notes
from dr_core.services import Services
from tests.crash.lives import KilledError
from tests.crash.test_bot import killed_at
from tests.unit.bot.conftest import FakeSlack, ada, services, slack

__all__ = ["services", "slack"]
TELLING = frozenset({Point.INCIDENT_CARD, Point.OUTBOX_ADVANCE, Point.REPORT_POSTED})


class Bots:
    """Two processes, of which the second goes on when the first has died."""

    def __init__(self, services: Services, slack: FakeSlack, clock: ManualClock) -> None:
        self.services, self.slack, self.clock = services, slack, clock
        self._made: dict[int, tuple[Announcer, AfterActions]] = {}
        self._beats = 0

    async def step(self, process: int) -> None:
        self._beats += 1
        if self._beats == 1:
            book.declare(self.services, application="shop", title="checkout fails", actor=ada(), cmd_id="i")
        elif self._beats == 3:
            notes.add(self.services, "called them", named=None, actor=ada(), cmd_id="n")
        elif self._beats == 6:
            closing.close(self.services, None, reason="over", actor=ada(), cmd_id="c")
        announcer, reports = self._of(process)
        await announcer.follow()
        await reports.post()

    def _of(self, process: int) -> tuple[Announcer, AfterActions]:
        if process not in self._made:
            metrics = Metrics()
            lease = Election(self.services.store, self.clock, "announcer", f"bot-{process}", metrics)
            announcer = Announcer(self.services, self.slack, lease, metrics)
            self._made[process] = announcer, AfterActions(self.services, self.slack, lease, asyncio.Lock())
        return self._made[process]


@pytest.mark.parametrize("number", range(1, 23))
async def test_a_bot_killed_around_any_write_leaves_one_card_its_notes_and_one_report(
    services: Services, slack: FakeSlack, clock: ManualClock, number: int
) -> None:
    """Only a report, which carries no mark, may come twice: where its bot died between Slack's answer and the note."""
    slack.readable = True
    at = await killed_at(number, TELLING, clock, Bots(services, slack, clock).step, steps=14)
    cards = [made for _, made, thread, _ in slack.posts if thread is None]
    assert len(cards) == 1
    told = [message.text for _, message, thread, _ in slack.posts if thread is not None]
    for words in ("noted: called them", "closed the incident"):
        assert sum(words in text for text in told) == 1, told
    assert slack.pins[-1][1] is False
    assert "closed" in str(slack.updates[-1][2].blocks[1])
    assert len(slack.uploads) == (2 if at == (Point.REPORT_POSTED, When.BEFORE) else 1)
    found = services.store.read(lambda tx: listing(tx, limit=100))
    assert sum(event.kind == EventKind.REPORT_POSTED for event in found) == 1
    assert services.store.read(verify).ok


async def test_the_bot_is_killed_before_and_after_each_kind_of_write(
    services: Services, slack: FakeSlack, clock: ManualClock
) -> None:
    """The numbers above reach all of them."""
    seen: list[tuple[Point, When]] = []
    bots = Bots(services, slack, clock)
    with armed(lambda point, when: seen.append((point, when))):
        for _ in range(14):
            await bots.step(0)
            clock.advance(6)
    reached = [one for one in seen if one[0] in TELLING]
    assert {(point, when) for point in TELLING for when in When} == set(reached)
    assert len(reached) <= 22


@pytest.mark.parametrize("when", list(When))
def test_who_asked_for_a_report_and_got_no_answer_asks_again_with_the_same_id(services: Services, when: When) -> None:
    """The files are asked for once."""
    book.declare(services, application="shop", title="checkout fails", actor=ada(), cmd_id="i")
    [opened] = [event for event in services.store.read(listing) if event.kind == EventKind.INCIDENT_OPENED]
    words = f"report after-action {opened.data['incident']}"

    def hook(point: Point, at: When) -> None:
        if (point, at) == (Point.REPORT_ASK, when):
            raise KilledError(point)

    with armed(hook), pytest.raises(KilledError):
        dispatch(services, ada(), words, cmd_id="a1")
    dispatch(services, ada(), words, cmd_id="a1")
    assert [event.kind for event in services.store.read(listing)].count(EventKind.REPORT_ASKED) == 1
