"""An incident from the first word to its report: one card, pinned, notes, a failover, reports, and a bot killed."""

import pytest

from tests.scenario.conftest import Start
from tests.scenario.room import REQUESTER, Json, Room, wait_until

pytestmark = pytest.mark.process


def raw(room: Room) -> list[Json]:
    found: list[Json] = room.ok(f"/api/channels/{room.incident}/messages")["messages"]
    return found


def cards(room: Room) -> list[Json]:
    """Cards of incidents, as they look now."""
    return [one for one in raw(room) if one["blocks"] and "Incident: " in str(one["blocks"][0])]


def reports(room: Room, ts: str) -> list[Json]:
    """Messages with files in this thread."""
    return [one for one in raw(room) if one["thread_ts"] == ts and one.get("files")]


def said(room: Room, words: str) -> int:
    """How many messages for all say this."""
    return sum(words in one["text"] for one in raw(room) if one["ephemeral_to"] is None)


def test_an_incident_is_opened_noted_worked_on_closed_and_reported_once(start: Start) -> None:
    room = start()
    ada = room.approvers[0]
    room.say(REQUESTER, '/dr incident shop "checkout answers 500 & <more>"')
    [card] = wait_until(lambda: cards(room), lambda c: c and c[0]["pinned"], 10, "the incident's card, pinned")
    assert "is open already" in room.ask(ada, "/dr incident shop is broken", "is open already").words
    room.say(ada, "/dr note called the provider, no answer")
    wait_until(lambda: said(room, "noted: called the provider, no answer"), bool, 10, "the note in the thread")
    asked = room.open(REQUESTER, '/dr failover eu-west-1 --reason "away from it"')
    room.approve(ada, asked)
    room.finished(asked)
    [run] = room.json("runs")["runs"]
    [posted] = wait_until(lambda: reports(room, asked.ts), bool, 20, "the run's report in its thread")
    assert [one["name"] for one in posted["files"]] == [f"after-action-{run['id']}.{end}" for end in ("md", "html")]
    assert "RTO" in posted["text"]

    # One that dies before it has noted the post posts again (docs/incidents.md).
    wait_until(lambda: "report.posted" in kinds(room), bool, 20, "the report noted as posted")
    killed = room.life("bot")
    room.fault("bot_killed", for_s=2)
    room.reborn("bot", killed)
    [open_one] = room.json("status")["incidents"]
    assert (open_one["title"], open_one["application"]) == ("checkout answers 500 & <more>", "shop")
    assert "checkout answers 500" in room.ask(REQUESTER, "/dr status", "active in").words
    room.say(ada, f'/dr incident close {open_one["id"]} --reason "a bad deployment"')
    over = wait_until(lambda: cards(room), lambda c: not c[0]["pinned"], 30, "the card to be unpinned")
    assert run["id"] in str(over[0]["blocks"])
    wait_until(lambda: reports(room, card["ts"]), bool, 30, "the incident's report in its thread")
    assert (len(cards(room)), len(reports(room, asked.ts)), len(reports(room, card["ts"]))) == (1, 1, 1)
    assert (said(room, "noted: called the provider"), said(room, "closed the incident")) == (1, 1)

    told = room.json("report", "after-action", open_one["id"])
    assert [one["state"] for one in told["accounts"]] == ["succeeded"]
    assert [one["what"] for one in told["timeline"]][-1] == "closed the incident: a bad deployment"
    assert told["trail"]["ok"]
    page = room.data / "report.html"
    assert room.dr("report", "after-action", run["id"], "--out", str(page)).returncode == 0
    assert "checkout answers 500 &amp; &lt;more&gt;" in page.read_text(encoding="utf-8")
    refused = room.dr("note", "from a terminal that nobody knows")
    assert refused.returncode != 0


def kinds(room: Room) -> set[str]:
    return {one["kind"] for one in room.json("audit", "list", "--limit", "50")["events"]}
