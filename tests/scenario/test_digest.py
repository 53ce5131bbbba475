"""The daily digest: at its time, in its channel, once a slot, whatever happens to the bot."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import Json, Room, wait_until

pytestmark = pytest.mark.process


def test_the_digest_is_posted_once_a_slot_also_when_the_bot_is_killed(start: Start) -> None:
    room = start(edits={'health_digest: "0 8 * * *"': 'health_digest: "* * * * *"'})
    before = wait_until(lambda: _posted(room), _rests, 120, "a digest that is noted, and the next one not yet due")
    killed = room.life("bot")
    room.fault("bot_killed", for_s=0.5)
    room.reborn("bot", killed)
    slots, shown = wait_until(
        lambda: (_posted(room), room.messages(room.digest)),
        lambda seen: len(seen[0]) > len(before) and len(seen[0]) == len(seen[1]),
        120,
        "the next digest, and each noted that was posted",
    )
    assert len({one["slot"] for one in slots}) == len(slots)
    assert [one.ts for one in shown] == [one["ts"] for one in slots]
    assert all("shop" in one.words for one in shown)
    assert any("healthy" in one.words for one in shown), shown[-1].words


def _rests(posted: list[Json]) -> bool:
    """Nothing is on its way: a bot killed before it noted what it posted posts again."""
    return bool(posted) and datetime.now(UTC) - datetime.fromisoformat(posted[-1]["slot"]) < timedelta(seconds=40)


def _posted(room: Room) -> list[Json]:
    events = room.json("audit", "list", "--chain", "ops", "--limit", "500")["events"]
    return [one["data"] for one in events if one["kind"] == "digest.posted"]
