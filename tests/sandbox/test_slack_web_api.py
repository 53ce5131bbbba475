"""The Web API as the SDK sees it: tokens, scopes, faults, hooks, triggers, files, people."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.records import User
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.web_api import METHODS
from dr_core.clock import ManualClock


async def refused(work: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await work
    error: str = caught.value.response["error"]
    return error


async def test_tokens_are_checked_before_anything_else(place: Any) -> None:
    assert await refused(place.client("xoxb-other").auth_test()) == "invalid_auth"
    assert await refused(place.client(place.slack.desk.tokens.app).auth_test()) == "not_allowed_token_type"
    answer = await place.client().auth_test()
    assert answer["user_id"] == "U0DRBOT"
    assert "chat:write" in answer.headers["x-oauth-scopes"]


async def test_a_method_beyond_the_manifest_is_missing_its_scope(place: Any) -> None:
    posted = await place.client().chat_postMessage(channel="C0INCIDENT", text="hello")
    call = place.client().reactions_add(channel="C0INCIDENT", timestamp=posted["ts"], name="eyes")
    assert await refused(call) == "missing_scope"
    assert await refused(place.client().api_call("admin.users.list")) == "unknown_method"


def test_every_scope_of_the_manifest_is_one_that_the_product_may_use(manifest: Manifest) -> None:
    assert manifest.bot_scopes == {
        "commands", "chat:write", "files:write", "users:read", "usergroups:read", "channels:read", "channels:manage",
        "pins:write", "bookmarks:write",
    }  # fmt: skip
    known = {method.scope for method in METHODS.values() if method.scope} | {"commands"}
    assert manifest.bot_scopes <= known


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "C0INCIDENT"}, "no_text"),
        ({"channel": "C0INCIDENT", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "C0INCIDENT", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0INCIDENT", "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
    ],
)
async def test_a_message_that_cannot_be_is_refused_by_its_code(
    place: Any, arguments: dict[str, Any], error: str
) -> None:
    assert await refused(place.client().api_call("chat.postMessage", json=arguments)) == error


async def test_invalid_blocks_come_with_the_reason(place: Any) -> None:
    with pytest.raises(SlackApiError) as caught:
        await place.client().chat_postMessage(channel="C0INCIDENT", text="x", blocks=[{"type": "divider", "a": 1}])
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] invalid additional property: a [json-pointer:/blocks/0]"
    ]


async def test_forms_and_json_mean_the_same(place: Any) -> None:
    data = {"channel": "C0INCIDENT", "text": "form", "blocks": '[{"type": "divider"}]'}
    await place.client().api_call("chat.postMessage", data=data)
    await place.client().api_call("chat.postMessage", json={**data, "blocks": [{"type": "divider"}]})
    first, second = await place.messages()
    assert first["blocks"][0]["type"] == second["blocks"][0]["type"] == "divider"


async def test_a_thread_is_of_its_root_and_a_message_of_others_is_not_the_bots(place: Any) -> None:
    client = place.client()
    root = await client.chat_postMessage(channel="C0INCIDENT", text="root")
    reply = await client.chat_postMessage(channel="C0INCIDENT", text="reply", thread_ts=root["ts"])
    assert (
        await refused(client.chat_postMessage(channel="C0INCIDENT", text="x", thread_ts=reply["ts"]))
        == "thread_not_found"
    )
    await place.type_text("U0ADA", "hello")
    theirs = (await place.messages())[-1]
    assert await refused(client.chat_update(channel="C0INCIDENT", ts=theirs["ts"], text="x")) == "cant_update_message"
    assert await refused(client.chat_update(channel="C0INCIDENT", ts="1.000001", text="x")) == "message_not_found"


async def test_an_ephemeral_message_is_for_one_reader(place: Any) -> None:
    await place.client().chat_postEphemeral(channel="C0INCIDENT", user="U0ADA", text="psst")
    mine = await place.get("/api/channels/C0INCIDENT/messages?user=U0ADA")
    theirs = await place.get("/api/channels/C0INCIDENT/messages?user=U0BEN")
    assert ([one["text"] for one in mine["messages"]], theirs["messages"]) == (["psst"], [])


async def test_a_rate_limit_names_how_long_to_wait_and_only_for_its_method(place: Any) -> None:
    await place.post("/api/faults", {"kind": "slack_429", "operation": "chat.postMessage", "value": 7})
    with pytest.raises(SlackApiError) as caught:
        await place.client().chat_postMessage(channel="C0INCIDENT", text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert (await place.client().auth_test())["ok"]


async def test_slack_down_answers_503(place: Any) -> None:
    await place.post("/api/faults", {"kind": "slack_down"})
    with pytest.raises(SlackApiError) as caught:
        await place.client().auth_test()
    assert caught.value.response.status_code == 503


async def test_a_response_url_works_five_times(place: Any) -> None:
    gesture = place.slack.desk.gestures.begin("U0ADA", "C0INCIDENT")
    path = f"/slack/hooks/{gesture.hook_id}"
    for _ in range(5):
        await place.slack_post(path, {"text": "hello"})
    assert "used_url" in await place.slack_post(path, {"text": "hello"}, 404)
    assert len(await place.messages()) == 5
    assert "expired_url" in await place.slack_post("/slack/hooks/nothing", {"text": "hello"}, 404)


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


async def test_an_uploaded_file_becomes_a_message_with_its_bytes(place: Any) -> None:
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


async def test_guests_and_leavers_look_as_slack_shows_them(place: Any) -> None:
    workspace = place.slack.desk.workspace
    workspace.add_user(User("U0GUEST", "guest", "Gus Guest", is_restricted=True))
    workspace.add_user(replace(workspace.user("U0BEN"), deleted=True))
    client = place.client()
    assert (await client.users_info(user="U0GUEST"))["user"]["is_restricted"] is True
    assert (await client.usergroups_users_list(usergroup="S0APPROVERS"))["users"] == ["U0ADA"]
    assert await refused(client.usergroups_users_list(usergroup="S0NOBODY")) == "no_such_subteam"
    assert (
        "deactivated"
        in (await place.post("/api/commands", {"user": "U0BEN", "channel": "C0INCIDENT", "text": "hi"}, 400))["error"]
    )


async def test_an_incident_channel_can_be_made_filled_and_marked(place: Any) -> None:
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
    assert await refused(client.conversations_create(name="incident-7")) == "name_taken"
