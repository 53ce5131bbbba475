"""Socket Mode: hello, envelopes out, acks in."""

import json

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.faults import SlackFaultKind
from bot.sandbox.slack.records import APP_ID, Json


class SocketMode:
    """The websocket endpoint of one workspace."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def serve(self, websocket: WebSocket) -> None:
        """One connection of the bot, from accept to close."""
        if self._desk.faults.active(SlackFaultKind.DOWN) or "ticket" not in websocket.query_params:
            await websocket.close(code=1013)
            return
        await websocket.accept()

        async def send(message: Json) -> None:
            try:
                await websocket.send_json(message)
                if message["type"] == "disconnect":
                    await websocket.close()
            except WebSocketDisconnect as error:
                raise ConnectionError("the bot closed this socket") from error

        name = self._desk.delivery.connect(send)
        if name is None:
            await send({"type": "disconnect", "reason": "too_many_websockets"})
            return
        try:
            await send(self._hello())
            await self._listen(websocket)
        except (WebSocketDisconnect, ConnectionError):
            pass
        finally:
            self._desk.delivery.disconnect(name)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": self._desk.delivery.sockets,
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
        }

    async def _listen(self, websocket: WebSocket) -> None:
        async for text in websocket.iter_text():
            try:
                message = json.loads(text)
            except ValueError:
                continue
            if isinstance(message, dict) and isinstance(message.get("envelope_id"), str):
                payload = message.get("payload")
                self._desk.delivery.acknowledged(message["envelope_id"], payload if isinstance(payload, dict) else None)
