"""The page beside the channel: the lag that is true, the lag that the bot shows, and what its preflight found."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.sandbox.place import looking, opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FOUND = [
    {"region": "eu-west-1", "code": "secret-missing", "subject": "shop/db", "severity": "blocking"},
    {"region": "", "code": "drill-age", "subject": "shop", "severity": "unknown"},
]


class Bot:
    """What it says next."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def __call__(self) -> dict[str, Any]:
        return self.told


@pytest_asyncio.fixture(loop_scope="session")
async def beside(browser: Browser) -> AsyncIterator[tuple[Page, Bot]]:
    bot = Bot()
    async with opened(told=bot) as place, looking(browser, place) as page:
        yield page, bot


async def test_truth_and_what_the_bot_says_stand_beside_each_other(beside: tuple[Page, Bot]) -> None:
    page, bot = beside
    world = page.get_by_role("complementary", name="The world")
    await expect(world.get_by_text("No worker answers: what the bot says is unknown.")).to_be_visible()
    await expect(world.get_by_text("eu-west-1: lag 0.8 s; the bot says nothing")).to_be_visible()
    lags = {"eu-west-1": {"seconds": 1.1, "age_s": 4, "verdict": "ok"}}
    bot.told = {"shop": {"lags": lags, "findings": FOUND, "more": 3, "preflight_age_s": 12}}
    await expect(world.get_by_text("eu-west-1: lag 0.8 s; the bot says 1.1 s, measured 4 s ago")).to_be_visible()
    curve = world.get_by_role("img", name="Lag of shop over three minutes")
    await expect(curve).to_be_visible()
    await expect(world.get_by_text("secret-missing in eu-west-1")).to_be_visible()
    await expect(world.get_by_text("3 more; /dr readiness lists all")).to_be_visible()


async def test_an_unknown_figure_is_no_point_and_said_so(beside: tuple[Page, Bot]) -> None:
    page, bot = beside
    bot.told = {"shop": {"lags": {"eu-west-1": {"age_s": 300, "verdict": "stale"}}, "findings": [], "more": 0,
                         "preflight_age_s": 12}}  # fmt: skip
    world = page.get_by_role("complementary", name="The world")
    await expect(world.get_by_text("eu-west-1: lag 0.8 s; the bot says stale")).to_be_visible()
    await expect(world.get_by_text("Preflight 12 s ago: nothing found")).to_be_visible()
    await expect(world.locator("polyline.said")).to_have_count(0)
