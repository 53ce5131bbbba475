"""A Bolt app over Socket Mode: commands, buttons, modals, Home, and what happens when it does not answer."""

import asyncio
from typing import Any

import pytest

from tests.sandbox.place import Place, opened

MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "loss",
    "title": {"type": "plain_text", "text": "Approve"},
    "submit": {"type": "plain_text", "text": "Approve"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "limit",
            "label": {"type": "plain_text", "text": "Loss limit"},
            "element": {"type": "plain_text_input", "action_id": "seconds"},
        }
    ],
}
CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*REQ-1* waits"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "approve:1",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "token-1",
            },
            {
                "type": "button",
                "action_id": "deny:1",
                "text": {"type": "plain_text", "text": "Deny"},
                "value": "token-2",
            },
        ],
    },
]


async def test_a_typed_command_reaches_the_bot_and_its_answer_the_channel(place: Place) -> None:
    app, seen = place.bolt(), []

    @app.command("/dr")
    async def dr(ack: Any, command: Any, say: Any, respond: Any) -> None:
        await ack()
        seen.append(command)
        await respond(text="only you")
        await say(text="everybody", blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}])

    async with place.connected(app):
        await place.type_text("U0ADA", "/dr status shop for @ben in #dr-digest")
        await place.until(lambda: len(place.slack.desk.workspace.messages("C0INCIDENT")) == 2)
    assert seen[0]["text"] == "status shop for <@U0BEN|ben> in <#C0DIGEST|dr-digest>"
    assert (seen[0]["user_id"], seen[0]["channel_id"], seen[0]["command"]) == ("U0ADA", "C0INCIDENT", "/dr")
    first, second = await place.messages()
    assert (first["text"], first["ephemeral_to"]) == ("only you", "U0ADA")
    assert (second["text"], second["ephemeral_to"], second["blocks"][0]["text"]["text"]) == ("everybody", None, "hello")


async def test_a_modal_opened_after_the_ack_is_answered_to_the_one_who_typed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, sent, acked = place.bolt(), [], _acked(place, monkeypatch)

    async def at_once(ack: Any) -> None:
        await ack()

    async def lazily(body: Any, client: Any) -> None:
        await acked.wait()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    app.command("/dr")(ack=at_once, lazy=[lazily])

    @app.view("loss")
    async def submitted(ack: Any, view: Any) -> None:
        value = view["state"]["values"]["limit"]["seconds"]["value"]
        sent.append(value)
        await (ack(response_action="errors", errors={"limit": "too small"}) if value == "0" else ack())

    async with place.connected(app):
        view = (await place.type_text("U0ADA", "/dr failover"))["view"]
        assert view["callback_id"] == "loss"

        async def send(value: str, user: str = "U0ADA", status: int = 200) -> Any:
            body = {"user": user, "view_id": view["id"], "values": {"limit": {"seconds": value}}}
            return await place.post("/api/views", body, status)

        assert (await send(""))["errors"] == {"limit": "Please complete this required field."}
        assert sent == [], "Slack's client refuses an empty required field before the bot hears of it"
        assert (await send("0"))["errors"] == {"limit": "too small"}
        assert "no open view" in (await send("5", user="U0BEN", status=400))["error"]
        assert (await send("5"))["errors"] is None
        assert "no open view" in (await send("5", status=400))["error"], "a sent modal is closed"
    assert sent == ["0", "5"]


