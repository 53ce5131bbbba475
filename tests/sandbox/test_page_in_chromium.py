"""The page as a person uses it, found by roles and names, in the system's Chromium."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.sandbox.place import Place, looking, opened

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CONFIRM = {
    "title": {"type": "plain_text", "text": "Deny it?"},
    "text": {"type": "mrkdwn", "text": "This *ends* the request."},
    "confirm": {"type": "plain_text", "text": "Yes, deny"},
    "deny": {"type": "plain_text", "text": "Keep it"},
}
CARD: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Failover of shop"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": ":warning: *two* approvals from <@U0BEN> &lt;now&gt; `x`"}},
    {
        "type": "plan",
        "title": "Plan",
        "tasks": [{"task_id": "1", "title": "Promote the database", "status": "in_progress"}],
    },
    {
        "type": "table",
        "rows": [
            [{"type": "raw_text", "text": one} for one in row] for row in (("Region", "Lag"), ("eu-west-1", "0.8 s"))
        ],
    },
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "approve:1",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "t1",
            },
            {
                "type": "button",
                "action_id": "deny:1",
                "text": {"type": "plain_text", "text": "Deny"},
                "confirm": CONFIRM,
            },
        ],
    },
]
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "loss",
    "title": {"type": "plain_text", "text": "Approve REQ-1"},
    "submit": {"type": "plain_text", "text": "Approve"},
    "blocks": [
        {
            "type": "input",
            "block_id": "limit",
            "label": {"type": "plain_text", "text": "Loss limit in seconds"},
            "element": {"type": "plain_text_input", "action_id": "seconds"},
        }
    ],
}


@pytest_asyncio.fixture(loop_scope="session")
async def place() -> AsyncIterator[Place]:
    async with opened() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def page(place: Place, browser: Browser) -> AsyncIterator[Page]:
    async with looking(browser, place) as one:
        await expect(one.get_by_role("heading", name="# dr-incident")).to_be_visible()
        yield one


async def send(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Message # dr-incident")
    await box.fill(text)
    await box.press("Enter")


async def test_a_card_is_drawn_and_its_approval_goes_through_a_modal_with_an_error(place: Place, page: Page) -> None:
    app, decided = place.bolt(), []

    @app.command("/dr")
    async def dr(ack: Any, say: Any) -> None:
        await ack()
        root = await say(text="card", blocks=CARD)
        await say(text="Scaled in 4 s", thread_ts=root["ts"])

    @app.action("approve:1")
    async def approve(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("loss")
    async def loss(ack: Any, body: Any, view: Any) -> None:
        value = view["state"]["values"]["limit"]["seconds"]["value"]
        decided.append((body["user"]["id"], value))
        await (ack() if value.isdigit() else ack(response_action="errors", errors={"limit": "expected a number"}))

    async with place.connected(app):
        await send(page, "/dr failover")
        card = page.get_by_role("article", name="DR bot").first
        await expect(card.get_by_role("heading", name="Failover of shop")).to_be_visible()
        await expect(card).to_contain_text("two approvals from @Ben Okoro <now> x")
        await expect(card.get_by_role("listitem").filter(has_text="Promote the database")).to_contain_text("running")
        await expect(card.get_by_role("columnheader", name="Lag")).to_be_visible()
        await card.get_by_text("1 reply").click()
        await expect(card.get_by_text("Scaled in 4 s")).to_be_visible()

        await page.get_by_label("You are").select_option("U0BEN")
        await page.get_by_role("button", name="Approve").click()
        dialog = page.get_by_role("dialog", name="Approve REQ-1")
        limit = dialog.get_by_role("textbox", name="Loss limit in seconds")
        await expect(limit).to_be_focused()
        await dialog.get_by_role("button", name="Approve").click()
        await expect(dialog.get_by_role("alert").filter(has_text="required")).to_be_visible()
        await limit.fill("soon")
        await limit.press("Enter")
        await expect(dialog.get_by_role("alert").filter(has_text="expected a number")).to_be_visible()
        await limit.fill("5")
        await limit.press("Enter")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    assert decided == [("U0BEN", "soon"), ("U0BEN", "5")]


async def test_a_button_with_confirm_asks_first(place: Place, page: Page) -> None:
    app, denied = place.bolt(), []

    @app.action("deny:1")
    async def deny(ack: Any, body: Any, respond: Any) -> None:
        await ack()
        denied.append(body["user"]["id"])
        await respond(text="denied by you")

    async with place.connected(app):
        await place.client().chat_postMessage(channel="C0INCIDENT", text="card", blocks=CARD)
        await page.get_by_role("button", name="Deny").click()
        await page.get_by_role("dialog", name="Deny it?").get_by_role("button", name="Keep it").click()
        assert denied == []
        await page.get_by_role("button", name="Deny").click()
        await page.get_by_role("dialog", name="Deny it?").get_by_role("button", name="Yes, deny").click()
        await expect(page.get_by_text("denied by you")).to_be_visible()
        await expect(page.get_by_text("Only visible to you")).to_be_visible()
    await page.get_by_label("You are").select_option("U0BEN")
    await expect(page.get_by_role("button", name="Deny")).to_be_visible()
    await expect(page.get_by_text("denied by you")).to_have_count(0)


async def test_the_world_is_beside_the_channel_and_can_be_broken_and_mended(place: Place, page: Page) -> None:
    world = page.get_by_role("complementary", name="The world")
    await expect(world.get_by_role("row", name="eu-central-1")).to_contain_text("writer")
    await expect(world).to_contain_text("60 times faster")
    await world.get_by_role("button", name="Take eu-central-1 down").click()
    await expect(world.get_by_role("group", name="Region eu-central-1")).to_contain_text("down")
    await expect(world.get_by_role("button", name="Bring eu-central-1 back")).to_be_visible()
    await world.get_by_text("More ways to break it").nth(1).click()
    switch = world.get_by_role("switch", name="Stop replication in eu-west-1")
    await switch.press("Space")
    await expect(switch).to_be_checked()
    await world.get_by_label("Speed").select_option("300")
    await expect(world).to_contain_text("300 times faster")
    await world.get_by_role("button", name="Mend everything").click()
    await expect(world.get_by_role("button", name="Take eu-central-1 down")).to_be_visible()
    await expect(switch).not_to_be_checked()
    assert place.world.speed == 300


async def test_home_shows_what_the_bot_publishes_for_this_person(place: Place, page: Page) -> None:
    app = place.bolt()

    @app.event("app_home_opened")
    async def opened(event: Any, client: Any) -> None:
        blocks = [{"type": "header", "text": {"type": "plain_text", "text": f"For {event['user']}"}}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    async with place.connected(app):
        await page.get_by_role("link", name="Home of DR bot").click()
        await expect(page.get_by_role("heading", name="For U0ADA")).to_be_visible()
        await page.get_by_label("You are").select_option("U0BEN")
        await expect(page.get_by_role("heading", name="For U0BEN")).to_be_visible()


async def test_what_the_bot_says_cannot_become_markup(place: Place, page: Page) -> None:
    await place.client().chat_postMessage(
        channel="C0INCIDENT", text="<img src=x onerror=alert(1)> <javascript:alert(1)|click>"
    )
    message = page.get_by_role("article", name="DR bot")
    await expect(message).to_contain_text("click")
    assert await message.locator("img, a").count() == 0


async def test_slack_being_down_is_said_where_one_types(place: Place, page: Page) -> None:
    await page.get_by_role("switch", name="Slack down").click()
    await send(page, "/dr status")
    await expect(page.get_by_role("alert").filter(has_text="Slack is down")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message # dr-incident")).to_have_value("/dr status")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1600, 1000)])
async def test_nothing_sticks_out_of_the_page(place: Place, page: Page, width: int, height: int) -> None:
    await page.set_viewport_size({"width": width, "height": height})
    await place.client().chat_postMessage(channel="C0INCIDENT", text="card", blocks=CARD)
    await expect(page.get_by_role("button", name="Approve")).to_be_visible()
    too_wide = """ids => ids.map(id => document.getElementById(id))
        .filter(box => box.scrollWidth > box.clientWidth + 1).map(box => box.id)"""
    assert await page.evaluate(too_wide, ["sidebar", "channel", "messages", "world"]) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth") is True


async def test_every_control_has_a_name(place: Place, page: Page) -> None:
    await place.client().chat_postMessage(channel="C0INCIDENT", text="card", blocks=CARD)
    await expect(page.get_by_role("button", name="Approve")).to_be_visible()
    nameless = """() => [...document.querySelectorAll('button, select, input, textarea, a')].filter(one => !(
        one.getAttribute('aria-label') || one.textContent.trim() || (one.labels && one.labels.length)))
        .map(one => one.outerHTML)"""
    assert await page.evaluate(nameless) == []
