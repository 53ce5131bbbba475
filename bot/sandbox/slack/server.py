"""Puts the local Slack together: one object with its routes, its state and the hands of its people."""

from starlette.routing import BaseRoute, WebSocketRoute

from bot.sandbox.slack.delivery import Delivery, RequestUrl
from bot.sandbox.slack.desk import Desk, Tokens
from bot.sandbox.slack.faults import SlackFaultKind, SlackFaults
from bot.sandbox.slack.gestures import Gestures
from bot.sandbox.slack.interactions import Interactions
from bot.sandbox.slack.manifest import Manifest
from bot.sandbox.slack.records import Json
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.views import Views
from bot.sandbox.slack.web_api import WebApi
from bot.sandbox.slack.workspace import Population, Workspace
from dr_core.clock import Clock


class LocalSlack:
    """A workspace with one installed app."""

    def __init__(
        self,
        base_url: str,
        population: Population,
        manifest: Manifest,
        clock: Clock,
        *,
        tokens: Tokens | None = None,
        request_url: RequestUrl | None = None,
        ack_seconds: float = 3.0,
    ) -> None:
        workspace, faults = Workspace(population, clock), SlackFaults(clock)
        self.desk = Desk(
            base_url=base_url,
            manifest=manifest,
            workspace=workspace,
            views=Views(workspace),
            gestures=Gestures(clock),
            delivery=Delivery(faults, request_url=request_url, ack_seconds=ack_seconds),
            faults=faults,
            clock=clock,
            tokens=tokens or Tokens(),
        )
        self.people = Interactions(self.desk)
        workspace.listen(self._noticed)

    def routes(self) -> list[BaseRoute]:
        """What the server mounts under /slack."""
        return [*WebApi(self.desk).routes(), WebSocketRoute("/slack/socket", SocketMode(self.desk).serve)]

    async def add_fault(
        self,
        kind: SlackFaultKind,
        *,
        operation: str | None = None,
        value: float | None = None,
        for_s: float | None = None,
    ) -> str:
        """Break something in Slack; answers the id of the fault."""
        fault_id = self.desk.faults.add(kind, operation=operation, value=value, for_s=for_s)
        if kind in (SlackFaultKind.DOWN, SlackFaultKind.DISCONNECTS):
            await self.desk.delivery.refresh("refresh_requested")
        return fault_id

    async def stop(self) -> None:
        """Let go of the bot's sockets."""
        await self.desk.delivery.refresh("link_disabled")

    def _noticed(self, change: Json) -> None:
        """A message that only one person sees answers what that person just did."""
        reader = change.get("ephemeral_to")
        if change.get("what") == "posted" and reader is not None:
            for gesture in self.desk.gestures.of_user(reader):
                gesture.was_answered()
