"""The daily digest: at its time, in its channel, once a slot, whatever happens to the bot."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import Json, Room, wait_until

pytestmark = pytest.mark.process


def test_the_digest_is_posted_once_a_slot_also_when_the_bot_is_killed(start: Start) -> None:
    room = start(edits={'health_digest: "0 8 * * *"': 'health_digest: "* * * * *"'})
    wait_until(lambda: _posted(room), bool, 20, "the first digest: a bot killed before it wrote it down posts it again")
    room.fault("bot_killed", for_s=0.5)
    room.until_ready()
    slots = wait_until(lambda: _posted(room), lambda posted: len(posted) >= 2, 120, "the next digest")
    assert len({one["slot"] for one in slots}) == len(slots)
    shown = room.messages(room.digest)
    assert len(shown) == len(slots)
    assert [one.ts for one in shown] == [one["ts"] for one in slots]
    assert "shop" in shown[-1].words
    assert "healthy" in shown[-1].words


def _posted(room: Room) -> list[Json]:
    events = room.json("audit", "list", "--chain", "ops", "--limit", "500")["events"]
    return [one["data"] for one in events if one["kind"] == "digest.posted"]
