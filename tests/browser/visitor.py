"""A person at the sandbox's page: finds everything by role and name, and notes whatever the browser complains about."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response, expect, sync_playwright

from tests.browser.chromium import launching

WIDTH, HEIGHT = 1280, 800
ANSWER_MS = 120_000
"""A busy machine gets there later; Playwright's own five seconds are for an idle one."""
# Roles of the accessibility tree that a person can use or must be told about: without a name they are mute.
NAMED = frozenset(
    {"button", "checkbox", "combobox", "dialog", "link", "listbox", "radio", "searchbox", "switch", "table", "textbox"}
)

expect.set_options(timeout=ANSWER_MS)


@dataclass
class Visitor:
    """One person (who can be anybody) with one open page."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    # -- what they do -------------------------------------------------------------------------------------------------

    def become(self, user: str) -> None:
        """Be another person, by Slack id."""
        self.page.get_by_label("You are").select_option(user)

    def say(self, text: str) -> None:
        """Type into the message box and send with Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def ask(self, text: str, titled: str) -> Locator:
        """Say something and wait for the bot's answer: one more message with this title."""
        answers = self.messages.filter(has=self.page.get_by_role("heading", name=titled))
        before = answers.count()
        self.say(text)
        expect(answers).to_have_count(before + 1)
        return answers.last

    def take_down(self, region: str) -> None:
        """The world's big switch."""
        self.world.get_by_role("button", name=f"Take {region} down").click()
        expect(self.world.get_by_role("button", name=f"Bring {region} back")).to_be_visible(timeout=ANSWER_MS)

    def press(self, name: str) -> None:
        """A button of the card, by the beginning of what it says aloud."""
        self.card.get_by_role("button", name=name).click()

    def open_approval(self) -> Locator:
        """Press Approve; the dialog that opens."""
        self.press("Approve")
        expect(self.dialog).to_be_visible(timeout=ANSWER_MS)
        return self.dialog

    def send_approval(self, typed: str) -> None:
        """Fill the open dialog and send it."""
        self.dialog.get_by_role("textbox").fill(typed)
        self.dialog.get_by_role("button", name="Approve").click()

    def tab_to(self, wanted: Locator, key: str = "Tab", most: int = 80) -> None:
        """Walk there by keyboard alone."""
        for _ in range(most):
            if wanted.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{most} times {key} did not reach {wanted}")

    # -- what they see ------------------------------------------------------------------------------------------------

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message #")

    @property
    def world(self) -> Locator:
        return self.page.get_by_role("complementary", name="The world")

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def messages(self) -> Locator:
        """Messages of the channel itself; those of closed threads are not in sight."""
        return self.page.get_by_role("log").get_by_role("article")

    @property
    def card(self) -> Locator:
        """The newest card of a request."""
        title = self.page.get_by_role(
            "heading", name=re.compile(r"((planned|forced) failover|failback|rollback|live drill) of")
        )
        return self.messages.filter(has=title).last

    def title(self, word: str, timeout_s: float = 120) -> None:
        """Wait for the card's title to say how things stand."""
        heading = self.card.get_by_role("heading", name=re.compile(rf"\b{word}: "))
        expect(heading).to_be_visible(timeout=timeout_s * 1000)

    def heard(self, text: str) -> None:
        """Wait for something that only this person is told."""
        told = self.messages.filter(has_text="Only visible to you").filter(has_text=text)
        expect(told.last).to_be_visible(timeout=ANSWER_MS)

    def row(self, application: str, region: str) -> Locator:
        """The truth about an application in a region."""
        table = self.world.get_by_role("table", name=f"State of {application}")
        return table.get_by_role("row", name=region)

    def is_writer(self, application: str, region: str) -> None:
        """Wait for the world's one writer, and that DNS sends people there."""
        row = self.row(application, region)
        expect(row.get_by_text("writer", exact=True)).to_be_visible(timeout=ANSWER_MS)
        expect(row.get_by_role("cell").nth(1)).to_have_text("yes", timeout=ANSWER_MS)

    def weight(self, application: str, region: str) -> int:
        return int(self.row(application, region).get_by_role("cell").first.inner_text())

    def nameless(self) -> list[str]:
        """What the browser's own accessibility tree has without a name."""
        session = self.page.context.new_cdp_session(self.page)
        nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
        session.detach()
        shown = [one for one in nodes if not one["ignored"]]
        return [
            f"{one['role']['value']} {one.get('properties', '')}"
            for one in shown
            if one["role"]["value"] in NAMED and not one.get("name", {}).get("value")
        ]

    def sticks_out(self) -> list[str]:
        """Parts of the page that are wider than their place."""
        found: list[str] = self.page.evaluate(
            """() => [document.documentElement, ...document.querySelectorAll("nav, main, [role=log], aside, article")]
                .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.tagName + "#" + one.id)"""
        )
        return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launching())
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, url: str, user: str, **options: Any) -> Iterator[Visitor]:
    """The page as `user` opens it."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, **options)
    visitor = Visitor(context.new_page())
    _listen(visitor)
    visitor.page.goto(f"{url}/?user={user}")
    expect(visitor.box).to_be_focused(timeout=ANSWER_MS)
    try:
        yield visitor
    finally:
        context.close()


def _listen(visitor: Visitor) -> None:
    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visitor.complaints.append(f"{message.type}: {message.text}")

    def failed(request: Request) -> None:
        # Closing the page or reloading it ends the stream of events.
        if not request.url.endswith("/api/stream"):
            visitor.complaints.append(f"{request.method} {request.url}: {request.failure}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            visitor.complaints.append(f"{response.request.method} {response.url}: {response.status}")

    visitor.page.on("console", said)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
    visitor.page.on("requestfailed", failed)
    visitor.page.on("response", answered)
