"""What each method does and how it refuses, as its page says: docs.slack.dev/reference/methods/ and its name."""

from dataclasses import replace
from typing import Any

import pytest

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.records import Channel, Json, User
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.web_api import METHODS
from bot.sandbox.slack.workspace import Content
from dr_core.clock import ManualClock
from tests.sandbox.place import local_slack

HERE, ELSEWHERE = "C0INCIDENT", "C0ELSEWHERE"
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Approve"}, "blocks": []}
LONG = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_000}}
HOME = {"type": "home", "blocks": []}


@pytest.fixture
def desk() -> Desk:
    """With a channel in which the bot is not."""
    made = local_slack("http://127.0.0.1:1", ManualClock()).desk
    made.workspace.channels[ELSEWHERE] = Channel(ELSEWHERE, "elsewhere", ["U0ADA"])
    return made


def call(desk: Desk, method: str, **values: Any) -> Json:
    return METHODS[method].run(desk, Arguments(values))


def refusal(desk: Desk, method: str, **values: Any) -> str:
    with pytest.raises(SlackRefusalError) as refused:
        call(desk, method, **values)
    return refused.value.code


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": ELSEWHERE, "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": HERE}, "no_text"),
    ("chat.postMessage", {"channel": HERE, "text": "x" * 40_001}, "msg_too_long"),
    ("chat.postMessage", {"channel": HERE, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    ("chat.postMessage", {"channel": HERE, "text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
    ("chat.postMessage", {"channel": HERE, "text": "x", "blocks": [LONG] * 5}, "msg_blocks_too_long"),
    ("chat.postMessage", {"channel": HERE, "text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
    ("chat.postEphemeral", {"channel": HERE, "user": "U0NOBODY", "text": "x"}, "user_not_in_channel"),
    ("chat.update", {"channel": HERE, "ts": "1.000001", "text": "x"}, "message_not_found"),
    ("chat.delete", {"channel": HERE, "ts": "1.000001"}, "message_not_found"),
    ("chat.getPermalink", {"channel": HERE, "message_ts": "1.000001"}, "message_not_found"),
    ("conversations.info", {"channel": "C0NOWHERE"}, "channel_not_found"),
    ("conversations.members", {"channel": "C0NOWHERE"}, "channel_not_found"),
    ("conversations.create", {}, "invalid_name_required"),
    ("conversations.create", {"name": "x" * 81}, "invalid_name_maxlength"),
    ("conversations.create", {"name": "Incident 7"}, "invalid_name_specials"),
    ("conversations.create", {"name": "dr-incident"}, "name_taken"),
    ("conversations.invite", {"channel": HERE, "users": "U0ADA"}, "already_in_channel"),
    ("conversations.invite", {"channel": HERE, "users": "U0NOBODY"}, "user_not_found"),
    ("conversations.invite", {"channel": ELSEWHERE, "users": "U0BEN"}, "not_in_channel"),
    ("conversations.setTopic", {"channel": HERE, "topic": "x" * 251}, "too_long"),
    ("conversations.setTopic", {"channel": ELSEWHERE, "topic": "x"}, "not_in_channel"),
    ("conversations.history", {"channel": ELSEWHERE}, "not_in_channel"),
    ("conversations.replies", {"channel": HERE, "ts": "1.000001"}, "thread_not_found"),
    ("pins.add", {"channel": HERE, "timestamp": "1.000001"}, "message_not_found"),
    ("bookmarks.add", {"channel_id": HERE, "title": "x", "type": "file"}, "invalid_bookmark_type"),
    ("bookmarks.add", {"channel_id": HERE, "title": "x", "type": "link", "link": "ftp://x"}, "invalid_link"),
    ("files.getUploadURLExternal", {"filename": "x.png", "length": "0"}, "invalid_arguments"),
    ("files.completeUploadExternal", {"files": [{"id": "F9"}], "channel_id": HERE}, "file_not_found"),
    ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
    ("usergroups.users.list", {"usergroup": "S0NOBODY"}, "no_such_subteam"),
    ("views.open", {"trigger_id": "1.2", "view": MODAL}, "invalid_trigger_id"),
    ("views.open", {"trigger_id": "1.2", "view": HOME}, "invalid_arguments"),
    ("views.open", {"trigger_id": "1.2"}, "invalid_arguments"),
    ("views.update", {"view_id": "V1", "view": MODAL}, "not_found"),
    ("views.publish", {"user_id": "U0ADA", "view": MODAL}, "invalid_arguments"),
]


@pytest.mark.parametrize(("method", "values", "word"), REFUSED, ids=[f"{one[0]} {one[2]}" for one in REFUSED])
def test_what_cannot_be_is_refused_with_the_methods_own_word(
    desk: Desk, method: str, values: dict[str, Any], word: str
) -> None:
    assert refusal(desk, method, **values) == word


def test_a_message_of_somebody_else_is_not_the_bots_to_change(desk: Desk) -> None:
    theirs = desk.workspace.post(desk.workspace.channel(HERE), "U0ADA", Content("hello")).ts
    assert refusal(desk, "chat.update", channel=HERE, ts=theirs, text="x") == "cant_update_message"
    assert refusal(desk, "chat.delete", channel=HERE, ts=theirs) == "cant_delete_message"


def test_an_update_takes_less_text_than_a_message(desk: Desk) -> None:
    ts = call(desk, "chat.postMessage", channel=HERE, text="x" * 4_001)["ts"]
    assert refusal(desk, "chat.update", channel=HERE, ts=ts, text="x" * 4_001) == "msg_too_long"
    assert call(desk, "chat.update", channel=HERE, ts=ts, text="x" * 4_000)["ts"] == ts


def test_a_thread_is_of_its_root(desk: Desk) -> None:
    root = call(desk, "chat.postMessage", channel=HERE, text="root")["ts"]
    reply = call(desk, "chat.postMessage", channel=HERE, text="reply", thread_ts=root)["ts"]
    assert refusal(desk, "chat.postMessage", channel=HERE, text="x", thread_ts=reply) == "thread_not_found"


def test_a_deleted_message_is_gone_for_everybody(desk: Desk) -> None:
    ts = call(desk, "chat.postMessage", channel=HERE, text="x")["ts"]
    call(desk, "chat.delete", channel=HERE, ts=ts)
    assert desk.workspace.messages(HERE) == []


def test_a_mark_is_made_once(desk: Desk) -> None:
    ts = call(desk, "chat.postMessage", channel=HERE, text="x")["ts"]
    call(desk, "pins.add", channel=HERE, timestamp=ts)
    call(desk, "reactions.add", channel=HERE, timestamp=ts, name="eyes")
    assert refusal(desk, "pins.add", channel=HERE, timestamp=ts) == "already_pinned"
    assert refusal(desk, "reactions.add", channel=HERE, timestamp=ts, name="eyes") == "already_reacted"


def test_the_history_comes_newest_first_in_pages_and_without_what_only_one_person_saw(desk: Desk) -> None:
    sent = [call(desk, "chat.postMessage", channel=HERE, text=str(number))["ts"] for number in range(3)]
    call(desk, "chat.postEphemeral", channel=HERE, user="U0ADA", text="psst")
    first = call(desk, "conversations.history", channel=HERE, limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = call(desk, "conversations.history", channel=HERE, limit=2, cursor=cursor)
    assert [one["ts"] for one in (*first["messages"], *rest["messages"])] == sent[::-1]
    assert (first["has_more"], rest["has_more"]) == (True, False)


def test_leavers_are_listed_and_are_in_no_group(desk: Desk) -> None:
    desk.workspace.add_user(replace(desk.workspace.user("U0BEN"), deleted=True))
    people = {one["id"]: one["deleted"] for one in call(desk, "users.list")["members"]}
    assert people == {"U0ADA": False, "U0BEN": True, "U0REQUESTER": False, "U0DRBOT": False}
    assert call(desk, "usergroups.users.list", usergroup="S0APPROVERS")["users"] == ["U0ADA"]


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted", "is_stranger"])
def test_a_guest_is_shown_by_its_kind(desk: Desk, kind: str) -> None:
    desk.workspace.add_user(User("U0GUEST", "guest", "Gus Guest", **{kind: True}))
    assert call(desk, "users.info", user="U0GUEST")["user"][kind] is True


def test_a_channel_that_other_workspaces_share_says_so(desk: Desk) -> None:
    desk.workspace.channels[HERE].is_ext_shared = True
    assert call(desk, "conversations.info", channel=HERE)["channel"]["is_ext_shared"] is True


def opened(desk: Desk, method: str, **view: Any) -> Json:
    trigger = desk.gestures.begin("U0ADA").trigger_id
    made: Json = call(desk, method, trigger_id=trigger, view={**MODAL, **view})["view"]
    return made


def test_modals_are_stacked_three_deep_and_close_from_the_top(desk: Desk) -> None:
    root = opened(desk, "views.open")
    second, third = opened(desk, "views.push"), opened(desk, "views.push")
    assert (third["previous_view_id"], third["root_view_id"]) == (second["id"], root["id"])
    trigger = desk.gestures.begin("U0ADA").trigger_id
    assert refusal(desk, "views.push", trigger_id=trigger, view=MODAL) == "push_limit_reached"
    desk.views.close(desk.views.find(third["id"]))
    assert [one.id for one in desk.views.stack("U0ADA")] == [root["id"], second["id"]]
    assert opened(desk, "views.open")["previous_view_id"] is None, "another takes the place of the whole stack"


def test_a_push_needs_a_modal_to_stand_on(desk: Desk) -> None:
    trigger = desk.gestures.begin("U0ADA").trigger_id
    assert refusal(desk, "views.push", trigger_id=trigger, view=MODAL) == "not_found"


def test_an_updated_modal_keeps_what_was_typed_and_refuses_an_old_hash(desk: Desk) -> None:
    label = {"type": "plain_text", "text": "Reason"}
    element = {"type": "plain_text_input", "action_id": "text"}
    inputs = {"submit": label, "blocks": [{"type": "input", "block_id": "why", "label": label, "element": element}]}
    view = opened(desk, "views.open", **inputs)
    desk.views.find(view["id"]).state["why"]["text"]["value"] = "typed"
    changed = {**MODAL, **inputs, "title": {"type": "plain_text", "text": "Deny"}}
    updated = call(desk, "views.update", view_id=view["id"], view=changed, hash=view["hash"])["view"]
    assert updated["state"]["values"]["why"]["text"]["value"] == "typed"
    assert refusal(desk, "views.update", view_id=view["id"], view=changed, hash=view["hash"]) == "hash_conflict"


def test_a_home_is_published_over_the_former_one_unless_its_hash_is_old(desk: Desk) -> None:
    first = call(desk, "views.publish", user_id="U0ADA", view=HOME)["view"]
    second = call(desk, "views.publish", user_id="U0ADA", view=HOME, hash=first["hash"])["view"]
    assert second["id"] == first["id"]
    assert refusal(desk, "views.publish", user_id="U0ADA", view=HOME, hash=first["hash"]) == "hash_conflict"