def _acked(place: Place, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once Slack has heard an ack."""
    delivery, heard = place.slack.desk.delivery, asyncio.Event()
    acknowledged = delivery.acknowledged

    def hear(envelope_id: str, payload: Any) -> None:
        acknowledged(envelope_id, payload)
        heard.set()

    monkeypatch.setattr(delivery, "acknowledged", hear)
    return heard


async def test_a_button_is_found_by_the_word_before_its_colon_and_sends_its_token(place: Place) -> None:
    app, seen = place.bolt(), []

    @app.action("approve:1")
    async def approve(ack: Any, body: Any, client: Any) -> None:
        await ack()
        seen.append(body)
        await client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="decided by Ada")

    posted = await place.client().chat_postMessage(channel="C0INCIDENT", text="REQ-1", blocks=CARD)
    async with place.connected(app):
        press = {"user": "U0ADA", "channel": "C0INCIDENT", "ts": posted["ts"], "action_id": "approve"}
        await place.post("/api/actions", press)
        await place.until(lambda: place.slack.desk.workspace.messages("C0INCIDENT")[0].edited_ts is not None)
        [message] = await place.messages()
        assert (message["text"], message["blocks"]) == ("decided by Ada", []), "text alone removes the blocks"
        await place.post("/api/actions", press)
        assert "approve:1" not in (await place.post("/api/actions", press | {"action_id": "renew"}, 400))["error"]
    assert [one["actions"][0]["value"] for one in seen] == ["token-1", "token-1"], (
        "a stale screen still shows the button"
    )
    assert seen[0]["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": "C0INCIDENT",
        "is_ephemeral": False,
    }


async def test_payloads_go_to_the_sockets_in_turn_and_acks_count_on_any(place: Place) -> None:
    counts = [0, 0]

    def counting(number: int) -> Any:
        app = place.bolt()

        @app.command("/dr")
        async def dr(ack: Any) -> None:
            counts[number] += 1
            await ack("done")

        return app

    async with place.connected(counting(0)), place.connected(counting(1)):
        for _ in range(4):
            await place.type_text("U0ADA", "/dr status")
    assert counts == [2, 2]
    assert [one["text"] for one in await place.messages()] == ["done"] * 4


async def test_a_bot_that_does_not_ack_in_time_leaves_an_operation_timeout() -> None:
    async with opened(ack_seconds=0.2) as place:
        app, over = place.bolt(), asyncio.Event()

        @app.command("/dr")
        async def dr(ack: Any) -> None:
            await over.wait()
            await ack()

        async with place.connected(app):
            assert await place.type_text("U0ADA", "/dr status") == {"view": None}
            over.set()
        [message] = await place.messages()
    assert "operation_timeout" in message["text"]
    assert message["ephemeral_to"] == "U0ADA"


async def test_without_a_bot_the_person_reads_that_the_dispatch_failed(place: Place) -> None:
    await place.type_text("U0ADA", "/dr status")
    [message] = await place.messages()
    assert "dispatch_failed" in message["text"]
    assert message["ephemeral_to"] == "U0ADA"


async def test_opening_home_tells_the_bot_and_answers_what_it_published(place: Place) -> None:
    app = place.bolt()

    @app.event("app_home_opened")
    async def opened(event: Any, client: Any) -> None:
        blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Disaster recovery"}}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    assert (await place.get("/api/home/U0ADA?open=no"))["view"] is None
    async with place.connected(app):
        view = (await place.get("/api/home/U0ADA"))["view"]
    assert view["blocks"][0]["text"]["text"] == "Disaster recovery"


async def test_closing_a_modal_is_told_to_a_bot_that_asked_for_it(place: Place) -> None:
    app, closed = place.bolt(), []

    @app.command("/dr")
    async def dr(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view_closed("loss")
    async def gone(ack: Any, view: Any) -> None:
        await ack()
        closed.append(view["id"])

    async with place.connected(app):
        view = (await place.type_text("U0ADA", "/dr"))["view"]
        await place.post(f"/api/views/{view['id']}/close", {"user": "U0ADA"})
        assert (await place.get("/api/views/U0ADA"))["views"] == []
    assert closed == [view["id"]]


async def test_a_double_click_is_two_envelopes_with_their_own_triggers(place: Place) -> None:
    app, seen = place.bolt(), []

    @app.action("approve:1")
    async def approve(ack: Any, body: Any) -> None:
        await ack()
        seen.append((body["trigger_id"], body["actions"][0]["value"]))

    posted = await place.client().chat_postMessage(channel="C0INCIDENT", text="REQ-1", blocks=CARD)
    await place.post("/api/faults", {"kind": "slack_double_click"})
    async with place.connected(app):
        press = {"user": "U0ADA", "channel": "C0INCIDENT", "ts": posted["ts"], "action_id": "approve:1"}
        await place.post("/api/actions", press)
        await place.until(lambda: len(seen) == 2)
    assert seen[0][0] != seen[1][0]
    assert {value for _, value in seen} == {"token-1"}


async def test_slack_down_closes_the_sockets_and_the_bot_comes_back_after_it(place: Place) -> None:
    app = place.bolt()

    @app.command("/dr")
    async def dr(ack: Any) -> None:
        await ack("here")

    async with place.connected(app):
        fault = (await place.post("/api/faults", {"kind": "slack_down"}))["id"]
        assert place.slack.desk.delivery.sockets == 0
        assert (
            "Slack is down"
            in (await place.post("/api/commands", {"user": "U0ADA", "channel": "C0INCIDENT", "text": "/dr"}, 503))[
                "error"
            ]
        )
        await place.delete(f"/api/faults/{fault}")
        await place.until(lambda: place.slack.desk.delivery.sockets == 1, seconds=60)
        await place.type_text("U0ADA", "/dr")
    assert [one["text"] for one in await place.messages()] == ["here"]
