"""A local Slack for each test, and one browser for all."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.browser.chromium import launching
from tests.sandbox.place import Place, opened


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    async with opened() as one:
        yield one


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        one = await playwright.chromium.launch(**launching())
        yield one
        await one.close()
