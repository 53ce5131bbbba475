"""The bot's own Slack client against the local Slack: pace, silence after a 429, and the marks of its messages."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.pacing import Pace, SlackThrottledError
from bot.posting import Mark
from bot.sandbox.slack.faults import SlackFaultKind
from bot.slack import Slack, connect
from bot.views.message import Message, section
from dr_core.clock import ManualClock
from tests.sandbox.place import Place

INCIDENT = "C0INCIDENT"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest_asyncio.fixture
async def slack(place: Place, clock: ManualClock) -> AsyncIterator[Slack]:
    desk = place.slack.desk
    async with aiohttp.ClientSession(trust_env=False) as session:
        made = connect(desk.tokens.bot, desk.api_url, session, clock)
        made.posts = Pace(clock, 1.0, 2, _advancing(clock))
        yield made


def _advancing(clock: ManualClock) -> Any:
    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    return sleep


async def test_messages_of_a_channel_leave_one_a_second_after_the_first_two(slack: Slack, clock: ManualClock) -> None:
    start = clock.monotonic()
    at = []
    for number in range(6):
        await slack.post(INCIDENT, Message(f"message {number}"))
        at.append(clock.monotonic() - start)
    assert at == [0, 0, 1, 2, 3, 4]
    await slack.post("C0DIGEST", Message("elsewhere"))
    assert clock.monotonic() - start == 4, "another channel has a pace of its own"


async def test_after_a_429_nothing_is_sent_for_as_long_as_slack_says(
    place: Place, slack: Slack, clock: ManualClock
) -> None:
    faults = place.slack.desk.faults
    fault = faults.add(SlackFaultKind.THROTTLED, operation="chat.postMessage", value=17)
    with pytest.raises(SlackThrottledError) as refused:
        await slack.post(INCIDENT, Message("x"))
    assert refused.value.retry_after_s == 17
    faults.remove(fault)
    clock.advance(16)
    with pytest.raises(SlackThrottledError, match="in 1 s"):
        await slack.post(INCIDENT, Message("x"))
    assert await place.messages() == [], "Slack would answer again, and was not asked"
    clock.advance(1)
    await slack.post(INCIDENT, Message("x"))
    assert len(await place.messages()) == 1


async def test_marks_are_read_back_where_the_token_may_read_and_are_unknown_where_not(
    place: Place, slack: Slack
) -> None:
    await slack.team()
    card = await slack.post(INCIDENT, Message("card"), mark=Mark("r-1", 0))
    told = await slack.post(INCIDENT, Message("told"), thread=card, mark=Mark("r-1", 7))
    await slack.post(INCIDENT, Message("unmarked"), thread=card)
    assert await slack.marked(INCIDENT, card) is None, "the manifest asks for no right to read"
    desk = place.slack.desk
    scopes = desk.manifest.bot_scopes | {"channels:history"}
    object.__setattr__(desk, "manifest", replace(desk.manifest, bot_scopes=scopes))  # somebody granted it meanwhile
    await slack.team()
    assert await slack.marked(INCIDENT, card) == {card: Mark("r-1", 0), told: Mark("r-1", 7)}
    assert await slack.marked(INCIDENT) == {card: Mark("r-1", 0)}


async def test_a_message_whose_blocks_are_too_long_together_is_told_with_fewer_lines(
    place: Place, slack: Slack
) -> None:
    blocks = tuple(section("x" * 3_000) for _ in range(5))
    ts = await slack.post(INCIDENT, Message("shop: active in eu-central-1", blocks))
    await slack.update(INCIDENT, ts, Message("shop: active in eu-west-1", blocks))
    [message] = await place.messages()
    assert (message["text"], len(message["blocks"])) == ("shop: active in eu-west-1", 4)
    assert "2 more lines than a message holds" in str(message["blocks"])
