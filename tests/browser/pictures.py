"""`python -m tests.browser.pictures FOLDER`: the README's pictures, taken on the tour through the bundled example."""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, expect

from bot.sandbox.__main__ import EXAMPLE
from tests.browser.visitor import ANSWER_MS, HEIGHT, WIDTH, Visitor, chromium, visit
from tests.scenario import launching
from tests.scenario.room import REQUESTER, Room

SPEED = 60.0
RUN_S = 120
DOWN_S = 30


def main() -> None:
    """Take all three and write them over what is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dr-pictures-", ignore_cleanup_errors=True) as data:
        started = launching.running(EXAMPLE, Path(data), SPEED)
        with started as room, chromium() as browser, visit(browser, room.url, REQUESTER, color_scheme="light") as me:
            _tour(me, room, folder)


def _tour(me: Visitor, room: Room, folder: Path) -> None:
    [(name, application)] = room.topology["applications"].items()
    primary, standby = application["primary"], application["standby"][0]
    _status(me, folder / "status.png")
    me.take_down(primary)
    expect(me.messages.filter(has_text=primary).last).to_contain_text("down (was", timeout=DOWN_S * 1000)
    me.say(f'/dr failover {standby} --forced --reason "{primary} unreachable"')
    me.title("open")
    _picture(me, folder / "card.png")
    for approver in room.approvers[:2]:
        me.become(approver)
        dialog = me.open_approval()
        me.send_approval(dialog.get_by_role("textbox").get_attribute("placeholder") or "")
        me.heard("approval is recorded")
    me.title("succeeded", RUN_S)
    me.is_writer(name, standby)
    _picture(me, folder / "final.png")


def _status(me: Visitor, path: Path) -> None:
    answer = me.ask("/dr status", "DR status")
    expect(answer).to_contain_text("As of", timeout=ANSWER_MS)
    _whole(me, answer)
    me.page.screenshot(path=path)
    me.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def _picture(me: Visitor, path: Path) -> None:
    """The whole card, cropped to the channel and the world."""
    _whole(me, me.card)
    box = me.page.get_by_role("main").bounding_box()
    assert box is not None
    clip = {"x": box["x"], "y": box["y"], "width": WIDTH - box["x"], "height": box["height"]}
    me.page.screenshot(path=path, clip=clip)  # type: ignore[arg-type]  # a TypedDict in the stubs, these keys
    me.page.set_viewport_size({"width": WIDTH, "height": HEIGHT})


def _whole(me: Visitor, message: Locator) -> None:
    """Makes the window as high as a message needs."""
    frame = _height(me.page.get_by_role("main")) - _height(me.page.get_by_role("log"))
    me.page.set_viewport_size({"width": WIDTH, "height": max(HEIGHT, round(_height(message) + frame))})
    message.evaluate("one => one.scrollIntoView({block: 'start'})")


def _height(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["height"]


if __name__ == "__main__":
    main()
