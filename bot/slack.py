"""The few methods of Slack's Web API that the bot calls; what Slack answers becomes a value or one of our errors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.pacing import POST_EVERY_S, POSTS_AT_ONCE, UPDATE_EVERY_S, UPDATES_AT_ONCE, Pace, Silence
from bot.posting import File, Mark
from bot.views.message import Message, without_new_blocks
from bot.views.modal import View
from dr_core.clock import Clock
from dr_core.errors import DrError, RejectedError, UnreachableError

_TIMEOUT_S = 10
_PAGE = 200
_EVENT_TYPE = "dr_event"
_PINNED_SO = frozenset({"already_pinned", "no_pin", "not_pinned"})
_HISTORY = frozenset({"channels:history", "groups:history"})
_NOBODY = frozenset({"user_not_found", "users_not_found", "user_not_visible"})
_log = structlog.get_logger()


@dataclass
class Contact:
    """When Slack last answered, what went wrong since, and the token's scopes as Slack told them.

    `channels`: whether the bot is a member, by channel; text is why Slack would not tell. `account` is who it is there.
    """

    answered_at: float | None = None
    scopes: frozenset[str] | None = None
    problem: str = "Slack was not asked yet"
    channels: dict[str, bool | str] = field(default_factory=dict)
    account: str = ""


@dataclass(frozen=True)
class Membership:
    """People of a group or channel, and whether other workspaces share it."""

    members: frozenset[str]
    shared: bool = False


@dataclass(frozen=True)
class Person:
    """One account as `users.info` tells it."""

    name: str
    team: str | None
    guest: bool
    bot: bool
    deleted: bool


@dataclass
class Slack:
    """Calls over one pooled session. A lost connection is not retried here, since a message could be posted twice: who
    calls decides. `client` waits for a rate limit while somebody looks at a form; messages go by `poster`, in turns,
    and not at all while Slack wants silence."""

    client: AsyncWebClient
    session: aiohttp.ClientSession
    clock: Clock
    poster: AsyncWebClient
    contact: Contact = field(default_factory=Contact)

    def __post_init__(self) -> None:
        self.silence = Silence(self.clock)
        self.posts = Pace(self.clock, POST_EVERY_S, POSTS_AT_ONCE)
        self.updates = Pace(self.clock, UPDATE_EVERY_S, UPDATES_AT_ONCE)

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread: str | None = None,
        broadcast: bool = False,
        mark: Mark | None = None,
    ) -> str:
        async def send(shown: Message) -> Any:
            self.silence.check("chat.postMessage")
            await self.posts.turn(channel)
            return await self._call(
                "chat.postMessage",
                self.poster.chat_postMessage(
                    channel=channel,
                    text=shown.text,
                    blocks=list(shown.blocks),
                    thread_ts=thread,
                    reply_broadcast=broadcast if thread else None,
                    unfurl_links=False,
                    unfurl_media=False,
                    metadata=_metadata(mark),
                ),
            )

        return str((await _plainer_if_refused(send, message))["ts"])

    async def update(self, channel: str, ts: str, message: Message) -> None:
        async def send(shown: Message) -> Any:
            self.silence.check("chat.update")
            await self.updates.turn("")
            sending = self.poster.chat_update(channel=channel, ts=ts, text=shown.text, blocks=list(shown.blocks))
            return await self._call("chat.update", sending)

        await _plainer_if_refused(send, message)

    async def marked(self, channel: str, thread: str | None = None) -> dict[str, Mark] | None:
        """Needs `channels:history` (or `groups:history`), which the bot does without: then it may tell things twice."""
        if not self.contact.scopes or not self.contact.scopes & _HISTORY:
            return None
        found: dict[str, Mark] = {}
        cursor: str | None = None
        while cursor != "":
            if thread is None:
                method = "conversations.history"
                listing = self.client.conversations_history(channel=channel, limit=_PAGE, include_all_metadata=True)
            else:
                method = "conversations.replies"
                listing = self.client.conversations_replies(
                    channel=channel, ts=thread, limit=_PAGE, cursor=cursor, include_all_metadata=True
                )
            page = await self._call(method, listing)
            found |= {one["ts"]: mark for one in page["messages"] if (mark := _mark(one.get("metadata"))) is not None}
            cursor = ((page.get("response_metadata") or {}).get("next_cursor") or "") if thread else ""
        return found

    async def pin(self, channel: str, ts: str, *, pinned: bool) -> None:
        """A message has one pin: who asks again after a lost answer is told so, and it is as was wanted."""
        method, call = ("pins.add", self.poster.pins_add) if pinned else ("pins.remove", self.poster.pins_remove)
        self.silence.check(method)
        try:
            await self._call(method, call(channel=channel, timestamp=ts))
        except SlackRefusedError as error:
            if error.word not in _PINNED_SO:
                raise
            self._answered()

    async def upload(self, channel: str, thread: str, files: Sequence[File], comment: str) -> None:
        """https://docs.slack.dev/reference/methods/files.completeUploadExternal: a comment, and no blocks beside it."""
        self.silence.check("files.completeUploadExternal")
        await self.posts.turn(channel)
        sent = [{"filename": one.name, "title": one.title, "content": one.text.encode()} for one in files]
        sending = self.poster.files_upload_v2(
            file_uploads=sent, channel=channel, thread_ts=thread or None, initial_comment=comment
        )
        await self._call("files.completeUploadExternal", sending)

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Only that person sees it; they must be in the channel."""

        async def send(shown: Message) -> Any:
            sending = self.client.chat_postEphemeral(
                channel=channel, user=user, text=shown.text, blocks=list(shown.blocks)
            )
            return await self._call("chat.postEphemeral", sending)

        await _plainer_if_refused(send, message)

    async def respond(self, url: str, message: Message) -> None:
        """An ephemeral answer by a response_url; works also where the bot is no member."""
        body = {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": message.text,
            "blocks": list(message.blocks),
        }
        try:
            async with self.session.post(url, json=body, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as answer:
                if answer.status != 200:
                    raise RejectedError(f"Slack refused the answer ({answer.status}).")
        except (TimeoutError, aiohttp.ClientError) as error:
            raise self._away("response_url") from error

    async def open_view(self, trigger: str, view: View) -> None:
        await self._call("views.open", self.client.views_open(trigger_id=trigger, view=view))

    async def publish_home(self, user: str, view: View) -> None:
        await self._call("views.publish", self.client.views_publish(user_id=user, view=view))

    async def team(self) -> str:
        """The workspace's id."""
        told = await self._call("auth.test", self.client.auth_test())
        self.contact.account = f"{told.get('user') or told.get('user_id')} of {told.get('team') or told['team_id']}"
        return str(told["team_id"])

    async def note_membership(self, channel: str) -> None:
        """Find out whether the bot is in a channel; what Slack refuses to tell is noted, an absent Slack raises."""
        try:
            info = await self._call("conversations.info", self.client.conversations_info(channel=channel))
            self.contact.channels[channel] = bool(info["channel"].get("is_member"))
        except SlackRefusedError as error:
            self.contact.channels[channel] = error.word

    async def channel(self, channel: str) -> Membership:
        """Who is in a channel."""
        info = await self._call("conversations.info", self.client.conversations_info(channel=channel))
        found: set[str] = set()
        cursor: str | None = None
        while cursor != "":
            listing = self.client.conversations_members(channel=channel, limit=_PAGE, cursor=cursor)
            page = await self._call("conversations.members", listing)
            found.update(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        about = info["channel"]
        return Membership(frozenset(found), bool(about.get("is_ext_shared") or about.get("is_org_shared")))

    async def usergroup(self, group: str) -> frozenset[str]:
        """Who is in a user group."""
        listing = self.client.usergroups_users_list(usergroup=group)
        return frozenset((await self._call("usergroups.users.list", listing))["users"])

    async def person(self, user: str) -> Person:
        """Who an id is; one that the workspace does not know counts as deactivated."""
        try:
            found = (await self._call("users.info", self.client.users_info(user=user)))["user"]
        except SlackRefusedError as error:
            if error.word not in _NOBODY:
                raise
            return Person(name=user, team=None, guest=False, bot=False, deleted=True)
        return Person(
            name=str(found.get("real_name") or found.get("name") or user),
            team=found.get("team_id"),
            guest=bool(found.get("is_restricted") or found.get("is_ultra_restricted") or found.get("is_stranger")),
            bot=bool(found.get("is_bot")),
            deleted=bool(found.get("deleted")),
        )

    async def _call(self, method: str, calling: Awaitable[Any]) -> Any:
        try:
            answer = await calling
        except SlackApiError as error:
            raise self._translated(method, error) from error
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
            raise self._away(method) from error
        self._answered()
        scopes = answer.headers.get("x-oauth-scopes") if method == "auth.test" else None
        if scopes is not None:
            self.contact.scopes = frozenset(scope.strip() for scope in scopes.split(",") if scope.strip())
        return answer

    def _answered(self) -> None:
        self.contact.answered_at, self.contact.problem = self.clock.monotonic(), ""

    def _translated(self, method: str, error: SlackApiError) -> DrError:
        status = getattr(error.response, "status_code", 200)
        word = str(error.response.get("error", "unknown_error")) if isinstance(error.response.data, dict) else ""
        if status == 429 or word == "ratelimited":
            return self.silence.asked(method, error.response.headers.get("Retry-After"))
        if status >= 500 or word in ("internal_error", "fatal_error", "service_unavailable", "request_timeout"):
            return self._away(method)
        self.contact.problem = f"{method}: {word}"
        return SlackRefusedError(method, word)

    def _away(self, method: str) -> UnreachableError:
        self.contact.problem = f"{method} got no answer"
        return UnreachableError(f"Slack did not answer ({method}).")


class SlackRefusedError(RejectedError):
    """Slack understood the call and refused it; `word` is its reason, such as `channel_not_found`."""

    code = "slack-refused"

    def __init__(self, method: str, word: str) -> None:
        super().__init__(f"Slack refused {method}: {word}.", hint="`/dr doctor` checks scopes and channels.")
        self.method, self.word = method, word


async def _plainer_if_refused(send: Callable[[Message], Awaitable[Any]], message: Message) -> Any:
    """Some workspaces do not know the newer blocks, and many can be too long: then sections, at last the bare text."""
    for shown in (message, without_new_blocks(message)):
        try:
            return await send(shown)
        except SlackRefusedError as error:
            if error.word not in ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"):
                raise
            _log.warning("slack refused blocks", method=error.method, text=shown.text[:80])
    return await send(Message(message.text))


def connect(token: str, base_url: str, session: aiohttp.ClientSession, clock: Clock) -> Slack:
    """A client that has not called anything yet."""

    def client(handlers: list[AsyncRetryHandler]) -> AsyncWebClient:
        return AsyncWebClient(
            token=token, base_url=base_url, timeout=_TIMEOUT_S, session=session, retry_handlers=handlers
        )

    patient = client([AsyncRateLimitErrorRetryHandler(max_retry_count=2)])
    return Slack(patient, session, clock, poster=client([]))


def _metadata(mark: Mark | None) -> dict[str, Any] | None:
    """https://docs.slack.dev/messaging/message-metadata: nobody sees it, and the app that wrote it may read it."""
    return (
        None if mark is None else {"event_type": _EVENT_TYPE, "event_payload": {"chain": mark.chain, "seq": mark.seq}}
    )


def _mark(metadata: Any) -> Mark | None:
    if not isinstance(metadata, dict) or metadata.get("event_type") != _EVENT_TYPE:
        return None
    payload = metadata.get("event_payload") or {}
    return Mark(str(payload.get("chain", "")), int(payload.get("seq", 0)))


async def quietly(sending: Awaitable[None]) -> bool:
    """Send what nobody waits for; a failure is logged and told by False."""
    try:
        await sending
    except (DrError, asyncio.CancelledError) as error:
        if isinstance(error, asyncio.CancelledError):
            raise
        _log.warning("slack answer lost", problem=str(error))
        return False
    return True
