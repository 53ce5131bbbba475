"""A colour is promoted once it is well everywhere, a failover keeps it, and a terminal takes it back."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Room, wait_until
from tests.scenario.test_terminal import PEOPLE, dr

pytestmark = pytest.mark.process
HOME, AWAY = "eu-central-1", "eu-west-1"
RELEASE = f"""    release:
      pointer: /shop/release
      probes: 2
      every: 1s
      hold: 3s
      colours:
        red:
          prefix: blue/
          health:
            {HOME}: https://red-{HOME}.example.com/health
            {AWAY}: https://red-{AWAY}.example.com/health
        black:
          prefix: green/
          health:
            {HOME}: https://black-{HOME}.example.com/health
            {AWAY}: https://black-{AWAY}.example.com/health
    verify:
"""


def colours(room: Room) -> dict[str, str]:
    """What the world's own parameters say."""
    found: dict[str, str] = room.world("shop")["colours"]
    return found


def promoted(room: Room, who: str) -> None:
    view = room.opened(who, room.say(who, "/dr release promote"))
    assert view["title"]["text"] == "Promote a colour"
    assert room.submit(who, view) is None


def told(room: Room, *words: str) -> None:
    def there(_: object) -> bool:
        return any(all(word in one.text for word in words) and one.to is None for one in room.messages())

    wait_until(room.messages, there, 40, " ".join(words), lambda found: [one.text for one in found])


def test_a_colour_is_moved_in_both_regions_or_in_none_and_a_failover_keeps_it(start: Start) -> None:
    room = start(edits={**PEOPLE, "    verify:\n": RELEASE})
    approver = room.approvers[0]
    read = wait_until(lambda: room.json("release", "status"), lambda r: r["applications"][0]["artifacts"], 20, "a look")
    [shop] = read["applications"]
    assert (shop["line"]["agree"], [one["match"] for one in shop["artifacts"]]) == (True, ["equal", "equal"])
    room.ask(REQUESTER, "/dr release promote", "not in the group of approvers")
    unwell = room.fault("error_before", service="http", operation="black", region=AWAY)
    promoted(room, approver)
    told(room, "promotion of shop to black", "is refused", f"black is not healthy in {AWAY}")
    assert colours(room) == {HOME: "red", AWAY: "red"}
    room.mend(unwell)
    promoted(room, approver)
    told(room, f"black of shop serves in {HOME} and {AWAY}")
    assert colours(room) == {HOME: "black", AWAY: "black"}
    told(room, "black of shop stayed healthy")
    card = room.open(REQUESTER, f'/dr failover {AWAY} --reason "maintenance"')
    room.approve(next(one for one in room.approvers if one != REQUESTER), card)
    room.finished(card)
    assert room.world("shop")["answers"] == [AWAY]
    assert colours(room) == {HOME: "black", AWAY: "black"}
    asked = dr(room, "U0ADA", "release", "rollback")
    assert (asked.returncode, "--confirm" in asked.stderr) == (2, True), asked.stderr
    back = dr(room, "U0ADA", "release", "rollback", "--to", "red", "--confirm")
    assert (back.returncode, "rollback black to red" in back.stdout) == (0, True), back.stdout + back.stderr
    wait_until(lambda: colours(room), lambda now: now == {HOME: "red", AWAY: "red"}, 30, "red in both regions")
    assert set(room.effects().values()) == {1}, room.effects()
    line = wait_until(lambda: room.status("shop")["release"], lambda seen: seen["colours"][AWAY] == "red", 20, "red")
    assert (line["agree"], line["pointer"]) == (True, "/shop/release")
