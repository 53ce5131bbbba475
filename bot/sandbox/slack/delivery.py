"""Brings payloads to the bot, over sockets in turn or as signed requests, and waits for the acknowledgement."""

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.faults import SlackFaultKind, SlackFaults
from bot.sandbox.slack.records import Json

ACK_SECONDS = 3.0
MOST_SOCKETS = 10
Send = Callable[[Json], Awaitable[None]]


class PayloadKind(StrEnum):
    """The `type` of a Socket Mode envelope."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


class NoAck(StrEnum):
    """Why the bot did not acknowledge; the word Slack shows to the person."""

    TIMEOUT = "operation_timeout"
    NOBODY = "dispatch_failed"


@dataclass(frozen=True)
class Ack:
    """How a delivery ended: the payload of the ack when there is one, or why there was none."""

    payload: Json | None = None
    failure: NoAck | None = None


@dataclass(frozen=True)
class RequestUrl:
    """HTTP mode: where to send, and with which secret to sign."""

    url: str
    signing_secret: str


class Delivery:
    """The open sockets, the envelopes that wait for an ack, and the clock of three seconds."""

    def __init__(
        self, faults: SlackFaults, *, request_url: RequestUrl | None = None, ack_seconds: float = ACK_SECONDS
    ) -> None:
        self._faults = faults
        self._request_url = request_url
        self._ack_seconds = ack_seconds
        self._sockets: dict[str, Send] = {}
        self._turn = 0
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}

    # -- sockets --------------------------------------------------------------------------------------------------

    @property
    def sockets(self) -> int:
        """How many connections the bot holds."""
        return len(self._sockets)

    def connect(self, send: Send) -> str | None:
        """A new socket; None when ten are open already."""
        if len(self._sockets) >= MOST_SOCKETS:
            return None
        name = uuid.uuid4().hex
        self._sockets[name] = send
        return name

    def disconnect(self, name: str) -> None:
        """This socket is gone."""
        self._sockets.pop(name, None)

    async def refresh(self, reason: str) -> None:
        """Ask every socket to reconnect, as Slack does about once an hour."""
        for name, send in list(self._sockets.items()):
            self.disconnect(name)
            await _quietly(send({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}))

    def acknowledged(self, envelope_id: str, payload: Json | None) -> None:
        """An ack arrived, over whichever connection."""
        waiting = self._waiting.get(envelope_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(payload)

    # -- sending --------------------------------------------------------------------------------------------------

    async def deliver(self, kind: PayloadKind, payload: Json) -> Ack:
        """Bring one payload to the bot; never longer than three seconds, apart from a configured lateness."""
        late = self._faults.active(SlackFaultKind.LATE)
        if late is not None:
            await asyncio.sleep(late.value if late.value is not None else 4.0)
        if self._faults.active(SlackFaultKind.DROPS):
            await asyncio.sleep(self._ack_seconds)
            return Ack(failure=NoAck.TIMEOUT)
        if self._request_url is not None:
            return await self._over_http(self._request_url, kind, payload)
        return await self._over_socket(kind, payload)

    async def _over_socket(self, kind: PayloadKind, payload: Json) -> Ack:
        envelope_id = str(uuid.uuid4())
        envelope: Json = {"envelope_id": envelope_id, "type": kind.value, "payload": payload}
        envelope["accepts_response_payload"] = kind is not PayloadKind.EVENT
        if kind is PayloadKind.EVENT:
            envelope |= {"retry_attempt": 0, "retry_reason": ""}
        waiting = self._waiting[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            if not await self._hand_over(envelope):
                return Ack(failure=NoAck.NOBODY)
            return Ack(await asyncio.wait_for(waiting, self._ack_seconds))
        except TimeoutError:
            return Ack(failure=NoAck.TIMEOUT)
        finally:
            del self._waiting[envelope_id]

    async def _hand_over(self, envelope: Json) -> bool:
        """Each payload goes to one socket, the next in turn; a dead one is skipped."""
        while self._sockets:
            names = list(self._sockets)
            name = names[self._turn % len(names)]
            self._turn += 1
            if await _quietly(self._sockets[name](envelope)):
                return True
            self.disconnect(name)
        return False

    async def _over_http(self, target: RequestUrl, kind: PayloadKind, payload: Json) -> Ack:
        body, media_type = _http_body(kind, payload)
        headers = {"Content-Type": media_type, **signature(target.signing_secret, body, int(time.time()))}
        timeout = aiohttp.ClientTimeout(total=self._ack_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.post(target.url, data=body, headers=headers) as answer,
            ):
                text = await answer.text()
                if answer.status != 200:
                    return Ack(failure=NoAck.NOBODY)
        except TimeoutError:
            return Ack(failure=NoAck.TIMEOUT)
        except aiohttp.ClientError:
            return Ack(failure=NoAck.NOBODY)
        return Ack(_answer_of(text))


def signature(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """Slack's v0 request signature."""
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _http_body(kind: PayloadKind, payload: Json) -> tuple[bytes, str]:
    form = "application/x-www-form-urlencoded"
    if kind is PayloadKind.COMMAND:
        return urlencode(payload).encode(), form
    if kind is PayloadKind.INTERACTIVE:
        return urlencode({"payload": json.dumps(payload)}).encode(), form
    return json.dumps(payload).encode(), "application/json"


def _answer_of(text: str) -> Json | None:
    """A 200 with JSON is an ack with a payload, with other text an ephemeral reply, empty a plain ack."""
    if not text.strip():
        return None
    try:
        body = json.loads(text)
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) and body else None


async def _quietly(sending: Awaitable[None]) -> bool:
    """True when it went out; a closed connection raises differently in each server."""
    try:
        await sending
    except (RuntimeError, OSError, ConnectionError):
        return False
    return True
