"""The Bolt app: every listener, each an acknowledgement and its work. Building it calls nothing."""

import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import buttons, home, modals, slash
from bot.desk import Desk

_log = logging.getLogger("bot.slack")


def build(desk: Desk, *, token: str, signing_secret: str | None) -> AsyncApp:
    """The app with all listeners. `signing_secret` is for HTTP mode; in Socket Mode the socket is the proof.

    `authorize` answers from the token that is there: Bolt's own way asks auth.test first, and nothing would be answered
    while Slack's API is slow.
    """

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=token)

    # Bolt deep-copies its client for each lazy listener, session and loop too: it gets one without, ours does the work.
    client = AsyncWebClient(base_url=desk.slack.client.base_url)
    level = _log.level
    _log.setLevel(logging.ERROR)  # Bolt warns that the token in the environment is not its own to use
    try:
        app = AsyncApp(
            client=client,
            logger=_log,
            name="dr",
            signing_secret=signing_secret or "",
            authorize=authorize,
            process_before_response=True,
            request_verification_enabled=signing_secret is not None,
        )
    finally:
        _log.setLevel(level)
    _register(app, desk)
    return app


def _register(app: AsyncApp, desk: Desk) -> None:
    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    async def on_slash(body: dict[str, Any]) -> None:
        await slash.slash(desk, body)

    async def on_button(body: dict[str, Any]) -> None:
        await buttons.pressed(desk, body)

    async def on_view(body: dict[str, Any], ack: AsyncAck) -> None:
        await modals.submitted(desk, body, ack)

    async def on_home(body: dict[str, Any]) -> None:
        await home.opened(desk, body)

    app.command("/dr")(ack=acknowledge, lazy=[on_slash])
    for action in buttons.ACTIONS:
        app.action(action)(ack=acknowledge, lazy=[on_button])
    for callback in modals.CALLBACKS:
        app.view(callback)(on_view)
    app.event("app_home_opened")(ack=acknowledge, lazy=[on_home])
