"""Two bots, and the lease lost between two messages of one pass: the first falls silent, the second tells the rest."""

from typing import Any

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from bot.slack import SlackRefusedError
from bot.views.message import Message
from commands.dispatch import dispatch
from dr_core.approvals.model import Actor
from dr_core.audit.events import EventKind
from dr_core.audit.trail import append_ops
from dr_core.clock import ManualClock
from dr_core.incidents import book, notes
from dr_core.reports.evacuation import EvacuationView
from dr_core.services import Services
from tests.unit.bot.conftest import REQUESTER, FakeSlack

MANY = 30


class Bots:
    """The first holds the lease until Slack answers one message so late that it is over, and the second tells."""

    def __init__(self, services: Services, slack: FakeSlack, clock: ManualClock) -> None:
        self.services, self.slack, self.clock = services, slack, clock
        self.first, self.second = self._made("first"), self._made("second")
        self.late: list[Message] = []

    def _made(self, name: str) -> Announcer:
        metrics = Metrics()
        lease = Election(self.services.store, self.clock, "announcer", name, metrics)
        return Announcer(self.services, self.slack, lease, metrics)

    async def tell(self, monkeypatch: pytest.MonkeyPatch, number: int = 1, call: str = "post") -> None:
        """Both follow; the answer to the first one's call of this number comes late."""
        real, calls = getattr(self.slack, call), 0

        async def slow(*arguments: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            answer = await real(*arguments, **more)
            if calls == number:
                self.late += [one for one in (*arguments, *more.values()) if isinstance(one, Message)]
                self.clock.advance(25)
                await self.second.follow()
            return answer

        monkeypatch.setattr(self.slack, call, slow)
        assert not await self.first.follow(), "it stands back"
        assert self.late, "the call came"
        for _ in range(2):
            self.clock.advance(5)
            assert not await self.first.follow()
            await self.second.follow()

    def told(self, pieces: list[str]) -> list[int]:
        """How often each stands in Slack."""
        text = "".join(str(made.blocks) for _, made, *_ in self.slack.posts)
        return [text.count(piece) for piece in pieces]


@pytest.fixture
def bots(services: Services, slack: FakeSlack, clock: ManualClock) -> Bots:
    return Bots(services, slack, clock)


def expected(bots: Bots, pieces: list[str], *, readable: bool) -> list[int]:
    """Where the bot may not read what it wrote, the one message that was under way stands twice."""
    under_way = "".join(str(made.blocks) for made in bots.late)
    assert 0 < sum(piece in under_way for piece in pieces) < len(pieces)
    return [1 + (not readable and piece in under_way) for piece in pieces]


@pytest.mark.parametrize("readable", [True, False])
@pytest.mark.parametrize("number", [1, 2])
async def test_notes_in_an_incident_s_thread(
    bots: Bots, services: Services, slack: FakeSlack, approver: Actor, monkeypatch: pytest.MonkeyPatch, readable: bool,
    number: int,
) -> None:  # fmt: skip
    slack.readable = readable
    book.declare(services, application="shop", title="x", actor=approver, cmd_id="i")
    await bots.first.follow()
    pieces = [f"note-{n:02}-" for n in range(MANY)]
    for piece in pieces:
        notes.add(services, piece, named=None, actor=approver, cmd_id=piece)
    await bots.tell(monkeypatch, number)
    card = [made for _, made, thread, _ in slack.posts if thread is None]
    assert len(card) == 1
    shown = "".join(str(made.blocks) for _, made, thread, _ in slack.posts if thread)
    assert [shown.count(piece) for piece in pieces] == expected(bots, pieces, readable=readable)


@pytest.mark.parametrize("readable", [True, False])
async def test_what_happens_to_an_evacuation_in_its_thread(
    bots: Bots, services: Services, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, approver: Actor, readable: bool
) -> None:
    slack.readable = readable
    opened = dispatch(services, REQUESTER, "failover eu-west-1 --all", cmd_id="f").result
    assert isinstance(opened, EvacuationView)
    await bots.first.follow()
    pieces = [f"reason-{n:02}-" for n in range(MANY)]
    for piece in pieces:
        data = {"evacuation": opened.id, "application": "shop", "reason": piece}
        services.store.write(lambda tx, data=data: append_ops(tx, EventKind.EVACUATION_FREED, approver, data))
    await bots.tell(monkeypatch, 2)
    assert bots.told(pieces) == expected(bots, pieces, readable=readable)


async def test_what_concerns_everybody_in_the_channel_which_nobody_reads_back(
    bots: Bots, services: Services, monkeypatch: pytest.MonkeyPatch, approver: Actor
) -> None:
    pieces = [f"sign l-{n:02}" for n in range(MANY)]
    for n in range(MANY):
        data = {"application": "shop", "reason": "why", "item": f"l-{n:02}"}
        services.store.write(lambda tx, data=data: append_ops(tx, EventKind.RECONCILIATION_OPENED, approver, data))
    await bots.tell(monkeypatch, 2)
    assert bots.told(pieces) == expected(bots, pieces, readable=False)


@pytest.mark.parametrize("readable", [True, False])
async def test_cards_of_several_incidents(
    bots: Bots, slack: FakeSlack, services: Services, monkeypatch: pytest.MonkeyPatch, approver: Actor, readable: bool
) -> None:
    slack.readable = readable
    pieces = ["the shop fails", "everything fails"]
    for application, title in zip(("shop", None), pieces, strict=True):
        book.declare(services, application=application, title=title, actor=approver, cmd_id=title)
    await bots.tell(monkeypatch)
    tops = [made.text for _, made, thread, _ in slack.posts if thread is None]
    assert [sum(piece in text for text in tops) for piece in pieces] == expected(bots, pieces, readable=readable)


async def test_what_was_noted_late_is_not_owed_again(
    bots: Bots, services: Services, slack: Any, monkeypatch: pytest.MonkeyPatch, approver: Actor, clock: ManualClock
) -> None:
    """Slack refused a note; while the first process tells the channel, the second tells the note: the end of it."""
    book.declare(services, application="shop", title="x", actor=approver, cmd_id="i")
    await bots.first.follow()
    notes.add(services, "refused-", named=None, actor=approver, cmd_id="n")
    data = {"application": "shop", "reason": "why", "item": "l-1"}
    services.store.write(lambda tx: append_ops(tx, EventKind.RECONCILIATION_OPENED, approver, data))
    real = slack.post

    async def refused_once(*arguments: Any, **more: Any) -> Any:
        if more.get("thread"):
            monkeypatch.setattr(slack, "post", late)
            raise SlackRefusedError("chat.postMessage", "msg_too_long")
        return await real(*arguments, **more)

    async def late(*arguments: Any, **more: Any) -> Any:
        answer = await real(*arguments, **more)
        monkeypatch.setattr(slack, "post", real)
        clock.advance(25)
        await bots.second.follow()
        return answer

    monkeypatch.setattr(slack, "post", refused_once)
    await bots.first.follow()
    assert bots.told(["refused-"]) == [1]
    clock.advance(60)
    third = Bots(services, slack, clock).first
    await third.follow()
    assert bots.told(["refused-"]) == [1]
