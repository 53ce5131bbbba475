"""Evacuations, killed around each commit: all members or none are asked for and decided, and every wave starts once."""

import pytest

from bot.announcer import Announcer
from bot.election import Election
from bot.metrics import Metrics
from commands.dispatch import dispatch
from dr_core.audit.events import EventKind
from dr_core.audit.trail import listing, verify
from dr_core.clock import ManualClock
from dr_core.evacuation.model import Evacuation
from dr_core.execution.model import RunState
from dr_core.failpoints import Point, When, armed
from dr_core.services import Services
from dr_core.store import evacuations, requests
from tests.crash.answers import LostAnswer
from tests.crash.kills import killed
from tests.crash.test_bot import killed_at
from tests.unit.bot.conftest import REQUESTER, FakeSlack, ada, services, slack
from tests.unit.evacuation.conftest import INES, JONAS, Region, ledger, region

__all__ = ["ledger", "region", "services", "slack"]
TELLING = frozenset({Point.EVACUATION_CARD, Point.OUTBOX_ADVANCE})


def kinds(region: Region) -> list[str]:
    found = region.read(lambda tx: listing(tx, limit=500, chain="ops"))
    return [event.kind for event in found if event.kind.startswith("evacuation.")]


@pytest.mark.parametrize("when", list(When))
def test_who_asked_and_got_no_answer_asks_again_with_the_same_id(region: Region, when: When) -> None:
    killed(lambda: region.ask(cmd_id="a"), Point.EVACUATION_OPEN, when)
    assert len(region.read(requests.recent)) == (0 if when is When.BEFORE else 4)
    region.ask(cmd_id="a")
    assert len(region.read(requests.recent)) == 4
    assert kinds(region) == [EventKind.EVACUATION_OPENED]
    assert region.read(verify).ok


@pytest.mark.parametrize("when", list(When))
def test_no_crash_leaves_some_members_acknowledged_and_others_not(region: Region, when: When) -> None:
    evacuation = region.ask()
    region.approve(evacuation, INES)

    def press() -> None:
        region.approve(evacuation, JONAS, cmd_id="last", round=1)

    killed(press, Point.EVACUATION_DECIDE, when)
    assert {len(one.acks) for one in region.requests(evacuation).values()} == {1 if when is When.BEFORE else 2}
    press()
    assert {len(one.acks) for one in region.requests(evacuation).values()} == {2}
    assert sorted(region.states(evacuation).values()) == ["queued", "queued", "run pending", "run pending"]
    assert region.read(verify).ok


def test_an_approval_whose_answer_is_lost_counts_once(region: Region) -> None:
    evacuation = region.ask()
    with armed(LostAnswer(1, [Point.EVACUATION_DECIDE])):
        region.approve(evacuation, INES)
    assert {len(one.acks) for one in region.requests(evacuation).values()} == {1}
    assert kinds(region).count(EventKind.EVACUATION_ACKED) == 1


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("failed", [False, True])
def test_a_duty_that_dies_around_each_of_its_commits_starts_and_holds_each_once(
    region: Region, when: When, *, failed: bool
) -> None:
    """Each death is around the next commit that is left: a start, a start or a hold, the end."""
    evacuation = moved_first(region, RunState.FAILED if failed else RunState.SUCCEEDED)
    for _ in range(2):
        killed(region.advance, Point.EVACUATION_TURN, when)
    region.advance()
    states = region.states(evacuation)
    assert states["letters"] == "run pending"
    assert states["payments"] == ("queued" if failed else "run pending")
    region.finish(evacuation, "letters")
    if not failed:
        region.finish(evacuation, "payments")
        killed(region.advance, Point.EVACUATION_TURN, when)
        region.advance()
    told = kinds(region)
    assert told.count(EventKind.EVACUATION_STARTED) == (1 if failed else 2)
    assert told.count(EventKind.EVACUATION_HELD) == (1 if failed else 0)
    assert told.count(EventKind.EVACUATION_ENDED) == (0 if failed else 1)
    assert (region.get(evacuation).ended_at is None) is failed
    assert region.read(verify).ok


def moved_first(region: Region, identity: RunState) -> Evacuation:
    """Approved, and the first wave is over."""
    evacuation = region.ask()
    region.approve(evacuation, INES)
    region.approve(evacuation, JONAS)
    region.finish(evacuation, "identity", identity)
    region.finish(evacuation, "mail")
    return evacuation


class Bots:
    """Two processes, of which the second goes on when the first has died."""

    def __init__(self, services: Services, slack: FakeSlack, clock: ManualClock) -> None:
        self.services, self.slack, self.clock = services, slack, clock
        self._made: dict[int, Announcer] = {}
        self._beats = 0

    async def step(self, process: int) -> None:
        self._beats += 1
        if self._beats == 1:
            dispatch(self.services, REQUESTER, "failover eu-west-1 --all", cmd_id="f")
        elif self._beats == 3:
            found = self.services.store.read(evacuations.recent)[0]
            dispatch(self.services, ada(), f"deny {found.id} --reason no", cmd_id="d")
        if process not in self._made:
            metrics = Metrics()
            lease = Election(self.services.store, self.clock, "announcer", f"bot-{process}", metrics)
            self._made[process] = Announcer(self.services, self.slack, lease, metrics)
        await self._made[process].follow()


@pytest.mark.parametrize("number", range(1, 15))
async def test_a_bot_killed_around_any_write_leaves_one_card_that_tells_the_end(
    services: Services, slack: FakeSlack, clock: ManualClock, number: int
) -> None:
    slack.readable = True
    await killed_at(number, TELLING, clock, Bots(services, slack, clock).step, steps=9)
    cards = [made for _, made, thread, _ in slack.posts if thread is None]
    assert len(cards) == 1
    told = [message.text for _, message, thread, _ in slack.posts if thread is not None]
    assert sum("denied by Ada" in text for text in told) == 1, told
    assert "denied" in str(slack.updates[-1][2].blocks[0])
