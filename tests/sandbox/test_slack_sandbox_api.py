"""The sandbox's own API: shapes, one clear sentence for bad input, and one door for faults."""

from typing import Any

import aiohttp
import pytest

from tests.sandbox.place import Place


async def test_people_come_with_their_groups_and_channels(place: Place) -> None:
    answer = await place.get("/api/people")
    ada = next(one for one in answer["people"] if one["id"] == "U0ADA")
    assert (ada["name"], ada["groups"]) == ("Ada Byron", ["S0APPROVERS"])
    assert answer["groups"][0]["users"] == ["U0ADA", "U0BEN"]
    assert [one["id"] for one in answer["channels"]] == ["C0INCIDENT", "C0DIGEST"]


async def test_the_world_is_told_as_it_is(place: Place) -> None:
    answer = await place.get("/api/world")
    assert answer["regions"]["eu-central-1"] == {"up": True}
    assert answer["applications"]["shop"]["writers"] == ["eu-central-1"]
    assert (await place.get("/api/world/calls"))["calls"][0]["operation"] == "UpdateService"
    assert await place.get("/api/ready") == {"ready": True, "missing": []}


BAD = [
    ("/api/commands", {"user": "U0ADA", "text": "/dr"}, "channel is missing"),
    ("/api/commands", {"user": "U0NOBODY", "channel": "C0INCIDENT", "text": "/dr"}, "no person U0NOBODY"),
    ("/api/commands", {"user": "U0DRBOT", "channel": "C0INCIDENT", "text": "/dr"}, "no person U0DRBOT"),
    ("/api/commands", {"user": "U0ADA", "channel": "C0NOWHERE", "text": "/dr"}, "no channel C0NOWHERE"),
    ("/api/commands", {"user": 7, "channel": "C0INCIDENT", "text": "/dr"}, "user must be a string"),
    ("/api/commands", {"user": "U0ADA", "channel": "C0INCIDENT", "text": "  "}, "text is empty"),
    (
        "/api/actions",
        {"user": "U0ADA", "channel": "C0INCIDENT", "ts": "1.1", "action_id": "approve"},
        "sees no message 1.1",
    ),
    ("/api/views", {"user": "U0ADA", "view_id": "V1", "values": {}}, "no open view V1"),
    ("/api/views", {"user": "U0ADA", "view_id": "V1", "values": {"a": 1}}, "values must look like"),
    ("/api/faults", {"kind": "earthquake"}, "unknown fault kind earthquake"),
    ("/api/faults", {"kind": "slack_down", "for_s": -1}, "for_s must be a number above zero"),
    ("/api/faults", {}, "kind is missing"),
    ("/api/speed", {"speed": 0}, "speed must be a number above zero"),
    ("/api/speed", {"speed": "fast"}, "speed must be a number above zero"),
    ("/api/speed", [], "the body must be a JSON object"),
]


@pytest.mark.parametrize(("path", "body", "sentence"), BAD)
async def test_bad_input_gets_400_and_one_sentence(place: Place, path: str, body: Any, sentence: str) -> None:
    assert sentence in (await place.post(path, body, 400))["error"]


async def test_unknown_places_and_faults_are_named(place: Place) -> None:
    assert "C0NOWHERE" in (await place.get("/api/channels/C0NOWHERE/messages", 400))["error"]
    assert "fault-9" in (await place.delete("/api/faults/fault-9", 400))["error"]
    assert "not valid JSON" in await place.said_to("/api/speed", b"{", 400)


async def test_other_web_sites_cannot_use_the_sandbox(place: Place) -> None:
    async with aiohttp.ClientSession(trust_env=False) as http:
        async with http.post(
            f"{place.url}/api/speed", json={"speed": 5}, headers={"Origin": "https://evil.example"}
        ) as answer:
            assert answer.status == 400
        async with http.get(f"{place.url}/api/world", headers={"Host": "evil.example"}) as answer:
            assert answer.status == 400


async def test_faults_of_every_kind_go_through_one_door(place: Place) -> None:
    world = (await place.post("/api/faults", {"kind": "region_down", "region": "eu-central-1"}))["id"]
    slack = (await place.post("/api/faults", {"kind": "slack_429", "value": 2, "for_s": 60}))["id"]
    assert {one["kind"] for one in (await place.get("/api/faults"))["faults"]} == {"region_down", "slack_429"}
    assert (await place.get("/api/world"))["regions"]["eu-central-1"]["up"] is False
    await place.delete(f"/api/faults/{world}")
    assert [one["id"] for one in (await place.get("/api/faults"))["faults"]] == [slack]
    await place.delete("/api/faults")
    assert (await place.get("/api/faults"))["faults"] == []


async def test_the_speed_is_the_worlds(place: Place) -> None:
    assert await place.post("/api/speed", {"speed": 240}) == {"speed": 240}
    assert place.world.speed == 240


async def test_words_and_unknown_commands_reach_no_bot(place: Place) -> None:
    await place.type_text("U0ADA", "good morning")
    await place.type_text("U0ADA", "/weather")
    first, second = await place.messages()
    assert (first["user"], first["text"], first["ephemeral_to"]) == ("U0ADA", "good morning", None)
    assert ("not a valid command" in second["text"], second["ephemeral_to"]) == (True, "U0ADA")


async def test_a_permalink_leads_to_the_page(place: Place) -> None:
    async with (
        aiohttp.ClientSession(trust_env=False) as http,
        http.get(f"{place.url}/archives/C0INCIDENT/p1700000000000001", allow_redirects=False) as answer,
    ):
        assert answer.headers["Location"] == "/#C0INCIDENT/p1700000000000001"


async def test_the_stream_begins_with_the_world_and_tells_of_messages(place: Place) -> None:
    async with aiohttp.ClientSession(trust_env=False) as http, http.get(f"{place.url}/api/stream") as stream:
        assert '"type":"world"' in (await stream.content.readline()).decode()
        await stream.content.readline()
        await place.client().chat_postMessage(channel="C0DIGEST", text="hello")
        assert '"channel":"C0DIGEST"' in (await stream.content.readline()).decode()
