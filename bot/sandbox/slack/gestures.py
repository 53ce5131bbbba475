"""One thing a person did, and the two short-lived rights it gives the bot: a trigger id and a response_url."""

import asyncio
import secrets
from dataclasses import dataclass, field

from bot.sandbox.slack.records import View
from bot.sandbox.slack.refusal import SlackRefusalError
from dr_core.clock import Clock

TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 30 * 60.0
HOOK_USES = 5


@dataclass(eq=False)
class Gesture:
    """A command, click or submission under way; `moved` is set whenever something came of it."""

    user: str
    made_at: float
    channel: str | None = None
    source_ts: str | None = None
    thread_ts: str | None = None
    trigger_id: str = field(default_factory=lambda: f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}")
    hook_id: str = field(default_factory=lambda: secrets.token_hex(12))
    trigger_used: bool = False
    hook_uses_left: int = HOOK_USES
    view: View | None = None
    answered: bool = False
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def opened(self, view: View) -> None:
        """A modal came of it."""
        self.view = view
        self.moved.set()

    def was_answered(self) -> None:
        """A message for the person came of it."""
        self.answered = True
        self.moved.set()


class Gestures:
    """The gestures whose rights may still be good."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_trigger: dict[str, Gesture] = {}
        self._by_hook: dict[str, Gesture] = {}

    def begin(
        self, user: str, channel: str | None = None, source_ts: str | None = None, thread_ts: str | None = None
    ) -> Gesture:
        """A person does something now."""
        self._forget_old()
        gesture = Gesture(user, self._clock.monotonic(), channel, source_ts, thread_ts)
        self._by_trigger[gesture.trigger_id] = gesture
        self._by_hook[gesture.hook_id] = gesture
        return gesture

    def of_user(self, user: str) -> list[Gesture]:
        """What this person did in the last seconds."""
        now = self._clock.monotonic()
        return [one for one in self._by_hook.values() if one.user == user and now - one.made_at <= 2 * TRIGGER_SECONDS]

    def redeem(self, trigger_id: str) -> Gesture:
        """Use a trigger id: once, within 3 seconds."""
        gesture = self._by_trigger.get(trigger_id)
        if gesture is None:
            raise SlackRefusalError("invalid_trigger_id")
        if gesture.trigger_used:
            raise SlackRefusalError("exchanged_trigger_id")
        if self._clock.monotonic() - gesture.made_at > TRIGGER_SECONDS:
            raise SlackRefusalError("expired_trigger_id")
        gesture.trigger_used = True
        return gesture

    def use_hook(self, hook_id: str) -> Gesture:
        """Use a response_url: five times, within 30 minutes."""
        gesture = self._by_hook.get(hook_id)
        if gesture is None or self._clock.monotonic() - gesture.made_at > HOOK_SECONDS:
            raise SlackRefusalError("expired_url")
        if gesture.hook_uses_left == 0:
            raise SlackRefusalError("used_url")
        gesture.hook_uses_left -= 1
        return gesture

    def _forget_old(self) -> None:
        limit = self._clock.monotonic() - HOOK_SECONDS
        for gesture in [one for one in self._by_hook.values() if one.made_at < limit]:
            del self._by_trigger[gesture.trigger_id], self._by_hook[gesture.hook_id]
