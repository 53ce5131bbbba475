"""The Web API as the SDK sees it: tokens, scopes, faults, hooks, triggers, files, people."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.manifest import read_manifest
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.web_api import METHODS
from dr_core.clock import ManualClock
from tests.sandbox.place import MANIFEST, Place

HELLO = b'{"text": "hello"}'


async def refused(work: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await work
    error: str = caught.value.response["error"]
    return error


async def test_tokens_are_checked_before_anything_else(place: Place) -> None:
    assert await refused(place.client("xoxb-other").auth_test()) == "invalid_auth"
    assert await refused(place.client(place.slack.desk.tokens.app).auth_test()) == "not_allowed_token_type"
    answer = await place.client().auth_test()
    assert answer["user_id"] == "U0DRBOT"
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_a_method_beyond_the_manifest_is_missing_its_scope(place: Place) -> None:
    posted = await place.client().chat_postMessage(channel="C0INCIDENT", text="hello")
    call = place.client().reactions_add(channel="C0INCIDENT", timestamp=posted["ts"], name="eyes")
    assert await refused(call) == "missing_scope"
    assert await refused(place.client().api_call("admin.users.list")) == "unknown_method"


def test_every_scope_of_the_manifest_is_one_that_the_product_may_use() -> None:
    manifest = read_manifest(MANIFEST)
    assert manifest.bot_scopes == {
        "commands", "chat:write", "files:write", "users:read", "usergroups:read", "channels:read", "channels:manage",
        "pins:write", "bookmarks:write",
    }  # fmt: skip
    known = {method.scope for method in METHODS.values() if method.scope} | {"commands"}
    assert manifest.bot_scopes <= known


async def test_invalid_blocks_come_with_the_reason(place: Place) -> None:
    with pytest.raises(SlackApiError) as caught:
        await place.client().chat_postMessage(channel="C0INCIDENT", text="x", blocks=[{"type": "divider", "a": 1}])
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] invalid additional property: a [json-pointer:/blocks/0]"
    ]


async def test_forms_and_json_mean_the_same(place: Place) -> None:
    data = {"channel": "C0INCIDENT", "text": "form", "blocks": '[{"type": "divider"}]'}
    await place.client().api_call("chat.postMessage", data=data)
    await place.client().api_call("chat.postMessage", json={**data, "blocks": [{"type": "divider"}]})
    first, second = await place.messages()
    assert first["blocks"][0]["type"] == second["blocks"][0]["type"] == "divider"


async def test_an_ephemeral_message_is_for_one_reader(place: Place) -> None:
    await place.client().chat_postEphemeral(channel="C0INCIDENT", user="U0ADA", text="psst")
    mine = await place.get("/api/channels/C0INCIDENT/messages?user=U0ADA")
    theirs = await place.get("/api/channels/C0INCIDENT/messages?user=U0BEN")
    assert ([one["text"] for one in mine["messages"]], theirs["messages"]) == (["psst"], [])


async def test_a_rate_limit_names_how_long_to_wait_and_only_for_its_method(place: Place) -> None:
    await place.post("/api/faults", {"kind": "slack_429", "operation": "chat.postMessage", "value": 7})
    with pytest.raises(SlackApiError) as caught:
        await place.client().chat_postMessage(channel="C0INCIDENT", text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert (await place.client().auth_test())["ok"]


async def test_slack_down_answers_503(place: Place) -> None:
    await place.post("/api/faults", {"kind": "slack_down"})
    with pytest.raises(SlackApiError) as caught:
        await place.client().auth_test()
    assert caught.value.response.status_code == 503


async def test_a_response_url_works_five_times(place: Place) -> None:
    gesture = place.slack.desk.gestures.begin("U0ADA", "C0INCIDENT")
    path = f"/slack/hooks/{gesture.hook_id}"
    for _ in range(5):
        await place.said_to(path, HELLO)
    assert "used_url" in await place.said_to(path, HELLO, 404)
    assert len(await place.messages()) == 5
    assert "expired_url" in await place.said_to("/slack/hooks/nothing", HELLO, 404)


def test_a_trigger_works_once_and_for_three_seconds_and_a_hook_for_thirty_minutes() -> None:
    clock = ManualClock()
    gestures = Gestures(clock)
    gesture, late = gestures.begin("U0ADA"), gestures.begin("U0ADA")
    clock.advance(3)
    assert gestures.redeem(gesture.trigger_id) is gesture
    with pytest.raises(SlackRefusalError, match="exchanged_trigger_id"):
        gestures.redeem(gesture.trigger_id)
    clock.advance(0.1)
    with pytest.raises(SlackRefusalError, match="expired_trigger_id"):
        gestures.redeem(late.trigger_id)
    with pytest.raises(SlackRefusalError, match="invalid_trigger_id"):
        gestures.redeem("1.2")
    clock.advance(30 * 60)
    with pytest.raises(SlackRefusalError, match="expired_url"):
        gestures.use_hook(gesture.hook_id)


async def test_an_uploaded_file_becomes_a_message_with_its_bytes(place: Place) -> None:
    await place.client().files_upload_v2(
        channel="C0INCIDENT",
        content=b"png-bytes",
        filename="lag.png",
        title="Lag",
        alt_txt="Lag falls",
        initial_comment="Chart",
    )
    [message] = await place.messages()
    [file] = message["files"]
    assert (message["text"], file["title"], file["mimetype"], file["size"]) == ("Chart", "Lag", "image/png", 9)


async def test_who_was_deactivated_cannot_do_anything(place: Place) -> None:
    workspace = place.slack.desk.workspace
    workspace.add_user(replace(workspace.user("U0BEN"), deleted=True))
    typed = {"user": "U0BEN", "channel": "C0INCIDENT", "text": "hi"}
    assert "deactivated" in (await place.post("/api/commands", typed, 400))["error"]


async def test_an_incident_channel_can_be_made_filled_and_marked(place: Place) -> None:
    client = place.client()
    made = (await client.conversations_create(name="incident-7"))["channel"]["id"]
    await client.conversations_invite(channel=made, users="U0ADA,U0BEN")
    await client.conversations_setTopic(channel=made, topic="shop")
    await client.bookmarks_add(channel_id=made, title="Runbook", type="link", link="https://example.com")
    posted = await client.chat_postMessage(channel=made, text="card")
    await client.pins_add(channel=made, timestamp=posted["ts"])
    link = (await client.chat_getPermalink(channel=made, message_ts=posted["ts"]))["permalink"]
    assert (await client.conversations_members(channel=made))["members"] == ["U0DRBOT", "U0ADA", "U0BEN"]
    assert f"/archives/{made}/p{posted['ts'].replace('.', '')}" in link
