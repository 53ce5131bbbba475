"""What people do in the workspace: type, press, submit, close, open Home. Each becomes a payload for the bot."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack import payloads
from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.delivery import Ack, PayloadKind
from bot.sandbox.slack.desk import Desk
from bot.sandbox.slack.escaping import escaped
from bot.sandbox.slack.faults import SlackFaultKind
from bot.sandbox.slack.finding import found_action
from bot.sandbox.slack.forms import FormError, client_errors, filled
from bot.sandbox.slack.gestures import Gesture
from bot.sandbox.slack.records import Channel, Json, Message, User, View
from bot.sandbox.slack.refusal import SlackRefusalError
from bot.sandbox.slack.web_api import apply_response
from bot.sandbox.slack.workspace import Content

WAIT_SECONDS = 3.2  # the bot's three seconds, and a moment for what came at their very end
GRACE_SECONDS = 1.0
NO_CONNECTION = "We had some trouble connecting. Try again?"


class InteractionError(ValueError):
    """A person cannot do that; the sentence says why."""


class SlackIsDownError(InteractionError):
    """People cannot reach Slack either."""


@dataclass(frozen=True)
class Submission:
    """What became of a submitted modal: errors by block id, and the view now on top when it stays open."""

    errors: dict[str, str] | None = None
    view: View | None = None


class Interactions:
    """The hands of everybody in the workspace."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks: set[asyncio.Task[Any]] = set()

    # -- typing ---------------------------------------------------------------------------------------------------

    async def type_text(self, user_id: str, channel_id: str, text: str) -> View | None:
        """Send what stands in the message box; answers the modal that a command opened."""
        user, channel = self._person(user_id), self._place(channel_id, user_id)
        if not text.strip():
            raise InteractionError("text is empty")
        if not text.startswith("/"):
            self._desk.workspace.post(channel, user.id, Content(text))
            return None
        word, _, rest = text.strip().partition(" ")
        command = self._desk.manifest.command(word)
        if command is None:
            self._whisper(channel, user.id, f"`{word}` is not a valid command.")
            return None
        gesture = self._desk.gestures.begin(user.id, channel.id)
        rest = escaped(rest.strip(), self._desk.workspace) if command.should_escape else rest.strip()
        hook = self._desk.hook_url(gesture.hook_id)
        payload = payloads.slash_command(gesture, user, channel, word, rest, hook)
        return await self._outcome(gesture, PayloadKind.COMMAND, payload, f"`{word}`")

    # -- pressing -------------------------------------------------------------------------------------------------

    async def press(self, user_id: str, channel_id: str, ts: str, action_id: str, value: Any = None) -> View | None:
        """Use a button or menu of a message, on its current version or one that a stale screen still shows."""
        user, channel = self._person(user_id), self._place(channel_id, user_id)
        message = self._desk.workspace.message(channel.id, ts)
        if message is None or message.ephemeral_to not in (None, user.id):
            raise InteractionError(f"{user.id} sees no message {ts} in {channel.id}")
        block, element = self._element([message.blocks, *reversed(message.earlier)], action_id, value)
        action = self._action(block, element, value)
        if self._desk.faults.active(SlackFaultKind.DOUBLES):
            self._keep(self._pressed(user, channel, message, action))
        return await self._pressed(user, channel, message, action)

    async def _pressed(self, user: User, channel: Channel, message: Message, action: Json) -> View | None:
        thread = message.thread_ts if message.thread_ts != message.ts else None
        gesture = self._desk.gestures.begin(user.id, channel.id, message.ts, thread)
        hook = self._desk.hook_url(gesture.hook_id)
        payload = payloads.message_action(gesture, user, channel, message, action, hook)
        return await self._outcome(gesture, PayloadKind.INTERACTIVE, payload, "The action")

    async def press_in_view(
        self,
        user_id: str,
        view_id: str,
        action_id: str,
        value: Any = None,
        values: dict[str, dict[str, Any]] | None = None,
    ) -> View | None:
        """Use a button or menu of a modal or of Home; `values` is what was typed so far."""
        user, view = self._person(user_id), self._view(user_id, view_id)
        block, element = self._element([view.body["blocks"]], action_id, value)
        try:
            view.state = filled(view.body["blocks"], view.state, values or {})
        except FormError as error:
            raise InteractionError(str(error)) from error
        action = self._action(block, element, value)
        held = view.state.get(block["block_id"], {})
        if element["action_id"] in held:
            held[element["action_id"]] = {key: item for key, item in action.items() if key not in _NOT_STATE}
        gesture = self._desk.gestures.begin(user.id)
        payload = payloads.view_action(gesture, user, view, action)
        return await self._outcome(gesture, PayloadKind.INTERACTIVE, payload, "The action")

    # -- modals and Home ------------------------------------------------------------------------------------------

    async def submit(self, user_id: str, view_id: str, values: dict[str, dict[str, Any]]) -> Submission:
        """Send a modal; the client's own checks come first and then nothing is sent."""
        user, view = self._person(user_id), self._view(user_id, view_id)
        if view.body["type"] != "modal" or not view.body.get("submit"):
            raise InteractionError(f"view {view_id} has nothing to submit")
        try:
            view.state = filled(view.body["blocks"], view.state, values)
        except FormError as error:
            raise InteractionError(str(error)) from error
        errors = client_errors(view.body["blocks"], view.state)
        if errors:
            return Submission(errors, view)
        gesture = self._desk.gestures.begin(user.id)
        ack = await self._desk.delivery.deliver(PayloadKind.INTERACTIVE, payloads.view_submission(gesture, user, view))
        if ack.failure is not None:
            return Submission({"view": NO_CONNECTION}, view)
        return self._submitted(view, ack.payload or {})

    def _submitted(self, view: View, answer: Json) -> Submission:
        action = answer.get("response_action")
        try:
            if action == "errors":
                known = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
                errors = {str(key): str(text) for key, text in answer.get("errors", {}).items()}
                return Submission(errors if errors and set(errors) <= known else {"view": NO_CONNECTION}, view)
            if action == "update":
                return Submission(view=self._desk.views.update(view, answer.get("view") or {}))
            if action == "push":
                return Submission(view=self._desk.views.push(view.user, answer.get("view") or {}))
        except SlackRefusalError as refusal:
            return Submission({"view": " ".join([NO_CONNECTION, refusal.code, *refusal.reasons])}, view)
        if view in self._desk.views.stack(view.user):
            self._desk.views.close(view, whole_stack=action == "clear")
        return Submission()

    async def close(self, user_id: str, view_id: str, *, whole_stack: bool = False) -> None:
        """Close a modal without sending it; the bot hears of it where it asked to."""
        user, view = self._person(user_id), self._view(user_id, view_id)
        if view.body["type"] != "modal":
            raise InteractionError(f"view {view_id} is not a modal")
        for closed in self._desk.views.close(view, whole_stack=whole_stack):
            if closed.body.get("notify_on_close"):
                payload = payloads.view_closed(user, closed, is_cleared=whole_stack)
                await self._desk.delivery.deliver(PayloadKind.INTERACTIVE, payload)

    async def open_home(self, user_id: str) -> View | None:
        """Open the Home tab: the bot hears of it and may publish; answers what is published a moment later."""
        user, before = self._person(user_id), self._desk.views.home(user_id)
        known = before.hash if before else None
        if "app_home_opened" in self._desk.manifest.bot_events:
            opened = payloads.home_opened(user, before, self._desk.clock.now().timestamp())
            await self._desk.delivery.deliver(PayloadKind.EVENT, opened)
            patience = GRACE_SECONDS if before else WAIT_SECONDS - GRACE_SECONDS
            await self._until_published(user_id, known, patience)
        return self._desk.views.home(user_id)

    async def _until_published(self, user_id: str, known: str | None, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while loop.time() < deadline:
            home = self._desk.views.home(user_id)
            if home is not None and home.hash != known:
                return
            await asyncio.sleep(0.02)

    # -- who and what ---------------------------------------------------------------------------------------------

    def _person(self, user_id: str) -> User:
        if self._desk.faults.active(SlackFaultKind.DOWN):
            raise SlackIsDownError("Slack is down (fault slack_down): nobody can do anything in it")
        user = self._desk.workspace.users.get(user_id)
        if user is None or user.is_bot:
            raise InteractionError(f"there is no person {user_id}; GET /api/people lists them")
        if user.deleted:
            raise InteractionError(f"{user_id} is deactivated")
        return user

    def _place(self, channel_id: str, user_id: str) -> Channel:
        channel = self._desk.workspace.channels.get(channel_id)
        if channel is None:
            raise InteractionError(f"there is no channel {channel_id}; GET /api/people lists them")
        if (channel.im_with or channel.is_private) and user_id not in channel.members:
            raise InteractionError(f"{user_id} is not a member of {channel_id}")
        return channel

    def _view(self, user_id: str, view_id: str) -> View:
        home = self._desk.views.home(user_id)
        for view in [*self._desk.views.stack(user_id), *([home] if home else [])]:
            if view.id == view_id:
                return view
        raise InteractionError(f"{user_id} has no open view {view_id}")

    def _element(self, versions: list[list[Json]], action_id: str, value: Any) -> tuple[Json, Json]:
        found = found_action(versions, action_id, value)
        if isinstance(found, str):
            raise InteractionError(found)
        return found

    def _action(self, block: Json, element: Json, value: Any) -> Json:
        raw = value if value is not None else element.get("value")
        try:
            return payloads.action_of(block, element, raw, now=self._desk.clock.now().timestamp())
        except FormError as error:
            raise InteractionError(str(error)) from error

    # -- waiting --------------------------------------------------------------------------------------------------

    async def _outcome(self, gesture: Gesture, kind: PayloadKind, payload: Json, what: str) -> View | None:
        """Wait until the bot acked, and a little longer for a modal from work that goes on after the ack."""
        delivering = self._keep(self._deliver(gesture, kind, payload, what))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        await asyncio.wait({delivering}, timeout=WAIT_SECONDS)
        deadline = min(deadline, loop.time() + GRACE_SECONDS)
        while gesture.view is None and not gesture.answered and loop.time() < deadline:
            gesture.moved.clear()
            try:
                await asyncio.wait_for(gesture.moved.wait(), deadline - loop.time())
            except TimeoutError:
                break
        return gesture.view

    async def _deliver(self, gesture: Gesture, kind: PayloadKind, payload: Json, what: str) -> None:
        ack = await self._desk.delivery.deliver(kind, payload)
        if ack.failure is not None:
            self._failed(gesture, what, f'{what} failed with the error "{ack.failure.value}".')
        elif kind is PayloadKind.COMMAND:
            self._said_in_ack(gesture, what, ack)

    def _said_in_ack(self, gesture: Gesture, what: str, ack: Ack) -> None:
        if ack.payload:
            try:
                apply_response(self._desk, gesture, Arguments(ack.payload))
            except SlackRefusalError as refusal:
                self._failed(
                    gesture, what, f'{what} failed with the error "{refusal.code}". {" ".join(refusal.reasons)}'
                )

    def _failed(self, gesture: Gesture, what: str, text: str) -> None:
        if gesture.channel is not None:
            self._whisper(self._desk.workspace.channel(gesture.channel), gesture.user, text, gesture.thread_ts)
        gesture.was_answered()

    def _whisper(self, channel: Channel, user: str, text: str, thread_ts: str | None = None) -> None:
        self._desk.workspace.post(channel, "USLACKBOT", Content(text), ephemeral_to=user, thread_ts=thread_ts)

    def _keep(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


_NOT_STATE = ("action_id", "block_id", "action_ts")
